import { describe, expect, it } from "vitest";
import { PIECE, TABLE_PIECE } from "./bulk.ts";
import { Guest, unmetered, wat } from "./testing.ts";

const MIB = 1 << 20;
const PAGES = 96;

/** Memory 0 and 1 of the given index types, `PAGES` pages each, and a passive segment of 2.5 MiB. */
function module(a: "i32" | "i64", b: "i32" | "i64"): string {
	const length = a === "i64" && b === "i64" ? "i64" : "i32";
	const segment = Array.from({ length: 2.5 * 16 }, (_, i) => String.fromCharCode(65 + i).repeat(65_536)).join("");
	return `(module
		(memory $a (export "a") ${a} ${PAGES})
		(memory $b (export "b") ${b} ${PAGES})
		(data $d "${segment.replaceAll(/[^\w]/g, "~")}")
		(data $small "0123456789")
		(func (export "fill") (param ${a} i32 ${a}) (memory.fill $a (local.get 0) (local.get 1) (local.get 2)))
		(func (export "within") (param ${a} ${a} ${a}) (memory.copy $a $a (local.get 0) (local.get 1) (local.get 2)))
		(func (export "across") (param ${a} ${b} ${length}) (memory.copy $a $b (local.get 0) (local.get 1) (local.get 2)))
		(func (export "back") (param ${b} ${a} ${length}) (memory.copy $b $a (local.get 0) (local.get 1) (local.get 2)))
		(func (export "init") (param ${a} i32 i32) (memory.init $a $d (local.get 0) (local.get 1) (local.get 2)))
		(func (export "small") (param ${a} i32 i32) (memory.init $a $small (local.get 0) (local.get 1) (local.get 2)))
		(func (export "drop") (data.drop $d)))`;
}

interface Runner {
	exports: WebAssembly.Exports;
	call(name: string, ...args: unknown[]): unknown;
}

const memory = (runner: Runner, name: string) => new Uint8Array((runner.exports[name] as WebAssembly.Memory).buffer);

/** Other bytes everywhere, so that a byte copied from a wrong place shows. */
function scramble(runner: Runner): void {
	for (const name of ["a", "b"]) {
		const words = new Uint32Array(memory(runner, name).buffer);
		for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + name.length, 0x9e37_79b1);
	}
}

function sameMemories(one: Runner, other: Runner): boolean {
	return ["a", "b"].every((name) => Buffer.compare(memory(one, name), memory(other, name)) === 0);
}

/** Calls both; the outcomes (a trap or none) and the memories after must be the same. Returns whether it trapped. */
function both(metered: Runner, plain: Runner, name: string, ...args: unknown[]): boolean {
	const outcome = (runner: Runner) => {
		try {
			runner.call(name, ...args);
			return "done";
		} catch (error) {
			return String(error);
		}
	};
	const expected = outcome(plain);
	expect(outcome(metered)).toBe(expected);
	expect(sameMemories(metered, plain)).toBe(true);
	return expected !== "done";
}

const SIZES = [
	0,
	1,
	15,
	4096,
	PIECE - 1,
	PIECE,
	PIECE + 1,
	MIB - 1,
	MIB,
	MIB + 1,
	2 * MIB,
	2 * MIB + 12_345,
	2.5 * MIB,
];
const END = PAGES * 65_536;

