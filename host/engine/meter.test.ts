import { describe, expect, it } from "vitest";
import { FairQueue } from "./fair-queue.ts";
import { Instance } from "./instance.ts";
import { MemoryBudget } from "./memory-budget.ts";
import { Meter, SLICE } from "./meter.ts";
import { handling, runOnce, testArtifact, testShared, testSpec, testTask } from "./testing.ts";

const PAGE = 65_536;
const never = Number.POSITIVE_INFINITY;

interface Made {
	meter: Meter;
	queue: FairQueue;
	budget: MemoryBudget;
	counter: WebAssembly.Global<"i32">;
	refill: (fuel: number) => number;
	plainRefill: (fuel: number) => number;
	mayGrow: (memory: number, pages: number) => number;
	mayGrowTable: (table: number, entries: number) => number;
}

/** A meter with one memory of a page, and the functions that a metered module calls. */
function made(cap = 10 * PAGE, limit = 20 * PAGE): Made {
	const queue = new FairQueue();
	const budget = new MemoryBudget(limit);
	const meter = new Meter(queue, budget, cap);
	const counter = new WebAssembly.Global({ value: "i32", mutable: true }, 0);
	const memory = { export: "m", index64: false, initialPages: 1, maximumPages: null };
	expect(meter.reserve([memory.initialPages], [])).toBe(true);
	meter.attach(counter, [new WebAssembly.Memory({ initial: 1 })], []);
	const [refill, , plainRefill, mayGrow, mayGrowTable] = meter.control as ((...args: number[]) => number)[];
	return { meter, queue, budget, counter, refill, plainRefill, mayGrow, mayGrowTable } as Made;
}

describe("fuel", () => {
	it("is granted by slices, and what was used beyond one is not forgiven", () => {
		const { meter, counter, plainRefill } = made();
		meter.begin(null, never);
		meter.enter();
		for (const debt of [1, SLICE, 3 * SLICE + 1]) {
			counter.value = -debt;
			counter.value = plainRefill(-debt);
			expect(counter.value).toBe(SLICE);
		}
		expect(meter.fuel).toBe(1 + SLICE + SLICE + SLICE + 3 * SLICE + 1);
	});

	it("near the limit is granted up to it: the guest is asked again as soon as it is over", () => {
		const { meter, counter, refill } = made();
		meter.begin(500, never);
		meter.enter();
		counter.value = -100;
		counter.value = refill(-100);
		expect(counter.value).toBe(400);
		counter.value = -1;
		expect(refill(-1)).toBe(-1);
		expect(meter.stopped).toMatchObject({ kind: "fuel" });
	});

	it("near the limit is not held by two modules, nor by one after a host call took it", () => {
		const { meter, counter, plainRefill } = made();
		const other = new WebAssembly.Global({ value: "i32", mutable: true }, 0);
		meter.attach(other, [], []);
		meter.begin(500, never);
		meter.enter();
		counter.value = -100;
		counter.value = plainRefill(-100);
		other.value = -1;
		other.value = plainRefill(-1);
		expect([counter.value, other.value]).toEqual([0, 399]);
		meter.charge(100);
		expect([other.value, meter.fuel]).toEqual([299, 201]);
		meter.charge(300);
		expect([other.value, meter.fuel]).toEqual([0, 501]);
		expect(plainRefill(-1)).toBe(-1);
	});

	it("is counted exactly: what was granted, less what is left", () => {
		// A plain refill never gives way, however long the machine takes.
		const { meter, counter, plainRefill } = made();
		meter.begin(null, never);
		meter.enter();
		for (const used of [1, 7, SLICE, 12_345, 3 * SLICE]) {
			const before = meter.fuel;
			const left = counter.value - used;
			counter.value = left;
			if (left < 0) counter.value = plainRefill(left);
			expect(meter.fuel - before).toBe(used);
		}
	});

	it("counts host calls and bytes", () => {
		const { meter } = made();
		meter.begin(null, never);
		meter.charge(100);
		meter.chargeBytes(31);
		meter.chargeBytes(4096);
		expect(meter.fuel).toBe(100 + 1 + 256);
		meter.begin(null, never);
		expect(meter.fuel).toBe(0);
	});

	it("over the limit ends the guest at its next look, and the first reason stays", () => {
		const { meter, refill } = made();
		meter.begin(SLICE, never);
		meter.enter();
		expect(refill(-1)).toBeGreaterThan(0);
		meter.charge(SLICE + 1);
		expect(refill(-1)).toBe(-1);
		expect(meter.stopped).toMatchObject({ kind: "fuel" });
		meter.stop({ kind: "cancelled", message: "later" });
		expect(meter.stopped).toMatchObject({ kind: "fuel" });
	});

	it("of a guest is the same whatever it is run with", async () => {
		const artifact = await testArtifact([
			{
				wat: handling(
					`(local $i i32) (loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 300000))))`,
				),
			},
		]);
		const used = [];
		for (let i = 0; i < 4; i++) used.push((await runOnce(artifact, { timeoutMs: 1000 + i })).usage.fuel);
		expect(new Set(used).size).toBe(1);
		expect(used[0]).toBeGreaterThan(300_000);
	});
});

