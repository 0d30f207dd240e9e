import { performance } from "node:perf_hooks";
import { MessageChannel } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { FairQueue } from "./fair-queue.ts";

/** An event loop in which nothing happens but what waits in the queue. */
const QUIET = { events: () => 0, now: () => 0 };

/** How many turns of the event loop a guest waits. */
async function loopsUntilTurn(queue: FairQueue): Promise<number> {
	let loops = 0;
	let isOver = false;
	const count = (): void => {
		loops++;
		if (!isOver) setImmediate(count);
	};
	setImmediate(count);
	await queue.turn();
	isOver = true;
	return loops;
}

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

	it("is for who used least, and one time of four for who has waited longest", async () => {
		const queue = new FairQueue(QUIET);
		const order: number[] = [];
		await Promise.all([50, 60, 40, 10, 20, 30, 0].map((used) => queue.turn(used).then(() => order.push(used))));
		expect(order).toEqual([0, 10, 20, 50, 30, 40, 60]);
	});

	it("is the same for all that used much", async () => {
		const queue = new FairQueue(QUIET);
		const order: number[] = [];
		await Promise.all([300, 200, 100, 400].map((used) => queue.turn(used).then(() => order.push(used))));
		expect(order).toEqual([300, 200, 100, 400]);
	});

	it("comes to a hog beside any number of short ones", async () => {
		const queue = new FairQueue();
		let isOver = false;
		const short = async (): Promise<void> => {
			while (!isOver) await queue.turn(1);
		};
		const others = [short(), short(), short()];
		await queue.turn(5000);
		isOver = true;
		await Promise.all(others);
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

describe("others", () => {
	/** An event loop that has an event at each of the first `busy` looks; a look takes `ms`. */
	function loop(busy: number, ms: number) {
		let looks = 0;
		return { events: () => Math.min(++looks, busy), now: () => 1 + looks * ms };
	}

	it("go first as long as each turn of the loop brings them something", async () => {
		expect(await loopsUntilTurn(new FairQueue(loop(0, 0.1)))).toBe(1);
		expect(await loopsUntilTurn(new FairQueue(loop(1, 0.1)))).toBe(2);
		expect(await loopsUntilTurn(new FairQueue(loop(20, 0.1)))).toBe(21);
	});

	it("go first for 4 ms at most, again and again", async () => {
		const queue = new FairQueue(loop(Number.POSITIVE_INFINITY, 1));
		for (let i = 0; i < 3; i++) expect(await loopsUntilTurn(queue)).toBe(5);
	});

	it("get their answers before a guest goes on that waited when they came", async () => {
		const order: string[] = [];
		const queue = new FairQueue({ events: () => performance.nodeTiming.uvMetricsInfo.events, now: () => 1 });
		const turn = queue.turn().then(() => order.push("guest"));
		const { port1, port2 } = new MessageChannel();
		port1.postMessage("request");
		await new Promise<void>((resolve) => {
			port2.once("message", () => setImmediate(() => resolve(void order.push("answer"))));
		});
		port2.close();
		await turn;
		expect(order[0]).toBe("answer");
	});
});