describe.each([
	["i32", "i32"],
	["i64", "i64"],
	["i64", "i32"],
	["i32", "i64"],
] as const)("bulk operations on memories of %s and %s", async (a, b) => {
	const bytes = await wat(module(a, b));
	const index = (type: "i32" | "i64", value: number) => (type === "i64" ? BigInt(value) : value);
	const length = (value: number) => index(a === "i64" && b === "i64" ? "i64" : "i32", value);
	const start = () => {
		const pair: [Guest, Runner] = [new Guest(bytes), unmetered(bytes)];
		for (const runner of pair) scramble(runner);
		return pair;
	};

	it("give the same memory", () => {
		const pair = start();
		for (const size of SIZES) {
			expect(both(...pair, "fill", index(a, 100), size & 0xff, index(a, size))).toBe(false);
			expect(both(...pair, "init", index(a, 3 * MIB - 7), 0, size)).toBe(false);
			expect(both(...pair, "across", index(a, 5000), index(b, 77), length(size))).toBe(false);
			expect(both(...pair, "back", index(b, 2 * MIB), index(a, 9), length(size))).toBe(false);
		}
	});

	it("copy ranges that overlap", () => {
		const pair = start();
		for (const distance of [1, 4096, MIB - 1, MIB, MIB + 1, 2 * MIB]) {
			for (const size of SIZES) {
				expect(both(...pair, "within", index(a, 10 + distance), index(a, 10), index(a, size))).toBe(false);
				expect(both(...pair, "within", index(a, 10), index(a, 10 + distance), index(a, size))).toBe(false);
			}
		}
	});

	it("reach the very end", () => {
		const pair = start();
		for (const size of SIZES) {
			expect(both(...pair, "fill", index(a, END - size), 3, index(a, size))).toBe(false);
			expect(both(...pair, "init", index(a, END - size), 2.5 * MIB - size, size)).toBe(false);
			expect(both(...pair, "across", index(a, END - size), index(b, END - size), length(size))).toBe(false);
		}
	});

	it("trap out of bounds, and have written nothing", () => {
		const pair = start();
		for (const size of [0, 1, MIB, MIB + 1, 2 * MIB, 4 * MIB, END, 2 ** 31, 2 ** 32 - 1]) {
			const past = END - size + 1;
			if (past >= 0) {
				expect(both(...pair, "fill", index(a, past), 1, index(a, size))).toBe(true);
				expect(both(...pair, "within", index(a, past), index(a, 0), index(a, size))).toBe(true);
				expect(both(...pair, "within", index(a, 0), index(a, past), index(a, size))).toBe(true);
				expect(both(...pair, "across", index(a, past), index(b, 0), length(size))).toBe(true);
				expect(both(...pair, "across", index(a, 0), index(b, past), length(size))).toBe(true);
				const rest = Math.min(size, 2.5 * MIB);
				expect(both(...pair, "init", index(a, END - rest + 1), 0, rest)).toBe(true);
			}
			expect(both(...pair, "init", index(a, 0), 2.5 * MIB - size + 1, size)).toBe(true);
			expect(both(...pair, "fill", index(a, 2 ** 32 - 16), 1, index(a, size))).toBe(true);
			expect(both(...pair, "within", index(a, 2 ** 32 - 16), index(a, 2 ** 32 - 16), index(a, size))).toBe(true);
		}
	});

	it.runIf(a === "i64")("trap where offset and length together wrap around", () => {
		const pair = start();
		for (const [at, size] of [
			[2n ** 64n - 1n, 2n ** 21n],
			[2n ** 63n, 2n ** 63n],
			[2n ** 21n, 2n ** 64n - 2n ** 21n],
			[2n ** 64n - 2n ** 22n, 2n ** 22n],
		]) {
			expect(both(...pair, "fill", at, 1, size)).toBe(true);
			expect(both(...pair, "within", at, 0n, size)).toBe(true);
			expect(both(...pair, "within", 0n, at, size)).toBe(true);
		}
	});

	it("trap on a dropped segment, and have written nothing", () => {
		const pair = start();
		expect(both(...pair, "small", index(a, 0), 2, 8)).toBe(false);
		expect(both(...pair, "drop")).toBe(false);
		expect(both(...pair, "init", index(a, 0), 0, 2 * MIB)).toBe(true);
		expect(both(...pair, "init", index(a, 0), 0, 1)).toBe(true);
		expect(both(...pair, "init", index(a, 0), 0, 0)).toBe(false);
	});
});

