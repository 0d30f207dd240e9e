/** What a tracked module marks: never less than it writes. */
import { describe, expect, it } from "vitest";
import { instantiateMetered, type MeteredInstance } from "../../../../test/support/metered.ts";
import { meter } from "./index.ts";
import { PAGE_SHIFT, SLACK } from "./marks.ts";
import { wat } from "./testing.ts";

const PAGE = 1 << PAGE_SHIFT;

interface Seen {
	/** Marked pages, and those in which something changed that no mark stands for. */
	marked: number[];
	missed: number[];
	result: unknown;
	fuel: number;
}

function mapOf({ exports, metered }: MeteredInstance, memory: number): Uint8Array {
	return new Uint8Array((exports[metered.meta.maps![memory]!.export] as WebAssembly.Memory).buffer);
}

function pagesOf(map: Uint8Array): number[] {
	const pages: number[] = [];
	for (let page = map.indexOf(1); page >= 0; page = map.indexOf(1, page + 1)) pages.push(page);
	return pages;
}

function changed(before: Buffer, after: Buffer): number[] {
	const found: number[] = [];
	for (let at = 0; at < after.length; at++) if (before[at] !== after[at]) found.push(at);
	return found;
}

/** Calls `run` once. `memory` is the one that is looked at, exported under `name`. */
async function seen(text: string, args: unknown[] = [], memory = 0, name = "memory"): Promise<Seen> {
	const bytes = await wat(text);
	const instance = instantiateMetered(bytes, { tracked: true });
	const plain = instantiateMetered(bytes);
	const held = instance.exports[name] as WebAssembly.Memory;
	const before = Buffer.from(Buffer.from(held.buffer));
	const outcome = ({ exports }: MeteredInstance): unknown => {
		try {
			return (exports.run as (...args: unknown[]) => unknown)(...args);
		} catch (error) {
			return String(error);
		}
	};
	const result = outcome(instance);
	expect(result).toEqual(outcome(plain));
	expect(instance.fuel()).toBe(plain.fuel());
	const map = mapOf(instance, memory);
	const stands = (at: number): boolean =>
		map[Math.floor(at / PAGE)] === 1 || (at % PAGE < SLACK && map[Math.floor(at / PAGE) - 1] === 1);
	return {
		marked: pagesOf(map),
		missed: changed(before, Buffer.from(held.buffer)).filter((at) => !stands(at)),
		result,
		fuel: instance.fuel(),
	};
}

const SIZE = 3 * 65_536;
const LAST = SIZE / PAGE - 1;
const module = (body: string, rest = "") =>
	`(module (memory $m (export "memory") 3) ${rest} (func (export "run") (param i32) ${body}))`;