describe("stopping", () => {
	it("takes back what the modules hold, so that they ask at once; fuel stays exact", () => {
		const { meter, counter, refill } = made();
		meter.begin(null, never);
		meter.enter();
		counter.value = refill(-1);
		const before = meter.fuel;
		meter.stop({ kind: "cancelled", message: "the caller went away" });
		expect(counter.value).toBe(0);
		expect(meter.fuel).toBe(before);
		expect(refill(-5)).toBe(-1);
	});

	it("by the deadline", () => {
		const { meter, refill, plainRefill } = made();
		meter.begin(null, performance.now() - 1);
		meter.enter();
		expect([refill(-1), plainRefill(-1)]).toEqual([-1, -1]);
		expect(meter.stopped).toMatchObject({ kind: "timeout", message: "timed out" });
	});

	it("of guest code that the host calls in passing, when it takes too long", () => {
		const { meter, refill } = made();
		meter.begin(null, never);
		const answer = meter.uninterruptible(() => {
			refill(-1);
			const until = performance.now() + 110;
			while (performance.now() < until);
			return refill(-1);
		});
		expect(answer).toBe(-1);
		expect(meter.stopped?.message).toContain("realloc ran longer");
	});
});

describe("giving way", () => {
	it("is asked for after 2 ms on the core, but not where the stack cannot be put aside", () => {
		const { meter, refill, plainRefill } = made();
		meter.begin(null, never);
		meter.enter();
		const until = performance.now() + 5;
		while (performance.now() < until);
		expect(plainRefill(-1)).toBe(SLICE);
		expect(meter.uninterruptible(() => refill(-1))).toBe(SLICE);
		expect(refill(-1)).toBe(-2);
	});

	it("counts the time of one stay on the core with the next, until others had their turn", async () => {
		const { meter } = made();
		meter.begin(null, never);
		for (let i = 0; i < 4; i++) {
			meter.enter();
			const until = performance.now() + 1;
			while (performance.now() < until);
			meter.leave();
		}
		expect(meter.hadItsTurn).toBe(true);
		await meter.turn();
		expect(meter.hadItsTurn).toBe(false);
		expect(meter.cpuMs).toBeGreaterThanOrEqual(4);
	});

	it("takes no time of the guest's", async () => {
		const { meter } = made();
		meter.begin(null, never);
		meter.enter();
		meter.leave();
		const { cpuMs } = meter;
		await new Promise((resolve) => setTimeout(resolve, 10));
		expect(meter.cpuMs).toBe(cpuMs);
	});
});