describe("the cost of bulk operations", async () => {
	const bytes = await wat(module("i32", "i32"));
	const charged = (guest: Guest, name: string, ...args: unknown[]) => {
		const before = guest.used;
		guest.call(name, ...args);
		return guest.used - before;
	};

	it.each(["fill", "within", "across", "init"])("is a sixteenth of the bytes for %s", (name) => {
		const guest = new Guest(bytes);
		const nothing = charged(guest, name, 0, 0, 0);
		for (const size of [16, 4096, MIB, 2 * MIB, 2.5 * MIB])
			expect(charged(guest, name, 0, 0, size) - nothing).toBe(size / 16);
	});

	it.each([0, 16, 4096, 4112, MIB, 2 * MIB])("is the same for %i bytes when the code says so many", async (size) => {
		const operations = `
			(memory.fill (i32.const 0) (i32.const 7) (i32.const ${size}))
			(memory.copy (i32.const 5) (i32.const 0) (i32.const ${size}))
			(memory.init $d (i32.const 64) (i32.const 0) (i32.const ${Math.min(size, 64)}))`;
		const code = await wat(`(module (memory (export "a") 80) (memory (export "b") 1)
			(data $d "${"z".repeat(64)}")
			(func (export "run") ${operations}))`);
		const pair: [Guest, Runner] = [new Guest(code), unmetered(code)];
		expect(both(...pair, "run")).toBe(false);
		const used = charged(pair[0], "run");
		expect(Math.abs(used - (2 * size + Math.min(size, 64)) / 16)).toBeLessThan(20);
	});

	it("traps out of bounds when the length is a constant, too", async () => {
		const code = await wat(`(module (memory (export "a") 1) (memory (export "b") 1)
			(func (export "run") (param i32) (memory.fill (local.get 0) (i32.const 7) (i32.const 100))))`);
		const pair: [Guest, Runner] = [new Guest(code), unmetered(code)];
		expect([65_436, 65_437, -1].map((at) => both(...pair, "run", at))).toEqual([false, true, true]);
	});

	it("does not depend on the slice", () => {
		const used = [10, 65_536, 10 ** 9].map((slice) =>
			charged(new Guest(bytes, { slice }), "within", 7, 0, 2 * MIB + 5),
		);
		expect(new Set(used).size).toBe(1);
	});

	it("is paid a piece at a time", () => {
		const filled: number[] = [];
		const guest: Guest = new Guest(bytes, {
			refill: () => {
				filled.push(memory(guest, "a").lastIndexOf(9) + 1);
				// No more than what is owed: the next charge asks again.
				return 0;
			},
		});
		guest.call("fill", 0, 9, 3 * PIECE + 32);
		expect(filled).toEqual([0, PIECE, 2 * PIECE, 3 * PIECE]);
	});

	it("can be refused half-way, by a trap", () => {
		let asked = 0;
		const guest = new Guest(bytes, { refill: () => (++asked > 2 ? -1 : 0) });
		expect(() => guest.call("fill", 0, 9, 3 * MIB)).toThrow("unreachable");
		expect(memory(guest, "a").lastIndexOf(9) + 1).toBe(2 * PIECE);
	});
});

