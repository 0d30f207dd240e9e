import { describe, expect, it } from "vitest";
import { BATCH_BYTES, Batch } from "./batch.ts";
import { Budget } from "./limits.ts";

function batchOf(...texts: string[]): Batch {
	const batch = new Batch(BATCH_BYTES);
	for (const text of texts) expect(batch.add(text, text.split("\n").length, 1, null)).toBe(true);
	return batch;
}

describe("a batch of lines", () => {
	it("is the bytes of its texts, each with a newline, and knows how many lines they are", () => {
		const batch = batchOf("a", "b\nü", "", "𝄞");
		expect(batch.bytes.toString()).toBe("a\nb\nü\n\n𝄞\n");
		expect(batch.lines()).toEqual(["a", "b", "ü", "", "𝄞"]);
		expect([batch.lineCount, batch.textBytes, batch.cost]).toEqual([5, 1 + 4 + 0 + 4, 4]);
	});

	it("that is empty has no line, one empty line is one", () => {
		expect(batchOf().lines()).toEqual([]);
		expect(batchOf("").lines()).toEqual([""]);
	});

	it("grows as it is filled, and keeps what it had", () => {
		const texts = Array.from({ length: 300 }, (_, i) => `${i} ${"€".repeat(i)}`);
		expect(batchOf(...texts).lines()).toEqual(texts);
	});

	it("takes no more than its limit, to the byte, and what is longer only alone", () => {
		const batch = new Batch(10);
		expect(batch.add("12345", 1, 1, null)).toBe(true);
		expect(batch.add("1234", 1, 1, null)).toBe(false);
		expect(batch.add("123", 1, 1, null)).toBe(true);
		expect(batch.bytes.length).toBe(10);
		expect(batch.add("", 1, 1, null)).toBe(false);
		const long = new Batch(10);
		expect(long.add("x".repeat(BATCH_BYTES), 1, 1, null)).toBe(true);
		expect(long.bytes.length).toBe(BATCH_BYTES + 1);
		expect(long.add("", 1, 1, null)).toBe(false);
	});

	it("gives back to each budget what was taken of it", () => {
		const budgets = [new Budget(100), new Budget(100)];
		const batch = new Batch(BATCH_BYTES);
		for (const [i, budget] of budgets.entries()) {
			while (budget.take(10 + i)) batch.add("line", 1, 10 + i, budget);
			expect(budget.used).toBeGreaterThan(90);
		}
		batch.release();
		expect(budgets.map((it) => it.used)).toEqual([0, 0]);
	});

	it("has room that was another's, and none of its lines", () => {
		const first = batchOf("x".repeat(BATCH_BYTES / 2));
		first.release();
		expect(batchOf("y").lines()).toEqual(["y"]);
	});
});
