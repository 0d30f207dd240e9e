import { describe, expect, it } from "vitest";
import { FairQueue } from "./fair-queue.ts";

describe("a turn", () => {
	it("comes in the order in which it was asked for", async () => {
		const queue = new FairQueue();
		const order: number[] = [];
		await Promise.all([1, 2, 3, 4].map((n) => queue.turn().then(() => order.push(n))));
		expect(order).toEqual([1, 2, 3, 4]);
		expect(queue.length).toBe(0);
	});

	it("is one for each turn of the event loop, whatever is asked meanwhile", async () => {
		const queue = new FairQueue();
		let turns = 0;
		let loops = 0;
		const most: number[] = [];
		const count = (): void => {
			loops++;
			most.push(turns);
			if (turns < 30) setImmediate(count);
		};
		setImmediate(count);
		const hog = async (): Promise<void> => {
			for (let i = 0; i < 10; i++) {
				await queue.turn();
				turns++;
			}
		};
		await Promise.all([hog(), hog(), hog()]);
		await new Promise((resolve) => setImmediate(resolve));
		for (let i = 1; i < most.length; i++) expect(most[i]! - most[i - 1]!).toBeLessThanOrEqual(1);
		expect(loops).toBeGreaterThanOrEqual(30);
	});

	it("goes round: nobody has two before another has one", async () => {
		const queue = new FairQueue();
		const order: string[] = [];
		const hog = async (name: string): Promise<void> => {
			for (let i = 0; i < 5; i++) {
				await queue.turn();
				order.push(name);
			}
		};
		await Promise.all(["a", "b", "c"].map(hog));
		for (let i = 0; i < order.length; i += 3) expect(order.slice(i, i + 3).sort()).toEqual(["a", "b", "c"]);
	});

	it("lets timers fire between the turns of a hog", async () => {
		const queue = new FairQueue();
		let fired = false;
		setTimeout(() => {
			fired = true;
		}, 1);
		let turns = 0;
		while (!fired && turns < 1_000_000) {
			await queue.turn();
			turns++;
		}
		expect(fired).toBe(true);
	});

	it("can be asked for again after the queue was empty", async () => {
		const queue = new FairQueue();
		await queue.turn();
		expect(queue.length).toBe(0);
		const next = queue.turn();
		expect(queue.length).toBe(1);
		await next;
	});
});
