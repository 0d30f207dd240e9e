import { describe, expect, it } from "vitest";
import { systemClock, wait } from "./clock.ts";
import { fakeClock } from "./fakes.ts";

const never = new AbortController().signal;

/** True once the promise has settled. */
function watch(promise: Promise<void>): () => boolean {
	let done = false;
	void promise.then(() => {
		done = true;
	});
	return () => done;
}

describe("waiting", () => {
	it("ends when the time is there, not before", async () => {
		const clock = fakeClock();
		const done = watch(wait(clock, 1000, never));
		await clock.advance(999);
		expect(done()).toBe(false);
		await clock.advance(1);
		expect(done()).toBe(true);
	});

	it("goes on when a timer comes early, as one for a far time does", async () => {
		const clock = fakeClock();
		const early = { ...clock, after: (ms: number, callback: () => void) => clock.after(Math.min(ms, 100), callback) };
		const done = watch(wait(early, 1000, never));
		await clock.advance(999);
		expect(done()).toBe(false);
		await clock.advance(1);
		expect(done()).toBe(true);
	});

	it("ends at once for a time that is over, and when it is aborted, before or meanwhile", async () => {
		const clock = fakeClock();
		await wait(clock, 0, never);
		await wait(clock, -5, never);
		await wait(clock, 1000, AbortSignal.abort());
		const stop = new AbortController();
		const waiting = wait(clock, 1000, stop.signal);
		stop.abort();
		await waiting;
	});
});

describe("the system's clock", () => {
	it("calls back, also for a time that no timer can hold, and can be cancelled", async () => {
		await new Promise<void>((resolve) => systemClock.after(0, resolve));
		await new Promise<void>((resolve) => systemClock.after(-1, resolve));
		let called = false;
		const mark = (): void => {
			called = true;
		};
		// A timer of more than 2^31-1 ms would fire at once.
		const cancelFar = systemClock.after(2 ** 40, mark);
		const cancel = systemClock.after(1, mark);
		cancel();
		await new Promise((resolve) => setTimeout(resolve, 20));
		cancelFar();
		expect(called).toBe(false);
	});
});
