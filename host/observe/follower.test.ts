import { describe, expect, it } from "vitest";
import { Follower } from "./follower.ts";
import { Budget } from "./limits.ts";

async function take(follower: Follower, count: number): Promise<string[]> {
	const lines: string[] = [];
	for await (const line of follower.lines()) if (lines.push(line) === count) break;
	return lines;
}

describe("a follower", () => {
	it("gets what came before it looked, and what comes while it waits", async () => {
		const follower = new Follower(new Budget(2 ** 20));
		follower.push("one");
		const taken = take(follower, 3);
		await new Promise(setImmediate);
		follower.push("two");
		await new Promise(setImmediate);
		follower.push("three");
		expect(await taken).toEqual(["one", "two", "three"]);
	});

	it("gets what waits when the log ends, and then the end", async () => {
		const follower = new Follower(new Budget(2 ** 20));
		follower.push("one");
		follower.end();
		follower.push("late");
		expect(await take(follower, 10)).toEqual(["one"]);
	});

	it("is woken by the end", async () => {
		const follower = new Follower(new Budget(2 ** 20));
		const taken = take(follower, 1);
		await new Promise(setImmediate);
		follower.end();
		expect(await taken).toEqual([]);
	});

	it("that is slow loses lines, is told how many, and goes on", async () => {
		const budget = new Budget(64 * 2 ** 20);
		const follower = new Follower(budget);
		const line = "x".repeat(1000);
		for (let count = 0; count < 5000; count++) follower.push(line);
		expect(budget.used).toBeLessThanOrEqual(2 ** 20);
		const kept = Math.floor(2 ** 20 / 1064);
		const lines = await take(follower, kept + 1);
		expect(lines.at(-1)).toContain(`${5000 - kept} lines (${(5000 - kept) * 1000} bytes)`);
		expect(budget.used).toBe(0);
		follower.push("next");
		expect(await take(follower, 1)).toEqual(["next"]);
	});

	it("takes from what all have together, and gives it back", async () => {
		const budget = new Budget(200);
		const [one, two] = [new Follower(budget), new Follower(budget)];
		one.push("x".repeat(100));
		two.push("y".repeat(100));
		two.end();
		expect(await take(two, 9)).toEqual([expect.stringContaining("1 line (100 bytes)")]);
		one.close();
		expect(budget.used).toBe(0);
	});
});
