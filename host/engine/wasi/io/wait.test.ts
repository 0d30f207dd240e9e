import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { type Waitable, whenReady } from "./wait.ts";

/** Becomes ready when it is told to; knows how many waits for it are going on. */
class Gate implements Waitable {
	open = false;
	waiting = 0;
	private readonly wakers = new Set<() => void>();

	ready(): boolean {
		return this.open;
	}

	wait(signal: AbortSignal): Promise<void> {
		this.waiting += 1;
		return new Promise((resolve) => {
			const done = () => {
				if (!this.wakers.delete(done)) return;
				this.waiting -= 1;
				signal.removeEventListener("abort", done);
				resolve();
			};
			this.wakers.add(done);
			signal.addEventListener("abort", done);
		});
	}

	wake(open: boolean): void {
		this.open = open;
		for (const waker of [...this.wakers]) waker();
	}
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

describe("whenReady", () => {
	it("resolves at once if one thing is ready", async () => {
		const [shut, open] = [new Gate(), new Gate()];
		open.open = true;
		await whenReady([shut, open], new AbortController().signal);
		expect(shut.waiting).toBe(0);
	});

	it("ends the other waits when the first thing is ready", async () => {
		const { signal } = new AbortController();
		const gates = [new Gate(), new Gate(), new Gate()];
		const waiting = whenReady(gates, signal);
		await turn();
		expect(gates.map((it) => it.waiting)).toEqual([1, 1, 1]);
		gates[1]!.wake(true);
		await waiting;
		expect(gates.map((it) => it.waiting)).toEqual([0, 0, 0]);
		expect(getEventListeners(signal, "abort")).toEqual([]);
	});

	it("waits once for a thing that is given twice", async () => {
		const gate = new Gate();
		const waiting = whenReady([gate, gate], new AbortController().signal);
		await turn();
		expect(gate.waiting).toBe(1);
		gate.wake(true);
		await waiting;
	});

	it("waits again if it was woken for nothing", async () => {
		const gate = new Gate();
		let done = false;
		const waiting = whenReady([gate], new AbortController().signal).then(() => {
			done = true;
		});
		gate.wake(false);
		await turn();
		expect([done, gate.waiting]).toEqual([false, 1]);
		gate.wake(true);
		await waiting;
	});

	it("lets the event loop go on while a thing wakes it for nothing again and again", async () => {
		const controller = new AbortController();
		void whenReady([{ ready: () => false, wait: async () => {} }], controller.signal);
		await turn();
		controller.abort();
	});

	it.each([1, 3])("never settles once its signal is aborted, and ends all waits (%d things)", async (count) => {
		const controller = new AbortController();
		const gates = Array.from({ length: count }, () => new Gate());
		let settled = false;
		void whenReady(gates, controller.signal).finally(() => {
			settled = true;
		});
		await turn();
		controller.abort();
		await turn();
		gates[0]!.wake(true);
		await turn();
		expect(settled).toBe(false);
		expect(gates.map((it) => it.waiting)).toEqual(gates.map(() => 0));
		expect(getEventListeners(controller.signal, "abort")).toEqual([]);
	});
});
