import { describe, expect, it } from "vitest";
import { CONTROL_SIZE, meter } from "./index.ts";
import { Guest, unmetered, wat } from "./testing.ts";

const RECURSION = `(module
	(func $fib (export "fib") (param i32) (result i32)
		(if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (local.get 0))))
		(i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2))))))`;

/** Calls `export` of the module with as little fuel as it lasts; it is stopped by a trap. */
function expectStopped(guest: Guest, name: string, ...args: unknown[]): void {
	expect(() => guest.call(name, ...args)).toThrow(WebAssembly.RuntimeError);
	expect(guest.used).toBeGreaterThan(10_000);
}

describe("meter", () => {
	it("keeps what a module computes", async () => {
		const bytes = await wat(RECURSION);
		expect(new Guest(bytes).call("fib", 15)).toBe(unmetered(bytes).call("fib", 15));
	});

	it.each([1000, 77_777, 1_000_000_000])("charges the same for slices of %i", async (slice) => {
		const guest = new Guest(await wat(RECURSION), { slice });
		guest.call("fib", 15);
		const used = guest.used;
		const reference = new Guest(await wat(RECURSION), { slice: 1 });
		reference.call("fib", 15);
		expect(used).toBe(reference.used);
		expect(used).toBeGreaterThan(1973 * 10);
	});

	it("stops endless loops", async () => {
		const loops = {
			empty: "(loop (br 0))",
			conditional: "(loop (br_if 0 (i32.const 1)))",
			table: "(loop (br_table 0 0 (i32.const 5)))",
			nested: "(loop (loop (br_if 1 (i32.const 1))))",
			computing: "(loop (drop (f64.sqrt (f64.const 2))) (br 0))",
		};
		const funcs = Object.entries(loops).map(([name, code]) => `(func (export "${name}") ${code})`);
		const bytes = await wat(`(module ${funcs.join("\n")})`);
		for (const name of Object.keys(loops)) expectStopped(new Guest(bytes, { limit: 20_000 }), name);
	});

	it("stops endless recursion by calls that need no stack", async () => {
		const bytes = await wat(`(module
			(type $t (func))
			(table funcref (elem $c))
			(elem declare func $b)
			(func $a (export "direct") (return_call $a))
			(func $b (export "reference") (return_call_ref $t (ref.func $b)))
			(func $c (export "indirect") (return_call_indirect (type $t) (i32.const 0))))`);
		for (const name of ["direct", "reference", "indirect"]) expectStopped(new Guest(bytes, { limit: 20_000 }), name);
	});

	it("lets no guest catch the stop", async () => {
		const bytes = await wat(`(module
			(func $spin (loop (br 0)))
			(func (export "run")
				(loop $again
					(block $caught (try_table (catch_all $caught) (call $spin)))
					(br $again))))`);
		expectStopped(new Guest(bytes, { limit: 20_000 }), "run");
	});

	it("makes a trap of whatever the host throws when it is asked for fuel", async () => {
		const bytes = await wat(`(module
			(func $spin (loop (br 0)))
			(func (export "run") (result i32)
				(block $caught (try_table (catch_all $caught) (call $spin)))
				(i32.const 1)))`);
		const refill = (fuel: number) => {
			if (fuel < -1) throw new Error("host");
			return 100;
		};
		expect(() => new Guest(bytes, { refill }).call("run")).toThrow(WebAssembly.RuntimeError);
	});

	it("lets no guest catch that the stack is full", async () => {
		// Each level calls the next one 30 times. If a level could catch that there is no room for a charge, the levels
		// near the end would be called 30^n times, unpaid.
		const tries = "(block $c (try_table (catch_all $c) (call $down)))".repeat(30);
		const bytes = await wat(`(module
			(global $n (export "entries") (mut i32) (i32.const 0))
			(func $down (export "run") (global.set $n (i32.add (global.get $n) (i32.const 1))) ${tries}))`);
		const guest = new Guest(bytes, { limit: 100_000_000, slice: 1 });
		expect(() => guest.call("run")).toThrow(WebAssembly.RuntimeError);
		expect(guest.calls.exhausted).toBe(1);
		const entries = (guest.exports.entries as WebAssembly.Global).value as number;
		expect(guest.used).toBeGreaterThan(entries * 30);
	});

	it("charges a dear branch only when it is taken", async () => {
		const work = "(local.set 0 (i32.add (local.get 0) (i32.const 1)))".repeat(20);
		const bytes = await wat(`(module (func (export "run") (param i32) (result i32)
			(if (local.get 0) (then ${work}))
			(local.get 0)))`);
		const fuel = (argument: number) => {
			const guest = new Guest(bytes);
			expect(guest.call("run", argument)).toBe(argument === 0 ? 0 : argument + 20);
			return guest.used;
		};
		expect(fuel(1) - fuel(0)).toBe(80);
	});

	it("charges what comes after a branch that does not leave together with what comes before", async () => {
		const bytes = await wat(`(module (func (export "run") (param i32)
			${"(drop (local.get 0))".repeat(10)}
			(block (if (local.get 0) (then (nop))) (br_if 0 (local.get 0)))
			${"(drop (local.get 0))".repeat(10)}))`);
		const guest = new Guest(bytes, { slice: 1 });
		guest.call("run", 1);
		// One charge, and so one refill; 7 of the cost are the caller's.
		expect(guest.calls.refill).toBe(1);
		expect(guest.used).toBe(20 + 2 + 2 + 20 - 7);
	});

	it("charges locals, which a call has to zero", async () => {
		const module = (locals: number) => wat(`(module (func (export "run") (local ${"i64 ".repeat(locals)})))`);
		const few = new Guest(await module(8));
		const many = new Guest(await module(8000));
		few.call("run");
		many.call("run");
		expect(few.used).toBe(0);
		expect(many.used).toBe(1000 - 7);
	});

	it("never lets the counter wrap around", async () => {
		const refill = (fuel: number) => (fuel < -5 ? -1 : 2 ** 31 - 1);
		const bytes = await wat(`(module (memory 1)
			(table $t 1 100000 funcref)
			(func (export "run") (loop (drop (memory.grow (i32.const -1))) (drop (table.grow $t (ref.null func) (i32.const -1))) (br 0))))`);
		expect(() => new Guest(bytes, { refill }).call("run")).toThrow("unreachable");
	});

	it("moves the start function to an export", async () => {
		const bytes = await wat(`(module
			(global $g (export "g") (mut i32) (i32.const 1))
			(func $start (global.set $g (i32.const 2)))
			(start $start))`);
		const { bytes: metered, meta } = meter(bytes);
		const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(metered)));
		expect((exports.g as WebAssembly.Global).value).toBe(1);
		expect(meta.start).toBe("pilot:start");
		const guest = new Guest(bytes);
		expect((guest.exports.g as WebAssembly.Global).value).toBe(2);
		expect(meter(await wat("(module)")).meta.start).toBeNull();
	});

	it("moves a start function that is imported", async () => {
		let started = 0;
		const bytes = await wat('(module (import "host" "start" (func $start)) (start $start))');
		new Guest(bytes, { imports: { host: { start: () => started++ } } });
		expect(started).toBe(1);
	});

	it("chooses hidden names that the module does not use", async () => {
		const bytes = await wat(`(module
			(global (export "pilot:fuel") i32 (i32.const 5))
			(func (export "pilot::run") (result i32) (i32.const 6))
			(func (export "spin") (loop (br 0))))`);
		const guest = new Guest(bytes, { limit: 20_000 });
		expect(guest.metered.meta).toMatchObject({ prefix: "pilot:::", fuel: "pilot:::fuel", control: "pilot:::control" });
		expect((guest.exports["pilot:fuel"] as WebAssembly.Global).value).toBe(5);
		expect(guest.call("pilot::run")).toBe(6);
		expectStopped(guest, "spin");
	});

	it.each([
		[[], "pilot:"],
		[["pilot", "Pilot:", "a:pilot:"], "pilot:"],
		[["pilot:x"], "pilot::"],
		[["pilot:::", "pilot:fuel"], "pilot::::"],
	])("beside exports %j begins them with %s", async (names, prefix) => {
		const bytes = await wat(`(module ${names.map((name) => `(func (export "${name}"))`).join("")})`);
		expect(meter(bytes).meta.prefix).toBe(prefix);
	});

	it("exports nothing new but under the prefix, and keeps the order of the rest", async () => {
		const bytes = await wat('(module (memory (export "b") 1) (func (export "a")) (table (export "c") 1 funcref))');
		const names = WebAssembly.Module.exports(new WebAssembly.Module(new Uint8Array(meter(bytes).bytes))).map(
			({ name }) => name,
		);
		expect(names.filter((name) => !name.startsWith("pilot:"))).toEqual(["b", "a", "c"]);
		expect(names).toContain("pilot:fuel");
	});

	it("describes what the module defines", async () => {
		const bytes = await wat(`(module
			(import "i" "m" (memory 1))
			(import "i" "t" (table 1 funcref))
			(import "i" "g" (global (mut i32)))
			(memory 2 5)
			(memory i64 1)
			(table $a 3 externref)
			(table $b 1 9 (ref null func))
			(global i32 (i32.const 1))
			(global (mut i64) (i64.const 1))
			(global (mut v128) (v128.const i64x2 0 0))
			(global (mut (ref null eq)) (ref.null eq))
			(func (table.set $b (i32.const 0) (ref.null func))))`);
		const { meta } = meter(bytes);
		expect(meta.memories).toEqual([
			{ export: "pilot:memory1", index64: false, initialPages: 2, maximumPages: 5 },
			{ export: "pilot:memory2", index64: true, initialPages: 1, maximumPages: null },
		]);
		expect(meta.tables).toEqual([
			{ export: "pilot:table1", type: "externref", initial: 3, maximum: null, written: false },
			{ export: "pilot:table2", type: "funcref", initial: 1, maximum: 9, written: true },
		]);
		expect(meta.globals.map(({ type }) => type)).toEqual(["i64", "v128", "eqref"]);
		expect(meta.writesImportedTables).toBe(false);
		expect(meta.features).toEqual(["memory64", "multi-memory"]);
		expect(JSON.parse(JSON.stringify(meta))).toEqual(meta);
	});

	it("gives a table of exactly the entry points", async () => {
		const { exports } = new Guest(await wat("(module)"));
		const control = exports["pilot:control"] as WebAssembly.Table;
		expect(control.length).toBe(CONTROL_SIZE);
		expect(() => control.grow(1)).toThrow(RangeError);
	});

	it("tells of dropped segments and of tables that are written", async () => {
		const drops = (code: string) =>
			wat(`(module (memory 1) (table 1 funcref) (data $d "x") (elem $e func) (func ${code}))`);
		expect(meter(await drops("")).meta.drops).toBe(false);
		expect(meter(await drops("(data.drop $d)")).meta.drops).toBe(true);
		expect(meter(await drops("(elem.drop $e)")).meta.drops).toBe(true);
		const imported = await wat(
			'(module (import "" "t" (table 1 funcref)) (func (table.set (i32.const 0) (ref.null func))))',
		);
		expect(meter(imported).meta.writesImportedTables).toBe(true);
	});

	it("keeps names and drops what names offsets in the code", async () => {
		const bytes = await wat(`(module
			(@custom ".debug_line" "xx") (@custom "producers" "\\00") (@custom "sourceMappingURL" "\\01x")
			(func $named (export "f")))`);
		const module = new WebAssembly.Module(new Uint8Array(meter(bytes).bytes));
		const count = (name: string) => WebAssembly.Module.customSections(module, name).length;
		expect(["name", "producers", ".debug_line", "sourceMappingURL"].map(count)).toEqual([1, 1, 0, 0]);
	});

	it("gives a module that can be metered again", async () => {
		const once = meter(await wat(RECURSION)).bytes;
		expect(WebAssembly.validate(new Uint8Array(meter(once).bytes))).toBe(true);
	});
});

