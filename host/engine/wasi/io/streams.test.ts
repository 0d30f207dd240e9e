import { describe, expect, it } from "vitest";
import { Trap } from "../../trap.ts";
import { type TestGuest, testGuest } from "../testing.ts";
import { errorKind, inputStreamKind, outputStreamKind, pollableKind } from "./kinds.ts";
import { type InputStream, IoError, type OutputStream, type StreamEnd } from "./types.ts";

const STREAMS = "wasi:io/streams";

/** Gives what it is fed; each feed wakes who waits. */
class Source implements InputStream {
	readonly asked: number[] = [];
	private bytes = new Uint8Array();
	private end: StreamEnd | undefined;
	private wake = () => {};

	feed(text: string, end?: StreamEnd): void {
		this.bytes = new TextEncoder().encode(text);
		this.end = end;
		this.wake();
	}

	read(max: number): Uint8Array | StreamEnd {
		this.asked.push(max);
		if (this.bytes.length === 0 && this.end !== undefined) return this.end;
		const got = this.bytes.subarray(0, max);
		this.bytes = this.bytes.subarray(got.length);
		return got;
	}

	ready(): boolean {
		return this.bytes.length > 0 || this.end !== undefined;
	}

	wait(): Promise<void> {
		return new Promise((resolve) => {
			this.wake = resolve;
		});
	}
}

/** Takes `room` bytes; `drain` makes it again, or ends it. */
class Sink implements OutputStream {
	room = 10;
	taken = "";
	flushes = 0;
	private end: StreamEnd | undefined;
	private busy = false;
	private wake = () => {};
	private readonly slowFlush: boolean;

	constructor(slowFlush = false) {
		this.slowFlush = slowFlush;
	}

	checkWrite(): number | StreamEnd {
		return this.end ?? (this.busy ? 0 : this.room);
	}

	write(bytes: Uint8Array): StreamEnd | undefined {
		this.taken += new TextDecoder().decode(bytes);
		this.room -= bytes.length;
		return undefined;
	}

	flush(): StreamEnd | undefined {
		this.flushes += 1;
		this.busy = this.slowFlush;
		return undefined;
	}

	drain(end?: StreamEnd): void {
		this.busy = false;
		this.room = 10;
		this.end = end;
		this.wake();
	}

	ready(): boolean {
		return this.end !== undefined || (!this.busy && this.room > 0);
	}

	wait(): Promise<void> {
		return new Promise((resolve) => {
			this.wake = resolve;
		});
	}
}

function input(test: TestGuest): [Source, number] {
	const source = new Source();
	return [source, test.guest.handles.add(inputStreamKind, source)];
}

function output(test: TestGuest, slowFlush = false): [Sink, number] {
	const sink = new Sink(slowFlush);
	return [sink, test.guest.handles.add(outputStreamKind, sink)];
}

