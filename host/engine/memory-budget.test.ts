import { describe, expect, it } from "vitest";
import { MemoryBudget } from "./memory-budget.ts";

describe("a memory budget", () => {
	it("gives up to its limit, and not a byte more", () => {
		const budget = new MemoryBudget(100);
		expect([budget.take(60), budget.take(41), budget.take(40), budget.take(1), budget.take(0)]).toEqual([
			true,
			false,
			true,
			false,
			true,
		]);
		expect(budget.usedBytes).toBe(100);
	});

	it("takes nothing when it refuses: neither bytes nor memories", () => {
		const budget = new MemoryBudget(100);
		expect(budget.take(101, 1)).toBe(false);
		expect(budget.take(1, MemoryBudget.MAX_MEMORIES + 1)).toBe(false);
		expect(budget).toMatchObject({ usedBytes: 0, memories: 0 });
	});

	it("bounds the number of memories too, below V8's own", () => {
		const budget = new MemoryBudget(Number.MAX_SAFE_INTEGER);
		expect(MemoryBudget.MAX_MEMORIES).toBeLessThan(16_000);
		expect(budget.take(0, MemoryBudget.MAX_MEMORIES)).toBe(true);
		expect(budget.take(0, 1)).toBe(false);
		budget.give(0, 1);
		expect(budget.take(0, 1)).toBe(true);
	});

	it("is where it was after any sequence of takes that are all given back", () => {
		const budget = new MemoryBudget(1_000_000);
		const held: [number, number][] = [];
		for (let i = 0; i < 10_000; i++) {
			const [bytes, memories] = [(i * 7919) % 5000, i % 3];
			if (budget.take(bytes, memories)) held.push([bytes, memories]);
			if (i % 2 === 1 && held.length > 0) budget.give(...held.splice(i % held.length, 1)[0]!);
			expect(budget.usedBytes).toBeLessThanOrEqual(1_000_000);
		}
		for (const it of held) budget.give(...it);
		expect(budget).toMatchObject({ usedBytes: 0, memories: 0 });
	});
});
