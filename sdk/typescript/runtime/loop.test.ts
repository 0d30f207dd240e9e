import { beforeEach, describe, expect, it } from "vitest";
import { NeverSettled, settle, UnhandledRejection } from "./loop.ts";
import { GuestPromise, takeUnhandledRejections } from "./promise.ts";
import { Timers } from "./timers.ts";

/** A clock that waiting moves on. */
function fakeClock() {
	const waits: number[] = [];
	const clock = {
		waits,
		time: 1000,
		now: () => clock.time,
		wait(ms: number) {
			waits.push(ms);
			clock.time += ms;
		},
	};
	return clock;
}

let clock: ReturnType<typeof fakeClock>;
let timers: Timers;
beforeEach(() => {
	takeUnhandledRejections();
	clock = fakeClock();
	timers = new Timers(clock);
});

const sleep = (ms: number) => new GuestPromise((resolve) => void timers.after(resolve, ms, []));

describe("settle", () => {
	it("gives a plain value back", () => {
		expect(settle(5, timers, "It returned")).toBe(5);
	});

	it("gives what a promise, or any thenable, is fulfilled with", () => {
		expect(
			settle(
				GuestPromise.resolve(1).then(() => 2),
				timers,
				"",
			),
		).toBe(2);
		// biome-ignore lint/suspicious/noThenProperty: a thenable is meant.
		expect(settle({ then: (yes: (it: number) => void) => yes(3) }, timers, "")).toBe(3);
	});

	it("throws what a promise is rejected with, whatever it is", () => {
		const error = new Error("reason");
		expect(() => settle(GuestPromise.reject(error), timers, "")).toThrow(error);
		expect(() => settle(GuestPromise.reject(undefined), timers, "")).toThrow();
	});

	it("waits for timers, one after the other, and for no longer than needed", () => {
		const promise = sleep(20).then(() => sleep(5));
		timers.after(() => expect.unreachable(), 1000, []);
		settle(promise, timers, "");
		expect(clock.waits).toEqual([20, 5]);
	});

	it("refuses a promise that nothing can settle, and says so", () => {
		const never = () => settle(new GuestPromise(() => undefined), timers, "The handler returned");
		expect(never).toThrow(NeverSettled);
		expect(never).toThrow("The handler returned a promise that nothing can settle");
	});

	it("does not wait for a timer that was unref'd", () => {
		timers.after(() => undefined, 10, []).unref();
		expect(() => settle(new GuestPromise(() => undefined), timers, "")).toThrow(NeverSettled);
	});

	it("fails for a rejection that nobody handles, with its reason as cause", () => {
		const reason = new TypeError("lost");
		const run = () => {
			GuestPromise.reject(reason);
			return settle(sleep(1), timers, "");
		};
		expect(run).toThrow(UnhandledRejection);
		GuestPromise.reject(undefined);
		expect(() => settle(1, timers, "")).toThrow("undefined");
	});

	it("passes on what a timer throws", () => {
		timers.after(
			() => {
				throw new Error("timer");
			},
			1,
			[],
		);
		expect(() => settle(sleep(5), timers, "")).toThrow("timer");
	});
});

describe("timers", () => {
	it("run in the order of their time, and of their making where it is the same", () => {
		const log: string[] = [];
		timers.after((it) => log.push(String(it)), 20, ["late"]);
		timers.after((it) => log.push(String(it)), 10, ["first"]);
		timers.after((it) => log.push(String(it)), 10, ["second"]);
		timers.soon((it) => log.push(String(it)), ["soon"]);
		while (timers.runNext());
		expect(log).toEqual(["soon", "first", "second", "late"]);
	});

	it("come after the immediates of their turn, however late they are, and before those of the next", () => {
		const log: string[] = [];
		timers.after(() => log.push("timer"), 1, []);
		timers.soon(() => {
			log.push("immediate");
			timers.soon(() => log.push("next turn"), []);
		}, []);
		clock.time += 100;
		while (timers.runNext());
		expect(log).toEqual(["immediate", "timer", "next turn"]);
	});

	it("are not held up by immediates that make immediates", () => {
		let done = false;
		timers.after(() => (done = true), 5, []);
		const again = (): void => {
			clock.time += 1;
			if (!done && clock.time < 2000) timers.soon(again, []);
		};
		timers.soon(again, []);
		while (timers.runNext());
		expect(clock.time).toBeLessThan(1010);
	});

	it("are forgotten as immediates, too, before and within their turn", () => {
		const never = timers.soon(() => expect.unreachable(), []);
		timers.soon(() => timers.clear(never2), []);
		const never2 = timers.soon(() => expect.unreachable(), []);
		timers.clear(never);
		while (timers.runNext());
	});

	it("repeat until they are cleared", () => {
		let count = 0;
		const timer = timers.every(() => ++count === 3 && timers.clear(timer), 10, []);
		while (timers.runNext());
		expect(count).toBe(3);
		expect(clock.time).toBe(1030);
	});

	it("are cleared by themselves or by their number; others stay", () => {
		const [a, b, c] = [1, 2, 3].map((ms) => timers.after(() => ms, ms, []));
		timers.clear(a);
		timers.clear(Number(b));
		timers.clear(undefined);
		timers.clear(99_999);
		expect(timers.waiting).toEqual([c]);
	});

	it.each([0, -5, Number.NaN, undefined, 2 ** 31, "x"])("take a delay of %s as 1 ms", (delay) => {
		timers.after(() => undefined, delay, []);
		timers.runNext();
		expect(clock.waits).toEqual([1]);
	});
});