describe("what is longer than a piece of a table", async () => {
	const text = (type: string, index: string) => `(module
		(table $t (export "t") ${type} 6000 8000 externref) (table $u (export "u") ${type} 6000 externref)
		(table $f ${type} 6000 funcref) (elem $e func ${"$x $y ".repeat(2500)})
		(func $x) (func $y)
		(func (export "set") (param $i ${index}) (param $v externref) (table.set $t (local.get $i) (local.get $v)))
		(func (export "fill") (param ${index} externref ${index}) (table.fill $t (local.get 0) (local.get 1) (local.get 2)))
		(func (export "copy") (param ${index} ${index} ${index}) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
		(func (export "across") (param ${index} ${index} ${index}) (table.copy $u $t (local.get 0) (local.get 1) (local.get 2)))
		(func (export "init") (param ${index} i32 i32) (table.init $f $e (local.get 0) (local.get 1) (local.get 2)))
		(func (export "is") (param ${index}) (result i32) (ref.is_null (table.get $f (local.get 0))))
		(func (export "drop") (elem.drop $e))
		(func (export "grow") (param externref ${index}) (result ${index}) (table.grow $t (local.get 0) (local.get 1))))`;
	const kinds = [
		["", "i32", (n: number) => n],
		["i64", "i64", (n: number) => BigInt(n)],
	] as const;

	describe.each(kinds)("indexed by %s", (type, index, n) => {
		const bytes = wat(text(type, index));
		/** The table's entries that are numbers. */
		const entries = (guest: Guest | ReturnType<typeof unmetered>, name: string) => {
			const table = guest.exports[name] as WebAssembly.Table;
			return Array.from({ length: Number(table.length) }, (_, i) => table.get(n(i) as number));
		};
		const both = async () => {
			const code = await bytes;
			const guests = [unmetered(code), new Guest(code, { slice: 1000 })];
			for (const it of guests) for (let i = 0; i < 6000; i++) it.call("set", n(i), i);
			return guests;
		};

		it.each([
			["fill", [10, "v", 5000]],
			["fill", [1000, "v", 5001]],
			["fill", [0, "v", 2 ** 32 - 1]],
			["copy", [0, 1, 5000]],
			["copy", [1, 0, 5000]],
			["copy", [2000, 100, 3900]],
			["copy", [2000, 100, 4001]],
			["copy", [100, 2001, 4000]],
			["across", [7, 9, 5500]],
			["across", [501, 0, 5500]],
			["grow", ["v", 1500]],
			["grow", ["v", 2000]],
			["grow", ["v", 2001]],
			["grow", ["v", 2 ** 32 - 1]],
		])("%s %j does what it does unmetered, or nothing", async (name, args) => {
			const values = args.map((it) => (typeof it === "number" ? n(it) : it));
			const outcomes = (await both()).map((guest) => {
				const result = (() => {
					try {
						return guest.call(name, ...values);
					} catch (error) {
						return (error as Error).message;
					}
				})();
				return [result, entries(guest, "t"), entries(guest, "u")];
			});
			expect(outcomes[1]).toEqual(outcomes[0]);
		});

		it("init writes all, nothing out of bounds, and nothing from a dropped segment", async () => {
			const guest = new Guest(await bytes, { slice: 1000 });
			const set = () => Array.from({ length: 6000 }, (_, i) => 1 - (guest.call("is", n(i)) as number));
			const sum = () => set().reduce((a, b) => a + b);
			expect(() => guest.call("init", n(2000), 0, 4001)).toThrow("out of bounds");
			expect(() => guest.call("init", n(0), 1000, 4001)).toThrow("out of bounds");
			expect(sum()).toBe(0);
			guest.call("init", n(1000), 500, 4500);
			expect([sum(), set().indexOf(1), set().lastIndexOf(1)]).toEqual([4500, 1000, 5499]);
			guest.call("drop");
			expect(() => guest.call("init", n(0), 0, 3000)).toThrow("out of bounds");
			expect(sum()).toBe(4500);
		});

		it("asks for fuel before each piece", async () => {
			const filled: number[] = [];
			const guest: Guest = new Guest(await bytes, {
				refill: () => {
					filled.push(entries(guest, "t").lastIndexOf("v") + 1);
					return 0;
				},
			});
			guest.call("fill", n(0), "v", n(3 * TABLE_PIECE + 1));
			expect(filled).toEqual([0, TABLE_PIECE, 2 * TABLE_PIECE, 3 * TABLE_PIECE]);
		});
	});
});

