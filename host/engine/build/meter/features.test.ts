import { describe, expect, it } from "vitest";
import { meter } from "./index.ts";
import { Guest, unmetered, wat } from "./testing.ts";

/** A module's export `run` must give the same, metered and not, for each argument. */
async function expectSame(text: string, args: unknown[], imports?: () => WebAssembly.Imports): Promise<Guest> {
	const bytes = await wat(text);
	const guest = new Guest(bytes, { imports: imports?.() });
	const plain = unmetered(bytes, imports?.());
	for (const arg of args) {
		const outcome = (run: () => unknown) => {
			try {
				return run();
			} catch (error) {
				return String(error);
			}
		};
		expect(outcome(() => guest.call("run", arg))).toEqual(outcome(() => plain.call("run", arg)));
	}
	return guest;
}

/** Legacy exception handling by hand: wasm-tools' text parser writes the new one only. */
const LEGACY = `(module
	(tag $t (param i32))
	(func $throws (param i32)
		(if (i32.eq (local.get 0) (i32.const 1)) (then (throw $t (i32.const 40))))
		(if (i32.eq (local.get 0) (i32.const 2)) (then unreachable)))
	(func (export "run") (param i32) (result i32)
		try (result i32)
			try (result i32)
				local.get 0
				call $throws
				i32.const 1
			catch $t
				i32.const 2
				i32.add
				local.get 0
				i32.const 3
				i32.eq
				if
					rethrow 1
				end
			end
		catch_all
			i32.const 5
		end)
	(func (export "delegated") (param i32) (result i32)
		try $outer (result i32)
			try (result i32)
				local.get 0
				call $throws
				i32.const 1
			delegate $outer
		catch $t
		end)
	(func (export "uncaught")
		loop $again
			try
				loop
					br 0
				end
			catch_all
				br $again
			end
		end))`;

