import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { countTimers } from "../../../../test/support/timers.ts";
import { pollableKind } from "../io/kinds.ts";
import { type TestGuest, testGuest } from "../testing.ts";

const MONOTONIC = "wasi:clocks/monotonic-clock";
const WALL = "wasi:clocks/wall-clock";

const now = (test: TestGuest) => test.call(MONOTONIC, "now") as bigint;
const timers = countTimers();
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("monotonic-clock", () => {
	it("never goes back, and has a resolution", () => {
		const test = testGuest();
		let last = now(test);
		for (let i = 0; i < 1000; i++) {
			const next = now(test);
			expect(next >= last).toBe(true);
			last = next;
		}
		expect(test.call(MONOTONIC, "resolution")).toBe(1n);
	});

	it("starts from the wall clock, so that a snapshot of an earlier process never sees it go back", () => {
		const apart = now(testGuest()) / 1_000_000n - BigInt(Date.now());
		expect(apart > -60_000n && apart < 60_000n).toBe(true);
	});

	it("makes pollables that are ready after a duration", async () => {
		const test = testGuest();
		const start = now(test);
		const handle = test.call(MONOTONIC, "subscribe-duration", 20_000_000n) as number;
		expect(test.call("wasi:io/poll", "[method]pollable.ready", handle)).toBe(0);
		await test.call("wasi:io/poll", "[method]pollable.block", handle);
		expect(now(test) - start >= 20_000_000n).toBe(true);
		expect(test.call("wasi:io/poll", "[method]pollable.ready", handle)).toBe(1);
	});

	it("makes pollables that are ready from an instant on, past ones at once", () => {
		const test = testGuest();
		const ready = (when: bigint) => {
			const handle = test.call(MONOTONIC, "subscribe-instant", when) as number;
			return test.call("wasi:io/poll", "[method]pollable.ready", handle);
		};
		expect([ready(0n), ready(now(test)), ready(now(test) + 10n ** 10n)]).toEqual([1, 1, 0]);
	});

	it("takes any u64: the longest waits are those that no timer of Node could hold", async () => {
		const test = testGuest();
		const before = timers();
		for (const [name, when] of [
			["subscribe-duration", 2n ** 64n - 1n],
			["subscribe-duration", 2n ** 63n],
			["subscribe-instant", 2n ** 64n - 1n],
		] as const) {
			const handle = test.call(MONOTONIC, name, when) as number;
			let settled = false;
			void Promise.resolve(test.call("wasi:io/poll", "[method]pollable.block", handle)).finally(() => {
				settled = true;
			});
			await sleep(5);
			expect(settled).toBe(false);
		}
		expect(timers()).toBe(before + 3);
		test.abort();
		expect(timers()).toBe(before);
	});

	it("leaves no timer behind: not without a wait, nor when another pollable was first", async () => {
		const test = testGuest();
		const before = timers();
		const [long, short] = [10n ** 12n, 5_000_000n].map(
			(it) => test.call(MONOTONIC, "subscribe-duration", it) as number,
		);
		expect(timers()).toBe(before);
		const area = await test.result("wasi:io/poll", "poll", ...test.putWords([long!, short!]));
		expect(test.memory.getU32(test.memory.getU32(area))).toBe(1);
		expect(timers()).toBe(before);
		expect(getEventListeners(test.guest.signal, "abort")).toEqual([]);
		test.drop(pollableKind, long!);
	});

	it("leaves no timer behind when the instance ends while it waits", async () => {
		const test = testGuest();
		const before = timers();
		const handle = test.call(MONOTONIC, "subscribe-duration", 10n ** 12n) as number;
		void test.call("wasi:io/poll", "[method]pollable.block", handle);
		expect(timers()).toBe(before + 1);
		test.guest.handles.clear();
		expect(timers()).toBe(before);
		expect(getEventListeners(test.guest.signal, "abort")).toEqual([]);
	});
});

describe("wall-clock", () => {
	it("tells seconds and nanoseconds since the epoch", async () => {
		const test = testGuest();
		const before = Date.now();
		const area = await test.result(WALL, "now");
		const ms = Number(test.memory.getU64(area)) * 1000 + test.memory.getU32(area + 8) / 1e6;
		expect(ms).toBeGreaterThanOrEqual(before);
		expect(ms).toBeLessThanOrEqual(Date.now());
		expect(test.memory.getU32(area + 8)).toBeLessThan(1_000_000_000);
	});

	it("has a resolution of a millisecond", async () => {
		const test = testGuest();
		const area = await test.result(WALL, "resolution");
		expect([test.memory.getU64(area), test.memory.getU32(area + 8)]).toEqual([0n, 1_000_000]);
	});
});

describe("timezone", () => {
	it("is UTC, whatever the machine's is", async () => {
		const test = testGuest();
		expect(test.call("wasi:clocks/timezone", "utc-offset", 1_700_000_000n, 0)).toBe(0);
		const area = await test.result("wasi:clocks/timezone", "display", 1_700_000_000n, 0);
		expect([test.memory.getU32(area), test.stringAt(area + 4), test.memory.getU8(area + 12)]).toEqual([0, "UTC", 0]);
	});
});