/** A `result<…, stream-error>`: `closed`, the error's words, or what `ok` reads. */
function outcome<T>(test: TestGuest, area: number, payload: 4 | 8, ok: (at: number) => T): T | string {
	const at = area + payload;
	if (test.memory.getU8(area) === 0) return ok(at);
	if (test.memory.getU8(at) === 1) return "closed";
	return test.guest.handles.get(errorKind, test.memory.getU32(at + 4)).message;
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

describe("input-stream", () => {
	const read = async (test: TestGuest, method: string, handle: number, length: bigint) =>
		outcome(test, await test.result(STREAMS, `[method]input-stream.${method}`, handle, length), 4, (at) =>
			test.stringAt(at),
		);
	const skip = async (test: TestGuest, method: string, handle: number, length: bigint) =>
		outcome(test, await test.result(STREAMS, `[method]input-stream.${method}`, handle, length), 8, (at) =>
			test.memory.getU64(at),
		);

	it("reads what is there, and says how it ended", async () => {
		const test = testGuest();
		const [source, handle] = input(test);
		expect(await read(test, "read", handle, 10n)).toBe("");
		source.feed("hello", "closed");
		expect(await read(test, "read", handle, 2n)).toBe("he");
		expect(await read(test, "read", handle, 10n)).toBe("llo");
		expect(await read(test, "read", handle, 10n)).toBe("closed");
		source.feed("", new IoError("reset"));
		expect(await read(test, "read", handle, 10n)).toBe("reset");
		expect(test.charged).toBe(5);
	});

	it("blocks until something is there", async () => {
		const test = testGuest();
		const [source, handle] = input(test);
		const reading = read(test, "blocking-read", handle, 10n);
		await turn();
		source.feed("late");
		expect(await reading).toBe("late");
		const skipping = skip(test, "blocking-skip", handle, 3n);
		await turn();
		source.feed("later");
		expect(await skipping).toBe(3n);
		expect(await skip(test, "skip", handle, 100n)).toBe(2n);
	});

	it("does not suspend for what is there", () => {
		const test = testGuest();
		const [source, handle] = input(test);
		source.feed("now");
		expect(test.call(STREAMS, "[method]input-stream.blocking-read", handle, 10n, test.room())).toBeUndefined();
	});

	it("asks for 64 KiB at most, whatever the guest asks for", async () => {
		const test = testGuest();
		const [source, handle] = input(test);
		for (const length of [2n ** 63n, 2n ** 64n - 1n, 65_537n]) await read(test, "read", handle, length);
		await skip(test, "skip", handle, 2n ** 32n);
		expect(source.asked).toEqual([65_536, 65_536, 65_536, 65_536]);
	});

	it("gives an empty list for a blocking read of nothing", async () => {
		const test = testGuest();
		const [, handle] = input(test);
		expect(await read(test, "blocking-read", handle, 0n)).toBe("");
	});

	it("has pollables, which outlive it", () => {
		const test = testGuest();
		const [source, handle] = input(test);
		const pollable = test.call(STREAMS, "[method]input-stream.subscribe", handle) as number;
		const ready = () => test.guest.handles.get(pollableKind, pollable).ready();
		expect(ready()).toBe(false);
		source.feed("x");
		expect(ready()).toBe(true);
		test.drop(inputStreamKind, handle);
		expect(ready()).toBe(true);
	});

	it("leaves the guest suspended when its invocation is over", async () => {
		const test = testGuest();
		const [source, handle] = input(test);
		let settled = false;
		void read(test, "blocking-read", handle, 10n).finally(() => {
			settled = true;
		});
		await turn();
		test.abort();
		source.feed("late");
		await turn();
		expect(settled).toBe(false);
	});

	it("needs a handle of its own kind", () => {
		const test = testGuest();
		const [, sink] = output(test);
		expect(() => test.call(STREAMS, "[method]input-stream.read", sink, 1n, 0)).toThrow(Trap);
	});
});

describe("output-stream", () => {
	const run = async (test: TestGuest, method: string, handle: number, ...args: (number | bigint)[]) =>
		outcome(test, await test.result(STREAMS, `[method]output-stream.${method}`, handle, ...args), 4, () => "ok");
	const count = async (test: TestGuest, method: string, handle: number, ...args: (number | bigint)[]) =>
		outcome(test, await test.result(STREAMS, `[method]output-stream.${method}`, handle, ...args), 8, (at) =>
			test.memory.getU64(at),
		);

	it("takes what it permits, and traps beyond", async () => {
		const test = testGuest();
		const [sink, handle] = output(test);
		expect(await count(test, "check-write", handle)).toBe(10n);
		expect(await run(test, "write", handle, ...test.put("0123456"))).toBe("ok");
		expect(await count(test, "check-write", handle)).toBe(3n);
		await expect(run(test, "write", handle, ...test.put("4 is"))).rejects.toThrow(Trap);
		await expect(run(test, "write-zeroes", handle, 4n)).rejects.toThrow(Trap);
		await expect(run(test, "write-zeroes", handle, 2n ** 64n - 1n)).rejects.toThrow(Trap);
		expect(await run(test, "write-zeroes", handle, 3n)).toBe("ok");
		expect(sink.taken).toBe("0123456\0\0\0");
		expect(test.charged).toBe(10);
	});

	it("traps on bytes out of bounds, however few are permitted", async () => {
		const test = testGuest();
		const [, handle] = output(test);
		await expect(run(test, "write", handle, 65_530, 7)).rejects.toThrow(Trap);
		await expect(run(test, "write", handle, 0, 2 ** 32 - 1)).rejects.toThrow(Trap);
	});

	it("writes all in pieces and flushes", async () => {
		const test = testGuest();
		const [sink, handle] = output(test);
		const writing = run(test, "blocking-write-and-flush", handle, ...test.put("a text of 25 bytes length"));
		for (let i = 0; i < 2; i++) {
			await turn();
			expect(sink.flushes).toBe(0);
			sink.drain();
		}
		expect(await writing).toBe("ok");
		expect([sink.taken, sink.flushes]).toEqual(["a text of 25 bytes length", 1]);
	});

	it("keeps the bytes as they were when it was called", async () => {
		const test = testGuest();
		const [sink, handle] = output(test);
		sink.room = 0;
		const [pointer, length] = test.put("before");
		const writing = run(test, "blocking-write-and-flush", handle, pointer, length);
		test.memory.bytes(pointer, length).fill(0);
		await turn();
		sink.drain();
		await writing;
		expect(sink.taken).toBe("before");
	});

	it("blocks until a flush is done, and tells how it failed", async () => {
		const test = testGuest();
		const [sink, handle] = output(test, true);
		let done = false;
		const flushing = run(test, "blocking-flush", handle).then((it) => {
			done = true;
			return it;
		});
		await turn();
		expect(done).toBe(false);
		sink.drain(new IoError("disk full"));
		expect(await flushing).toBe("disk full");
		expect(await run(test, "blocking-write-and-flush", handle, ...test.put("x"))).toBe("disk full");
		expect(await run(test, "write", handle, ...test.put("x"))).toBe("disk full");
	});

	it("tells an end that comes while it writes", async () => {
		const test = testGuest();
		const [sink, handle] = output(test);
		const writing = run(test, "blocking-write-and-flush", handle, ...test.put("0123456789 more"));
		await turn();
		sink.drain("closed");
		expect(await writing).toBe("closed");
	});

	it("blocks for 4096 bytes at most, and traps beyond", async () => {
		const test = testGuest();
		const [sink, handle] = output(test);
		sink.room = 10_000;
		expect(await run(test, "blocking-write-and-flush", handle, ...test.put(new Uint8Array(4096)))).toBe("ok");
		expect(await run(test, "blocking-write-zeroes-and-flush", handle, 4096n)).toBe("ok");
		await expect(run(test, "blocking-write-and-flush", handle, 0, 4097)).rejects.toThrow(Trap);
		await expect(run(test, "blocking-write-zeroes-and-flush", handle, 4097n)).rejects.toThrow(Trap);
		await expect(run(test, "blocking-write-zeroes-and-flush", handle, 2n ** 64n - 1n)).rejects.toThrow(Trap);
		expect(sink.taken.length).toBe(8192);
	});

	it("splices as much as both sides have", async () => {
		const test = testGuest();
		const [source, from] = input(test);
		const [sink, to] = output(test);
		source.feed("0123456789abc", "closed");
		expect(await count(test, "splice", to, from, 4n)).toBe(4n);
		expect(await count(test, "splice", to, from, 2n ** 63n)).toBe(6n);
		expect(await count(test, "splice", to, from, 100n)).toBe(0n);
		sink.drain();
		expect(await count(test, "splice", to, from, 100n)).toBe(3n);
		expect(await count(test, "splice", to, from, 100n)).toBe("closed");
		expect(sink.taken).toBe("0123456789abc");
	});

	it("splices once both sides are ready", async () => {
		const test = testGuest();
		const [source, from] = input(test);
		const [sink, to] = output(test);
		sink.room = 0;
		const splicing = count(test, "blocking-splice", to, from, 100n);
		await turn();
		sink.drain();
		await turn();
		source.feed("late");
		expect(await splicing).toBe(4n);
		source.feed("more");
		expect(await count(test, "blocking-splice", to, from, 0n)).toBe(0n);
	});

	it("has pollables", () => {
		const test = testGuest();
		const [sink, handle] = output(test);
		const pollable = test.call(STREAMS, "[method]output-stream.subscribe", handle) as number;
		sink.room = 0;
		expect(test.guest.handles.get(pollableKind, pollable).ready()).toBe(false);
		sink.drain();
		expect(test.guest.handles.get(pollableKind, pollable).ready()).toBe(true);
	});
});