describe("metered modules with", () => {
	it("exceptions (try_table)", async () => {
		const text = `(module
			(tag $t (export "t") (param i32))
			(func $throws (param i32)
				(if (i32.eq (local.get 0) (i32.const 1)) (then (throw $t (i32.const 40))))
				(if (i32.eq (local.get 0) (i32.const 2)) (then unreachable)))
			(func (export "run") (param i32) (result i32) (local $r exnref)
				(block $all
					(block $ref (result exnref)
						(block $tag (result i32)
							(try_table (catch $t $tag) (catch_all $all) (call $throws (local.get 0)))
							(return (i32.const 1)))
						(local.set 0)
						(block $again (result exnref)
							(try_table (catch_all_ref $again) (throw $t (local.get 0)))
							(unreachable)))
					(local.set $r)
					(block (try_table (catch_all 0) (throw_ref (local.get $r))))
					(return (local.get 0)))
				(i32.const 3)))`;
		const guest = await expectSame(text, [0, 1, 2, 3]);
		expect(guest.metered.meta.features).toEqual(["exceptions"]);
		expect(guest.exports.t).toBeDefined();
	});

	it("legacy exceptions, which V8 does not mix with the new ones", async () => {
		const guest = await expectSame(LEGACY, [0, 1, 2, 3]);
		expect(guest.metered.meta.features).toContain("legacy-exceptions");
		expect([0, 1].map((arg) => guest.call("delegated", arg))).toEqual([1, 40]);
		const limited = new Guest(await wat(LEGACY), { limit: 20_000 });
		expect(() => limited.call("uncaught")).toThrow(WebAssembly.RuntimeError);
	});

	it("legacy exceptions, suspended and refused suspension", async () => {
		const bytes = await wat(LEGACY);
		const guest = new Guest(bytes, { slice: 1, yields: () => true });
		expect(await guest.callAsync("run", 1)).toBe(42);
		expect(guest.calls.yield).toBeGreaterThan(0);
		expect(guest.calls.plainRefill).toBe(0);
		expect(guest.call("run", 1)).toBe(42);
		expect(guest.calls.plainRefill).toBeGreaterThan(0);
	});

	it("exceptions of the host's imports", async () => {
		const text = `(module
			(import "host" "fail" (func $fail))
			(func (export "run") (param i32) (result i32)
				(block $caught (try_table (catch_all $caught) (call $fail)) (return (i32.const 1)))
				(i32.const 2)))`;
		const fail = () => {
			throw new Error("host");
		};
		await expectSame(text, [0], () => ({ host: { fail } }));
	});

	it("tail calls", async () => {
		const text = `(module
			(type $f (func (param i32 i64) (result i64)))
			(table funcref (elem $indirect))
			(elem declare func $reference)
			(func $direct (type $f)
				(if (result i64) (i32.eqz (local.get 0)) (then (local.get 1)) (else
					(return_call $reference (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 1))))))
			(func $reference (type $f) (return_call_indirect (type $f) (local.get 0) (local.get 1) (i32.const 0)))
			(func $indirect (type $f) (return_call_ref $f (local.get 0) (local.get 1) (ref.func $reference2)))
			(func $reference2 (type $f) (return_call $direct (local.get 0) (local.get 1)))
			(elem declare func $reference2)
			(func (export "run") (param i32) (result i64) (return_call $direct (local.get 0) (i64.const 0))))`;
		const guest = await expectSame(text, [0, 1, 300_000]);
		expect(guest.metered.meta.features).toEqual(["tail-call"]);
	});

	it("SIMD and relaxed SIMD", async () => {
		const text = `(module (memory 1)
			(func (export "run") (param i32) (result i32)
				(v128.store (i32.const 0) (i32x4.splat (local.get 0)))
				(v128.store8_lane 15 (i32.const 5) (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15))
				(i32x4.extract_lane 2 (i32x4.relaxed_trunc_f32x4_s (f32x4.convert_i32x4_s
					(i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
						(v128.load32_splat (i32.const 4)) (i32x4.mul (v128.load (i32.const 0)) (v128.load64_zero (i32.const 8)))))))))`;
		const guest = await expectSame(text, [0, 1, -7, 12_345]);
		expect(guest.metered.meta.features).toEqual(["relaxed-simd", "simd"]);
	});

	it("several memories, one of them with 64-bit addresses", async () => {
		const text = `(module
			(memory $a 1) (memory $b i64 1)
			(data (memory $b) (i64.const 8) "\\2a")
			(func (export "run") (param i64) (result i64)
				(i64.store $b offset=16 (local.get 0) (i64.const 77))
				(i32.store8 $a offset=1 (i32.const 4) (i32.const 9))
				(i64.add (i64.add (i64.load8_u $b (i64.const 8)) (i64.load $b offset=16 (local.get 0)))
					(i64.add (i64.load8_u $a (i32.const 5)) (memory.size $b)))))`;
		const guest = await expectSame(text, [0n, 1000n, 65_536n, -1n]);
		expect(guest.metered.meta.features).toEqual(["memory64", "multi-memory"]);
	});

	it("garbage collection", async () => {
		const text = `(module
			(rec
				(type $node (sub (struct (field $value i32) (field $next (mut (ref null $node))))))
				(type $named (sub final $node (struct (field $value i32) (field $next (mut (ref null $node))) (field i8)))))
			(type $bytes (array (mut i8)))
			(global $shared (ref $node) (struct.new $node (i32.const 3) (ref.null $node)))
			(func (export "run") (param i32) (result i32) (local $list (ref null $node)) (local $sum i32)
				(local.set $list (global.get $shared))
				(loop $build
					(local.set $list (struct.new $node (local.get 0) (local.get $list)))
					(br_if $build (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
				(local.set $list (struct.new $named (i32.const 5) (local.get $list) (i32.const 1)))
				(block $end
					(loop $walk
						(local.set $sum (i32.add (local.get $sum) (struct.get $node $value (br_on_null $end (local.get $list)))))
						(block $plain (result (ref null $node))
							(drop (br_on_cast_fail $plain (ref null $node) (ref $named) (local.get $list)))
							(local.set $sum (i32.add (local.get $sum) (i32.const 1000)))
							(local.get $list))
						(drop)
						(local.set $list (struct.get $node $next (local.get $list)))
						(br $walk)))
				(i32.add (local.get $sum) (i31.get_s (ref.cast (ref i31) (ref.i31 (array.len (array.new_fixed $bytes 2 (i32.const 1) (i32.const 2)))))))))`;
		const guest = await expectSame(text, [1, 2, 100]);
		expect(guest.metered.meta.features).toEqual(["gc", "gc-alloc"]);
	});

	it("structs, charged by their fields", async () => {
		const used = async (fields: number) => {
			const type = `(type $s (struct ${"(field (mut i64))".repeat(fields)}))`;
			const guest = new Guest(await wat(`(module ${type} (func (export "run") (drop (struct.new_default $s))))`));
			guest.call("run");
			return guest.used;
		};
		expect((await used(1010)) - (await used(10))).toBe(1000);
	});

	it("constant expressions that compute and allocate", async () => {
		const text = `(module
			(import "host" "base" (global $base i32))
			(type $a (array i32))
			(global $x i32 (i32.add (global.get $base) (i32.mul (i32.const 3) (i32.const 4))))
			(global $y (ref $a) (array.new_default $a (i32.const 7)))
			(table 3 funcref (ref.func $f))
			(memory 1)
			(data (i32.sub (global.get $base) (i32.const 1)) "z")
			(elem (offset (i32.const 1)) funcref (ref.null func) (item ref.func $f))
			(func $f (result i32) (i32.const 8))
			(func (export "run") (param i32) (result i32)
				(i32.add (i32.add (global.get $x) (array.len (global.get $y)))
					(i32.add (i32.load8_u (i32.const 4)) (call_indirect (result i32) (local.get 0))))))`;
		const guest = await expectSame(text, [0, 1, 2], () => ({
			host: { base: new WebAssembly.Global({ value: "i32" }, 5) },
		}));
		expect(guest.metered.meta.features).toEqual(["gc", "gc-alloc"]);
	});

	it.each([
		["a global", "(global (ref $a) (array.new_default $a (i32.const 1)))"],
		["a table", "(table 1 (ref null $a) (array.new_default $a (i32.const 1)))"],
		["an element segment", "(elem (ref $a) (array.new_fixed $a 1 (i32.const 1)))"],
		[
			"an active element segment",
			"(table 1 (ref null $a)) (elem (i32.const 0) (ref $a) (array.new_default $a (i32.const 1)))",
		],
	])("allocation in the initialiser of %s", async (_, text) => {
		const bytes = await wat(`(module (type $a (array i32)) ${text})`);
		expect(meter(bytes).meta.features).toEqual(["gc", "gc-alloc"]);
		new Guest(bytes);
	});

	it("element segments of every kind", async () => {
		const text = `(module
			(table $t 20 funcref) (table $u 20 funcref)
			(func $f (result i32) (i32.const 7))
			(elem (i32.const 0) $f)
			(elem func $f)
			(elem (table $u) (i32.const 1) func $f)
			(elem declare func $f)
			(elem (i32.const 4) funcref (ref.func $f) (ref.null func))
			(elem funcref (ref.func $f))
			(elem (table $u) (i32.const 6) (ref null func) (ref.func $f))
			(elem declare funcref (ref.func $f))
			(func (export "run") (param i32) (result i32) (call_indirect $u (result i32) (local.get 0))))`;
		await expectSame(text, [0, 1, 6]);
	});

	it("atomics on a memory of one's own", async () => {
		const text = `(module (memory 1)
			(func (export "run") (param i32) (result i32)
				(atomic.fence)
				(drop (i32.atomic.rmw.add (i32.const 8) (local.get 0)))
				(i32.atomic.rmw.cmpxchg (i32.const 8) (local.get 0) (i32.const 1))))`;
		const guest = await expectSame(text, [1, 2]);
		expect(guest.metered.meta.features).toEqual(["threads"]);
	});

	it("every kind of import", async () => {
		const text = `(module
			(import "h" "f" (func $f (param i32) (result i32)))
			(import "h" "t" (table $t 1 funcref))
			(import "h" "m" (memory 1))
			(import "h" "g" (global $g (mut i32)))
			(import "h" "e" (tag $e (param i32)))
			(func $own (result i32) (i32.const 6))
			(elem (i32.const 0) $own)
			(func (export "run") (param i32) (result i32)
				(global.set $g (i32.add (global.get $g) (local.get 0)))
				(i32.store (i32.const 0) (call $f (global.get $g)))
				(block $caught (result i32)
					(try_table (catch $e $caught) (throw $e (i32.load (i32.const 0))))
					(unreachable))
				(i32.add (call_indirect (result i32) (i32.const 0)))))`;
		const { Tag } = WebAssembly as unknown as { Tag: new (type: { parameters: string[] }) => WebAssembly.ImportValue };
		await expectSame(text, [1, 2, 3], () => ({
			h: {
				f: (x: number) => x * 2,
				t: new WebAssembly.Table({ initial: 1, element: "anyfunc" }),
				m: new WebAssembly.Memory({ initial: 1 }),
				g: new WebAssembly.Global({ value: "i32", mutable: true }, 1),
				e: new Tag({ parameters: ["i32"] }),
			},
		}));
	});

	it("code that is never reached", async () => {
		const text = `(module (memory 1) (func (export "run") (param i32) (result i32)
			(block $out (result i32)
				(if (local.get 0) (then (br $out (i32.const 4))))
				(return (i32.const 3))
				(drop (memory.grow (i32.const 1)))
				(memory.fill)
				(block (loop (br_if 0 (i32.const 1)) (br_table 0 1 (i32.const 0))))
				(block (if (local.get 0) (then (unreachable)) (else (br 1)))) unreachable)))`;
		const guest = await expectSame(text, [0, 1]);
		expect(guest.used).toBeLessThan(40);
	});

	it("functions with a great many nested blocks", async () => {
		const depth = 500;
		const text = `(module (func (export "run") (param i32) (result i32)
			${"(block (loop (if (local.get 0) (then ".repeat(depth)}
			(local.set 0 (i32.sub (local.get 0) (i32.const 1)))
			(br_if ${3 * depth - 2} (local.get 0))
			${"))))".repeat(depth)}
			(local.get 0)))`;
		await expectSame(text, [0, 1, 50]);
	});

	it("nothing in them at all", async () => {
		expect(WebAssembly.validate(new Uint8Array(meter(await wat("(module)")).bytes))).toBe(true);
	});
});