describe("growth", () => {
	const GROWTH = `(module
		(memory $m (export "m") 1 10)
		(table $t (export "t") 2 20 funcref)
		(func $f)
		(elem declare func $f)
		(func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
		(func (export "table") (param i32) (result i32) (table.grow $t (ref.func $f) (local.get 0))))`;

	it("asks the host and then grows", async () => {
		const asked: unknown[] = [];
		const allow = (...request: unknown[]) => asked.push(request) > 0;
		const guest = new Guest(await wat(GROWTH), { allow });
		expect([guest.call("memory", 3), guest.call("memory", 0), guest.call("memory", -1)]).toEqual([1, 4, -1]);
		expect([guest.call("table", 3), guest.call("table", 16)]).toEqual([2, -1]);
		expect(asked).toEqual([
			["memory", 0, 3],
			["memory", 0, 0],
			["memory", 0, 2 ** 32 - 1],
			["table", 0, 3],
			["table", 0, 16],
		]);
		expect((guest.exports.t as WebAssembly.Table).get(4)).toBeInstanceOf(Function);
	});

	it("answers -1 and grows nothing when the host denies it", async () => {
		const guest = new Guest(await wat(GROWTH), { allow: () => false });
		expect([guest.call("memory", 3), guest.call("table", 3)]).toEqual([-1, -1]);
		expect((guest.exports.m as WebAssembly.Memory).buffer.byteLength).toBe(65_536);
		expect((guest.exports.t as WebAssembly.Table).length).toBe(2);
	});

	it("charges by size", async () => {
		const guest = new Guest(await wat(GROWTH));
		const charged = (name: string, delta: number) => {
			const before = guest.used;
			guest.call(name, delta);
			return guest.used - before;
		};
		expect(charged("memory", 3) - charged("memory", 1)).toBe(2 * 4096);
		expect(charged("table", 8) - charged("table", 1)).toBe(7 * 32);
	});

	it("tells which memory grows, imports first", async () => {
		const asked: unknown[] = [];
		const bytes = await wat(`(module
			(import "i" "m" (memory 1)) (memory i64 1)
			(func (export "a") (result i32) (memory.grow 0 (i32.const 1)))
			(func (export "b") (param i64) (result i64) (memory.grow 1 (local.get 0))))`);
		const imports = { i: { m: new WebAssembly.Memory({ initial: 1 }) } };
		const guest = new Guest(bytes, { allow: (...request) => asked.push(request) > 0, imports });
		expect([guest.call("a"), guest.call("b", 2n), guest.call("b", -1n)]).toEqual([1, 1n, -1n]);
		expect(asked).toEqual([
			["memory", 0, 1],
			["memory", 1, 2],
			["memory", 1, 2 ** 64],
		]);
		const denied = new Guest(bytes, { allow: () => false, imports });
		expect(denied.call("b", 1n)).toBe(-1n);
	});
});