describe("memory", () => {
	it("may grow up to its cap, and not beyond; what is refused is noted", () => {
		const { meter, mayGrow, budget } = made();
		meter.begin(null, never);
		expect([mayGrow(0, 9), mayGrow(0, 10), mayGrow(0, 2 ** 32)]).toEqual([1, 0, 0]);
		expect(meter.growthRefused).toBe(2);
		expect(budget.usedBytes).toBe(10 * PAGE);
		meter.begin(null, never);
		expect(meter.growthRefused).toBe(0);
	});

	it("that V8 then refused is not taken a second time", () => {
		const { mayGrow, budget } = made();
		for (let i = 0; i < 5; i++) expect(mayGrow(0, 4)).toBe(1);
		expect(budget.usedBytes).toBe(5 * PAGE);
		expect(mayGrow(0, 6)).toBe(1);
		expect(budget.usedBytes).toBe(7 * PAGE);
	});

	it("is refused by the host's budget before the cap", () => {
		const { mayGrow, budget } = made(100 * PAGE, 4 * PAGE);
		expect([mayGrow(0, 4), mayGrow(0, 3)]).toEqual([0, 1]);
		expect(budget.usedBytes).toBe(4 * PAGE);
	});

	it("is all given back, once", () => {
		const { meter, mayGrow, budget } = made();
		mayGrow(0, 5);
		meter.dispose();
		meter.dispose();
		expect(budget).toMatchObject({ usedBytes: 0, memories: 0 });
	});

	it("that was asked for, and never made, is given back as well", () => {
		const { meter, budget } = made();
		expect(meter.reserve([3], [])).toBe(true);
		expect(budget).toMatchObject({ usedBytes: 4 * PAGE, memories: 2 });
		meter.dispose();
		expect(budget).toMatchObject({ usedBytes: 0, memories: 0 });
	});

	it("over the cap from the start is the guest's fault, though the host has not so much either", () => {
		const { meter, budget } = made();
		expect(meter.reserve([65_536], [])).toBe(false);
		expect(meter.stopped?.message).toContain(`over the limit of ${10 * PAGE}`);
		expect(budget.usedBytes).toBe(PAGE);
	});
});

describe("tables", () => {
	it("of an instance together have at most a quarter of a million entries", () => {
		const { meter, mayGrowTable } = made();
		const table = (initial: number) => ({ export: "t", type: "funcref", initial, maximum: null, written: false });
		expect(meter.reserve([], [table(150_000), table(100_000)])).toBe(true);
		meter.attach(
			new WebAssembly.Global({ value: "i32", mutable: true }, 0),
			[],
			[new WebAssembly.Table({ element: "anyfunc", initial: 249_990 })],
		);
		expect([mayGrowTable(0, 10), mayGrowTable(0, 11)]).toEqual([1, 0]);
		expect(meter.reserve([], [table(11)])).toBe(false);
		expect(meter.stopped).toMatchObject({ kind: "crash" });
		// It is over: nothing is given any more, and nothing can be left with it.
		expect(mayGrowTable(0, 1)).toBe(0);
	});

	it("are counted over all instances, grown ones too, and given back", () => {
		const { meter, budget, mayGrowTable } = made();
		const most = MemoryBudget.MAX_TABLE_ENTRIES;
		expect(budget.takeEntries(most - 100)).toBe(true);
		const table = { export: "t", type: "funcref", initial: 60, maximum: null, written: true };
		expect(meter.reserve([], [table])).toBe(true);
		const real = new WebAssembly.Table({ element: "anyfunc", initial: 60 });
		meter.attach(new WebAssembly.Global({ value: "i32", mutable: true }, 0), [], [real]);
		expect([mayGrowTable(0, 41), mayGrowTable(0, 40), mayGrowTable(0, 40)]).toEqual([0, 1, 1]);
		real.grow(40);
		expect([budget.tableEntries, mayGrowTable(0, 1)]).toEqual([most, 0]);
		meter.dispose();
		expect(budget.tableEntries).toBe(most - 100);
	});
});

it("a guest stopped from outside while it runs is stopped within its next slice", async () => {
	const artifact = await testArtifact([{ wat: handling("(loop $l (br $l))") }]);
	const instance = await Instance.initialise(artifact, testSpec(), testShared());
	setTimeout(() => instance.cancel(), 20);
	expect(await instance.invoke(testTask({ timeoutMs: 60_000 }), null)).toMatchObject({
		failure: { kind: "cancelled" },
	});
	expect(instance.over).toBe(true);
});
