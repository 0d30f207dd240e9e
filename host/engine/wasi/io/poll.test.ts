import { describe, expect, it } from "vitest";
import { Trap } from "../../trap.ts";
import { type TestGuest, testGuest } from "../testing.ts";
import { errorKind, pollableKind } from "./kinds.ts";
import { MAX_POLLABLES } from "./poll.ts";
import { IoError, type Pollable } from "./types.ts";

const POLL = "wasi:io/poll";

function pollable(test: TestGuest, ready: boolean): number {
	return test.guest.handles.add(pollableKind, { ready: () => ready, wait: () => new Promise(() => {}) });
}

/** Ready after a moment. */
function soon(): Pollable {
	let ready = false;
	return {
		ready: () => ready,
		wait: () =>
			new Promise((resolve) => {
				setTimeout(() => {
					ready = true;
					resolve();
				}, 5);
			}),
	};
}

async function poll(test: TestGuest, handles: readonly number[]): Promise<number[]> {
	const area = await test.result(POLL, "poll", ...test.putWords(handles));
	const [list, count] = [test.memory.getU32(area), test.memory.getU32(area + 4)];
	return Array.from({ length: count }, (_, i) => test.memory.getU32(list + i * 4));
}

describe("poll", () => {
	it("gives the places of all that are ready, at once", () => {
		const test = testGuest();
		const handles = [true, false, true].map((it) => pollable(test, it));
		const area = test.room();
		expect(test.call(POLL, "poll", ...test.putWords([...handles, handles[0]!]), area)).toBeUndefined();
		const list = test.memory.getU32(area);
		expect([0, 1, 2].map((i) => test.memory.getU32(list + i * 4))).toEqual([0, 2, 3]);
	});

	it("waits for the first", async () => {
		const test = testGuest();
		const handles = [pollable(test, false), test.guest.handles.add(pollableKind, soon())];
		expect(await poll(test, handles)).toEqual([1]);
	});

	it("of nothing traps", async () => {
		await expect(poll(testGuest(), [])).rejects.toThrow(Trap);
	});

	it("of more than it takes traps before the list is read", () => {
		const test = testGuest();
		for (const length of [MAX_POLLABLES + 1, 2 ** 31, 2 ** 32 - 1])
			expect(() => test.call(POLL, "poll", 0, length, 0)).toThrow(/more than 1024/);
	});

	it("of a list out of bounds, or of other handles, traps", async () => {
		const test = testGuest();
		expect(() => test.call(POLL, "poll", 2 ** 32 - 4, 2, 0)).toThrow(Trap);
		const error = test.guest.handles.add(errorKind, new IoError("x"));
		await expect(poll(test, [error])).rejects.toThrow(Trap);
		await expect(poll(test, [0])).rejects.toThrow(Trap);
		await expect(poll(test, [2 ** 32 - 1])).rejects.toThrow(Trap);
	});

	it("is charged for each pollable", async () => {
		const test = testGuest();
		await poll(
			test,
			Array.from({ length: 100 }, () => pollable(test, true)),
		);
		expect(test.charged).toBe(6400);
	});
});

describe("pollable", () => {
	it("tells if it is ready", () => {
		const test = testGuest();
		const ready = [true, false].map((it) => test.call(POLL, "[method]pollable.ready", pollable(test, it)));
		expect(ready).toEqual([1, 0]);
	});

	it("blocks until it is, or not at all", async () => {
		const test = testGuest();
		expect(test.call(POLL, "[method]pollable.block", pollable(test, true))).toBeUndefined();
		const waiting = soon();
		await test.call(POLL, "[method]pollable.block", test.guest.handles.add(pollableKind, waiting));
		expect(waiting.ready()).toBe(true);
	});

	it("is disposed of once, when it is dropped", () => {
		const test = testGuest();
		let disposed = 0;
		const dispose = () => {
			disposed += 1;
		};
		const handle = test.guest.handles.add(pollableKind, { ...soon(), dispose });
		test.drop(pollableKind, handle);
		expect(() => test.drop(pollableKind, handle)).toThrow(Trap);
		expect(disposed).toBe(1);
	});
});

describe("error", () => {
	it("tells its message", async () => {
		const test = testGuest();
		const handle = test.guest.handles.add(errorKind, new IoError("connection lost – später"));
		const area = await test.result("wasi:io/error", "[method]error.to-debug-string", handle);
		expect(test.stringAt(area)).toBe("connection lost – später");
	});
});