describe("giving way", () => {
	const SUM = `(module (func (export "run") (param i32) (result i32) (local i32)
		(loop
			(local.set 1 (i32.add (local.get 1) (local.get 0)))
			(br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
		(local.get 1)))`;

	it("suspends the guest, and goes on with its fuel", async () => {
		const giveWay = () => new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)));
		const guest = new Guest(await wat(SUM), { yields: () => true, giveWay });
		expect(await guest.callAsync("run", 1000)).toBe(500_500);
		expect(guest.calls.yield).toBeGreaterThan(3);
		expect(guest.calls.plainRefill).toBe(0);
		const plain = new Guest(await wat(SUM));
		plain.call("run", 1000);
		expect(guest.used).toBe(plain.used);
	});

	it("refills without giving way where the stack cannot be suspended", async () => {
		const guest = new Guest(await wat(SUM), { yields: () => true });
		expect(guest.call("run", 1000)).toBe(500_500);
		expect(guest.calls.yield).toBe(0);
		expect(guest.calls.plainRefill).toBe(guest.calls.refill);
	});

	it("stops the guest when that is the answer", async () => {
		const guest = new Guest(await wat(SUM), { yields: () => true, giveWay: async () => -1 });
		await expect(guest.callAsync("run", 1000)).rejects.toThrow(WebAssembly.RuntimeError);
	});

	it.each([-1, -3, -(2 ** 31)])("stops the guest when a refill answers %i", async (answer) => {
		const guest = new Guest(await wat(SUM), { refill: () => answer });
		expect(() => guest.call("run", 5)).toThrow("unreachable");
	});
});

describe("code made of short loops", async () => {
	const program = (loops: number) =>
		wat(`(module (func (export "run") (param i32)
			${"(loop (local.set 0 (i32.const 0)) (br_if 0 (local.get 0)))".repeat(loops)}))`);

	it("does not grow without bound, and costs the same fuel per loop", async () => {
		const [few, many] = await Promise.all([program(1000), program(40_000)]);
		const growth = (bytes: Uint8Array<ArrayBuffer>) => meter(bytes).bytes.length / bytes.length;
		expect(growth(few)).toBeGreaterThan(2);
		expect(growth(many)).toBeLessThan(2);
		const fuel = (bytes: Uint8Array<ArrayBuffer>) => {
			const guest = new Guest(bytes);
			guest.call("run", 1);
			return guest.used;
		};
		const [one, thousand] = await Promise.all([program(0), program(1000)]);
		const each = (fuel(thousand) - fuel(one)) / 1000;
		expect(fuel(many)).toBe(fuel(one) + 40_000 * each);
	});
});