describe("operations on tables and arrays", async () => {
	const bytes = await wat(`(module
		(type $bytes (array (mut i8)))
		(type $refs (array (mut funcref)))
		(table $t (export "t") 3000 funcref)
		(table $u i64 3000 funcref)
		(elem $e func ${"$f ".repeat(2000)})
		(data $d "${"x".repeat(2000)}")
		(func $f)
		(global $array (mut (ref null $bytes)) (ref.null $bytes))
		(func (export "table.fill") (param i32) (table.fill $t (i32.const 0) (ref.func $f) (local.get 0)))
		(func (export "table.copy") (param i32) (table.copy $t $t (i32.const 1) (i32.const 0) (local.get 0)))
		(func (export "table.init") (param i32) (table.init $t $e (i32.const 0) (i32.const 0) (local.get 0)))
		(func (export "table.fill64") (param i32) (table.fill $u (i64.const 0) (ref.func $f) (i64.extend_i32_u (local.get 0))))
		(func (export "table.copy64") (param i32) (table.copy $t $u (i32.const 1) (i64.const 0) (local.get 0)))
		(func (export "table.init64") (param i32) (table.init $u $e (i64.const 0) (i32.const 0) (local.get 0)))
		(func (export "array.new") (param i32) (drop (array.new $bytes (i32.const 7) (local.get 0))))
		(func (export "array.new_default") (param i32) (drop (array.new_default $bytes (local.get 0))))
		(func (export "array.new_data") (param i32) (drop (array.new_data $bytes $d (i32.const 0) (local.get 0))))
		(func (export "array.new_elem") (param i32) (drop (array.new_elem $refs $e (i32.const 0) (local.get 0))))
		(func (export "array.fill") (param i32)
			(array.fill $bytes (array.new_default $bytes (i32.const 2000)) (i32.const 0) (i32.const 7) (local.get 0)))
		(func (export "array.copy") (param i32) (local $a (ref $bytes))
			(local.set $a (array.new_default $bytes (i32.const 2000)))
			(array.copy $bytes $bytes (local.get $a) (i32.const 0) (local.get $a) (i32.const 0) (local.get 0)))
		(func (export "array.init_data") (param i32)
			(array.init_data $bytes $d (array.new_default $bytes (i32.const 2000)) (i32.const 0) (i32.const 0) (local.get 0)))
		(func (export "array.init_elem") (param i32)
			(array.init_elem $refs $e (array.new_default $refs (i32.const 2000)) (i32.const 0) (i32.const 0) (local.get 0))))`);
	const names = WebAssembly.Module.exports(new WebAssembly.Module(bytes))
		.map(({ name }) => name)
		.filter((name) => name.includes("."));

	it.each(names)("charges %s by its length", (name) => {
		const charged = (length: number) => {
			const guest = new Guest(bytes);
			guest.call(name, length);
			return guest.used;
		};
		const entry = name.startsWith("table") ? 32 : 1;
		expect(charged(1500) - charged(500)).toBeGreaterThanOrEqual(1000 * entry);
		expect(charged(1500) - charged(500)).toBeLessThan(1000 * entry + 40);
	});

	it.each(names)("clamps what %s costs when it is out of bounds anyway", (name) => {
		const guest = new Guest(bytes, { slice: 1000 });
		const error = name.startsWith("array.new") ? /too large|out of bounds/ : /out of bounds/;
		expect(() => guest.call(name, -1)).toThrow(error);
		expect(guest.used).toBeGreaterThanOrEqual(2 ** 28 - 32);
		expect(guest.used).toBeLessThan(2 ** 28 + 10_000);
	});

	it("still does what it should", () => {
		const guest = new Guest(bytes);
		guest.call("table.init", 5);
		guest.call("table.copy", 5);
		const table = guest.exports.t as WebAssembly.Table;
		expect([0, 4, 5, 6].map((i) => table.get(i) !== null)).toEqual([true, true, true, false]);
	});
});
