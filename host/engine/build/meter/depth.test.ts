import { describe, expect, it } from "vitest";
import { frameBytes, STACK_BYTES } from "./depth.ts";
import { Guest, wat } from "./testing.ts";

/** A function that calls itself as often as its parameter says, and counts in `deepest`. It has so many i64 locals, all live across the call. */
function recursion(locals: number): string {
	const all = Array.from({ length: locals }, (_, i) => i);
	return `(module (memory 1)
		(global $deepest (export "deepest") (mut i32) (i32.const 0))
		(func $f (export "f") (param i32) ${all.map((i) => `(local $l${i} i64)`).join(" ")}
			${all.map((i) => `(local.set $l${i} (i64.load (i32.const ${8 * i})))`).join("\n")}
			(global.set $deepest (i32.add (global.get $deepest) (i32.const 1)))
			(if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))))
			${all.map((i) => `(i64.store (i32.const ${8 * i}) (local.get $l${i}))`).join("\n")}))`;
}

const deepest = (guest: Guest) => (guest.exports.deepest as WebAssembly.Global).value as number;

function exhaust(guest: Guest): number {
	expect(() => guest.call("f", -1)).toThrow(WebAssembly.RuntimeError);
	expect(guest.calls.exhausted).toBe(1);
	return deepest(guest);
}