describe("a store marks its page", () => {
	const stores: [string, string, number, number[]][] = [
		["at an address", "(i32.store (local.get 0) (i32.const -1))", 3 * PAGE + 5, [3]],
		["with a small offset", "(i64.store offset=32 (local.get 0) (i64.const -1))", PAGE, [1]],
		["with a small offset, at a page's end", "(i64.store offset=32 (local.get 0) (i64.const -1))", PAGE - 4, [0]],
		["with an offset of pages", `(f64.store offset=${7 * PAGE} (local.get 0) (f64.const 1))`, PAGE, [8]],
		["with a large offset, to the next page", `(f32.store offset=${PAGE - 1} (local.get 0) (f32.const 1))`, 1, [1]],
		["across a page's end", "(i32.store (local.get 0) (i32.const -1))", 2 * PAGE - 2, [1]],
		["across a page's end, a vector", "(v128.store (local.get 0) (v128.const i64x2 -1 -1))", 2 * PAGE - 1, [1]],
		["at the memory's last byte", "(i32.store8 (local.get 0) (i32.const -1))", SIZE - 1, [LAST]],
		["at its last bytes, by the offset", `(i64.store offset=${SIZE - 8} (local.get 0) (i64.const -1))`, 0, [LAST]],
		["of a lane", "(v128.store16_lane 3 (local.get 0) (v128.const i64x2 -1 -1))", 4 * PAGE, [4]],
		["in a block that gives its operands", "(block (result i32 i64) (local.get 0) (i64.const 5)) (i64.store)", 0, [0]],
		[
			"where the address is changed by the value",
			"(local.get 0) (i32.store (local.tee 0 (i32.const 9)))",
			6 * PAGE,
			[6],
		],
	];
	it.each(stores)("%s", async (_name, body, address, pages) => {
		const { marked, missed } = await seen(module(body), [address]);
		expect(marked).toEqual(pages);
		expect(missed).toEqual([]);
	});

	it.each([
		["beyond the memory", "(i32.store (local.get 0) (i32.const -1))", SIZE - 3],
		["at an address and an offset over 32 bits", "(i32.store offset=0xffffffff (local.get 0) (i32.const -1))", -1],
		["at an address at the end of 32 bits", "(i32.store8 (local.get 0) (i32.const -1))", -1],
		["at an offset at the end of 32 bits", "(i32.store8 offset=0xffffffff (local.get 0) (i32.const -1))", 0],
		["whose offset would wrap around to the beginning", "(i32.store offset=16 (local.get 0) (i32.const 1))", -16],
	])("or traps, %s, and marks nothing", async (_name, body, address) => {
		const { marked, missed, result } = await seen(module(body), [address]);
		expect(result).toContain("memory access out of bounds");
		expect(marked).toEqual([]);
		expect(missed).toEqual([]);
	});

	it("with all kinds of values in one function, and atomic ones", async () => {
		const body = `
			(i32.store (i32.const 0) (i32.const 1)) (i64.store (i32.const ${PAGE}) (i64.const 1))
			(f32.store (i32.const ${2 * PAGE}) (f32.const 1)) (f64.store (i32.const ${3 * PAGE}) (f64.const 1))
			(v128.store (i32.const ${4 * PAGE}) (v128.const i64x2 1 1))
			(drop (i32.atomic.rmw.add (i32.const ${5 * PAGE}) (i32.const 1)))
			(drop (i64.atomic.rmw.cmpxchg (i32.const ${6 * PAGE}) (i64.const 0) (i64.const 1)))
			(drop (i32.atomic.rmw8.cmpxchg_u (i32.const ${7 * PAGE}) (i32.const 0) (i32.const 1)))
			(i64.atomic.store (i32.const ${8 * PAGE}) (i64.const 1))`;
		const { marked, missed } = await seen(module(body), [0]);
		expect(marked).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
		expect(missed).toEqual([]);
	});

	it("what only reads marks nothing", async () => {
		const body =
			"(drop (i64.load offset=8 (local.get 0))) (drop (v128.load8_splat (local.get 0))) (drop (memory.size))";
		expect((await seen(module(body), [PAGE])).marked).toEqual([]);
	});
});

describe("a bulk operation marks all that it writes", () => {
	const MANY = 40;
	const big = (body: string) =>
		`(module (memory $m (export "memory") ${MANY}) (memory $n 1) (data $d "${"x".repeat(9000)}")
			(func (export "run") (param i32 i32 i32) ${body}))`;
	const all = "(local.get 0) (local.get 1) (local.get 2)";
	const pages = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
	const END = MANY * 65_536;

	it.each([
		["a fill", `(memory.fill $m ${all})`, [PAGE + 1, 7, 2 * PAGE], pages(1, 3)],
		["a fill of a whole page", `(memory.fill $m ${all})`, [PAGE, 7, PAGE], [1]],
		["a fill up to the end", `(memory.fill $m ${all})`, [END - 5, 7, 5], [END / PAGE - 1]],
		["a fill of nothing, at the end", `(memory.fill $m ${all})`, [END, 7, 0], []],
		["a fill in pieces", `(memory.fill $m ${all})`, [10, 7, 2_500_000], pages(0, Math.floor(2_500_009 / PAGE))],
		[
			"a short fill of fixed length",
			"(memory.fill $m (local.get 0) (i32.const 7) (i32.const 100))",
			[PAGE - 50],
			[0, 1],
		],
		["a short copy of fixed length", "(memory.copy $m $n (local.get 0) (i32.const 0) (i32.const 16))", [9 * PAGE], [9]],
		[
			"a copy",
			`(memory.fill $m (i32.const 0) (i32.const 1) (i32.const 9)) (memory.copy $m $m ${all})`,
			[5 * PAGE, 0, 9],
			[0, 5],
		],
		[
			"a copy in pieces",
			`(memory.copy $m $m ${all})`,
			[PAGE, 0, 1_500_000],
			pages(1, 1 + Math.floor(1_499_999 / PAGE)),
		],
		["a segment", `(memory.init $m $d ${all})`, [3 * PAGE - 1, 1, 8999], pages(2, 5)],
	] as const)("%s", async (_name, body, args, expected) => {
		const { marked, missed, result } = await seen(big(body), [...args]);
		expect(result).toBeUndefined();
		expect(marked).toEqual(expected);
		expect(missed).toEqual([]);
	});

	it.each([
		["that does not fit", `(memory.fill $m ${all})`, [END - 5, 7, 6]],
		["whose end is over 32 bits", `(memory.fill $m ${all})`, [PAGE, 7, -1]],
		["of nothing beyond the end", `(memory.fill $m ${all})`, [END + 1, 7, 0]],
		["from beyond the end", `(memory.copy $m $n ${all})`, [0, 65_000, 1000]],
		["of a segment that is shorter", `(memory.init $m $d ${all})`, [0, 0, 9001]],
	] as const)("one %s writes nothing, and traps as it would", async (_name, body, args) => {
		const { missed, result } = await seen(big(body), [...args]);
		expect(result).toContain("memory access out of bounds");
		expect(missed).toEqual([]);
	});
});

