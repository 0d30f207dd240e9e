import { describe, expect, it } from "vitest";
import { MeterError } from "./index.ts";
import { FUNCTION, Loops } from "./loops.ts";
import { Guest, unmetered, wat } from "./testing.ts";

describe("Loops", () => {
	it("keep the counter in a local where nothing is called, and read it before the outermost of those", () => {
		const loops = new Loops();
		loops.reset();
		const outer = loops.open(FUNCTION);
		const inner = loops.open(outer);
		const innermost = loops.open(inner);
		loops.call(outer);
		expect([FUNCTION, outer, inner, innermost].map((loop) => loops.cached(loop))).toEqual([false, false, true, true]);
		expect([FUNCTION, outer, inner, innermost].map((loop) => loops.opens(loop))).toEqual([false, false, true, false]);
	});

	it("call in all loops around the one that calls", () => {
		const loops = new Loops();
		loops.reset();
		const outer = loops.open(FUNCTION);
		const inner = loops.open(outer);
		const beside = loops.open(FUNCTION);
		loops.call(inner);
		expect([inner, outer, FUNCTION, beside].map((loop) => loops.cached(loop))).toEqual([false, false, false, true]);
	});

	it("can be many", () => {
		const loops = new Loops();
		loops.reset();
		let loop = FUNCTION;
		for (let i = 0; i < 500; i++) loop = loops.open(loop);
		loops.call(loops.outer(loop));
		expect(loops.cached(loop)).toBe(true);
		expect(loops.opens(loop)).toBe(true);
	});
});

/** Nested loops, with a call in the middle one or none; locals of two groups, and block parameters. */
const program = (call: string) => `(module
	(memory 1)
	(func $other (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
	(func (export "run") (param $n i32) (result i64) (local $sum i64) (local $i i32) (local $j i32) (local $k i32)
		(loop $outer
			(local.set $j (i32.const 0))
			${call}
			(local.get $i)
			(loop $inner (param i32)
				(local.set $k)
				(i32.store (i32.and (local.get $k) (i32.const 0xfffc)) (local.get $j))
				(local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (i32.mul (local.get $i) (local.get $j)))))
				(local.set $j (i32.add (local.get $j) (i32.const 1)))
				(if (i32.gt_u (local.get $j) (i32.const 90)) (then (return (i64.const -1))))
				(local.get $j)
				(br_if $inner (i32.lt_u (local.get $j) (i32.and (local.get $i) (i32.const 31))))
				drop)
			(local.set $i (i32.add (local.get $i) (i32.const 1)))
			(br_if $outer (i32.lt_u (local.get $i) (local.get $n))))
		(local.get $sum)))`;

describe("a counter in a local", () => {
	it.each([
		["in a function that calls nothing", ""],
		["in an inner loop beside a call", "(drop (call $other (i32.const 1)))"],
		["beside growth, which calls the host", "(drop (memory.grow (i32.const 0)))"],
	])("changes no result, and the fuel is the same at any slice: %s", async (_, call) => {
		const bytes = await wat(program(call));
		const expected = unmetered(bytes).call("run", 300);
		const used = [1, 7, 1000, 77_777, 1e9].map((slice) => {
			const guest = new Guest(bytes, { slice });
			expect(guest.call("run", 300)).toBe(expected);
			return guest.used;
		});
		expect(new Set(used).size).toBe(1);
	});

	it("is always in the global as well: a trap in the loop leaves the same fuel at any slice", async () => {
		const bytes = await wat(`(module (memory 1) (func (export "run") (param i32) (loop $l
			(i32.store (local.get 0) (i32.const 1))
			(local.set 0 (i32.add (local.get 0) (i32.const 4)))
			(br $l))))`);
		const used = [10, 1000, 77_777, 1e9].map((slice) => {
			const guest = new Guest(bytes, { slice });
			expect(() => guest.call("run", 0)).toThrow("out of bounds");
			return guest.used;
		});
		expect(new Set(used).size).toBe(1);
		expect(used[0]).toBeGreaterThan(65_536 / 4);
	});

	it("is one more than the locals of functions that have parameters, none, or several groups", async () => {
		const loop = (set: string) => `(loop $l ${set} (br_if $l (i32.lt_u (local.get 0) (i32.const 50))))`;
		const add = "(local.set 0 (i32.add (local.get 0) (i32.const 1)))";
		const bytes = await wat(`(module
			(func (export "a") (param i32) (result i32) ${loop(add)} (local.get 0))
			(func (export "b") (result i32) (local i32) ${loop(add)} (local.get 0))
			(func (export "c") (param i32 f64) (result i32) (local i64 i64 f32 v128) ${loop(add)} (local.get 0)))`);
		const guest = new Guest(bytes, { slice: 10 });
		expect([guest.call("a", 3), guest.call("b"), guest.call("c", 3, 4.5)]).toEqual([50, 50, 50]);
	});
});

describe("a function that cannot be read", () => {
	it("is an error of the meter's own", () => {
		expect(() => new Guest(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 10, 5, 1, 3, 0x81, 0, 0x0b]))).toThrow(
			MeterError,
		);
	});
});