describe("the depth of calls", () => {
	it.each([0, 1, 4, 16, 64, 300])(
		"ends at the same place whatever V8 compiled, before V8's stack does (%d locals)",
		async (locals) => {
			const bytes = await wat(recursion(locals));
			const expected = Math.floor(STACK_BYTES / frameBytes(locals + 1));
			expect(exhaust(new Guest(bytes, { slice: 1e9 }))).toBe(expected);
			const hot = new Guest(bytes, { slice: 1e9 });
			for (let i = 0; i < 2000; i++) hot.call("f", 100);
			(hot.exports.deepest as WebAssembly.Global).value = 0;
			expect(exhaust(hot)).toBe(expected);
			const suspendable = new Guest(bytes, { slice: 1e9 });
			await expect(suspendable.callAsync("f", -1)).rejects.toThrow(WebAssembly.RuntimeError);
			expect([suspendable.calls.exhausted, deepest(suspendable)]).toEqual([1, expected]);
		},
	);

	it("cannot be caught", async () => {
		const bytes = await wat(`(module
			(func $f (export "f") (param i32) (block $c (try_table (catch_all $c) (call $f (local.get 0))))))`);
		const guest = new Guest(bytes, { slice: 1e9 });
		expect(() => guest.call("f", 1)).toThrow(WebAssembly.RuntimeError);
		expect(guest.calls.exhausted).toBe(1);
	});

	it("counts what is on the stack, not what was called", async () => {
		const bytes = await wat(recursion(4));
		const guest = new Guest(bytes, { slice: 1e9 });
		const most = Math.floor(STACK_BYTES / frameBytes(5)) - 1;
		for (let i = 0; i < 5; i++) guest.call("f", most);
		expect(guest.calls.exhausted).toBe(0);
		expect(() => guest.call("f", most + 1)).toThrow(WebAssembly.RuntimeError);
	});

	it("is what it was after an exception from deep inside", async () => {
		const bytes = await wat(`(module (tag $t)
			(func $down (param i32)
				(if (i32.eqz (local.get 0)) (then (throw $t)))
				(call $down (i32.sub (local.get 0) (i32.const 1))))
			(func $again (export "f") (param i32) (param $times i32)
				(loop $l
					(block $c (try_table (catch_all $c) (call $down (local.get 0))))
					(local.set $times (i32.sub (local.get $times) (i32.const 1)))
					(br_if $l (local.get $times)))
				(if (i32.eq (local.get 0) (i32.const -7)) (then (call $again (local.get 0) (local.get 0))))))`);
		const guest = new Guest(bytes, { slice: 1e9 });
		guest.call("f", 3000, 20);
		expect(guest.calls.exhausted).toBe(0);
	});

	it.each([
		[
			"mutual",
			'(func $f (export "f") (param i32) (call $g (local.get 0))) (func $g (param i32) (call $f (local.get 0)))',
		],
		[
			"through a table",
			`(table 1 funcref) (elem (i32.const 0) $f) (type $t (func (param i32)))
			(func $f (export "f") (param i32) (call_indirect (type $t) (local.get 0) (i32.const 0)))`,
		],
		[
			"through a reference",
			`(type $t (func (param i32))) (elem declare func $f)
			(func $f (export "f") (type $t) (call_ref $t (local.get 0) (ref.func $f)))`,
		],
		[
			"of a type with subtypes",
			`(type $t (sub (func (param i32)))) (type $u (sub $t (func (param i32)))) (elem declare func $f)
			(func $f (export "f") (type $u) (call_ref $t (local.get 0) (ref.func $f)))`,
		],
		[
			"in the start function's calls",
			`(func $f (export "f") (param i32) (call $f (local.get 0))) (func $s (call $f (i32.const 1)))`,
		],
	])("counts recursion %s", async (_, text) => {
		const guest = new Guest(await wat(`(module ${text})`), { slice: 1e9 });
		expect(() => guest.call("f", 0)).toThrow(WebAssembly.RuntimeError);
		expect(guest.calls.exhausted).toBe(1);
	});

	it("of tail calls does not grow", async () => {
		const bytes = await wat(`(module
			(func $f (export "f") (param i32) (result i32)
				(if (i32.eqz (local.get 0)) (then (return (call $g (i32.const 100)))))
				(return_call $f (i32.sub (local.get 0) (i32.const 1))))
			(func $g (param i32) (result i32)
				(if (i32.eqz (local.get 0)) (then (return (i32.const 7))))
				(call $g (i32.sub (local.get 0) (i32.const 1)))))`);
		const guest = new Guest(bytes, { slice: 1e9 });
		expect(guest.call("f", 1_000_000)).toBe(7);
	});

	it("goes on where the host calls back in, and is as before when that returned", async () => {
		const bytes = await wat(`(module (import "" "host" (func $host (param i32)))
			(func $f (export "f") (param i32)
				(if (local.get 0) (then
					(call $host (i32.sub (local.get 0) (i32.const 1)))
					(call $host (i32.const 0))
					(call $f (i32.const 0))))))`);
		let calls = 0;
		const imports: WebAssembly.Imports = { "": { host: (n: number) => callBack(n) } };
		const guest: Guest = new Guest(bytes, { slice: 1e9, imports });
		const callBack = (n: number) => {
			calls++;
			guest.call("f", n);
		};
		const stack = () => (guest.exports[guest.metered.meta.stack!] as WebAssembly.Global).value;
		expect(guest.metered.meta.stack).not.toBeNull();
		for (let i = 0; i < 3; i++) guest.call("f", 50);
		expect(calls).toBe(300);
		expect(stack()).toBe(STACK_BYTES);
	});

	it("costs nothing where nothing can recurse", async () => {
		const bytes = await wat(`(module (import "" "host" (func $host))
			(table 2 funcref) (elem (i32.const 0) $leaf)
			(func $leaf (result i32) (i32.const 1))
			(func $middle (result i32) (call_indirect (result i32) (i32.const 0)))
			(func (export "f") (result i32) (call $host) (i32.add (call $middle) (call $leaf))))`);
		const guest = new Guest(bytes, { imports: { "": { host: () => {} } } });
		expect(guest.metered.meta.stack).toBeNull();
		expect(guest.call("f")).toBe(2);
	});

	it("is left to V8 where functions are called through a table that other modules have", async () => {
		const bytes = await wat('(module (table (export "t") 1 funcref) (func $f (export "f") (call $f)))');
		const guest = new Guest(bytes, { slice: 1e9 });
		expect(guest.metered.meta.stack).toBeNull();
		expect(() => guest.call("f")).toThrow(RangeError);
	});
});