describe("several memories", () => {
	const text = `(module (memory $a (export "a") 2) (memory $b (export "b") 2)
		(func (export "run")
			(i32.store $b offset=4 (i32.const ${PAGE}) (i32.const 1))
			(memory.fill $b (i32.const ${4 * PAGE}) (i32.const 1) (i32.const 1))
			(memory.copy $a $b (i32.const ${7 * PAGE}) (i32.const ${PAGE}) (i32.const 2000))))`;

	it("have a map each", async () => {
		const [a, b] = [await seen(text, [], 0, "a"), await seen(text, [], 1, "b")];
		expect([a.marked, a.missed]).toEqual([[7], []]);
		expect([b.marked, b.missed]).toEqual([[1, 4], []]);
	});

	it("imported ones too: it is said which is whose", async () => {
		const text = `(module (import "x" "f" (func)) (import "x" "m" (memory 1)) (memory 1) (memory 2))`;
		const { meta } = meter(await wat(text), { tracked: true });
		const name = (i: number) => `${meta.prefix}map${i}`;
		expect(meta.maps).toEqual([
			{ export: name(0), imported: 1 },
			{ export: name(1), defined: 0 },
			{ export: name(2), defined: 1 },
		]);
	});
});

describe("a memory of 64-bit indices", () => {
	const text = (body: string) => `(module (memory (export "memory") i64 3) (memory $n 1)
		(func (export "run") (param i64) ${body}))`;
	it.each([
		["a store", "(i64.store offset=8 (local.get 0) (i64.const -1))", 3n * BigInt(PAGE), [3]],
		["with a large offset", `(i64.store offset=${PAGE + 300} (local.get 0) (i64.const -1))`, 1n, [1]],
		["a fill", "(memory.fill (local.get 0) (i32.const 1) (i64.const 5000))", BigInt(PAGE), [1, 2]],
		[
			"a copy from a smaller one",
			"(memory.copy 0 $n (local.get 0) (i32.const 0) (i32.const 5000))",
			BigInt(PAGE),
			[1, 2],
		],
	])("%s", async (_name, body, address, pages) => {
		const { marked, missed, result } = await seen(text(body), [address]);
		expect(result).toBeUndefined();
		expect(marked).toEqual(pages);
		expect(missed).toEqual([]);
	});

	it.each([
		["an offset of 64 bits", "(i64.store offset=0xffffffffffffffff (local.get 0) (i64.const -1))", 0n],
		["an address of 64 bits", "(i64.store offset=16 (local.get 0) (i64.const -1))", -16n],
		["an address at 4 GiB", "(i64.store (local.get 0) (i64.const -1))", 2n ** 32n],
	])("traps at %s, and marks nothing", async (_name, body, address) => {
		const { marked, result } = await seen(text(body), [address]);
		expect(result).toContain("memory access out of bounds");
		expect(marked).toEqual([]);
	});
});

it("a module that is not tracked has no maps, and no other code", async () => {
	const bytes = await wat(module("(i32.store (local.get 0) (i32.const 1))"));
	const { meta } = meter(bytes);
	expect(meta.maps).toBeNull();
	expect(Buffer.from(meter(bytes, { tracked: false }).bytes).equals(meter(bytes).bytes)).toBe(true);
	expect(meter(bytes, { tracked: true }).bytes.length).toBeGreaterThan(meter(bytes).bytes.length);
});

it("what a function recurses through ends at its limit, with marks of all kinds in it", async () => {
	const text = `(module (memory (export "memory") 1)
		(func $f (export "run") (result i32)
			(i32.store (i32.const 0) (i32.const 1)) (i64.store (i32.const 0) (i64.const 1))
			(f32.store (i32.const 0) (f32.const 1)) (f64.store (i32.const 0) (f64.const 1))
			(v128.store (i32.const 0) (v128.const i64x2 1 1))
			(drop (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 0) (i32.const 1)))
			(drop (i64.atomic.rmw.cmpxchg (i32.const 0) (i64.const 0) (i64.const 1)))
			(i32.add (call $f) (i32.const 1))))`;
	const instance = instantiateMetered(await wat(text), { tracked: true });
	expect(() => (instance.exports.run as () => number)()).toThrow("unreachable");
	expect(instance.exhausted()).toBe(1);
});
