import type { Guest, HostFunction } from "../types.ts";
import { inputStreamKind, pollableKind } from "./kinds.ts";
import { chunk } from "./limits.ts";
import { writeBytesResult, writeCountResult } from "./results.ts";
import type { InputStream, StreamEnd } from "./types.ts";
import { whenReady } from "./wait.ts";

type Got = Uint8Array | StreamEnd;

/** The methods of `input-stream`. */
export const inputStream: Record<string, HostFunction> = {
	"[method]input-stream.read": {
		core: "iIi->",
		make: (guest, memory) => (handle: number, length: bigint, area: number) => {
			writeBytesResult(guest, memory, area, guest.handles.get(inputStreamKind, handle).read(chunk(length)));
		},
	},
	"[method]input-stream.blocking-read": {
		core: "iIi->",
		suspends: true,
		make: (guest, memory) => (handle: number, length: bigint, area: number) =>
			after(blockingRead(guest, handle, length), (got) => writeBytesResult(guest, memory, area, got)),
	},
	"[method]input-stream.skip": {
		core: "iIi->",
		make: (guest, memory) => (handle: number, length: bigint, area: number) => {
			const got = guest.handles.get(inputStreamKind, handle).read(chunk(length));
			writeCountResult(guest, memory, area, counted(guest, got));
		},
	},
	"[method]input-stream.blocking-skip": {
		core: "iIi->",
		suspends: true,
		make: (guest, memory) => (handle: number, length: bigint, area: number) =>
			after(blockingRead(guest, handle, length), (got) => writeCountResult(guest, memory, area, counted(guest, got))),
	},
	"[method]input-stream.subscribe": {
		core: "i->i",
		make: (guest) => (handle: number) => {
			const stream = guest.handles.get(inputStreamKind, handle);
			return guest.handles.add(pollableKind, {
				ready: () => stream.ready(),
				wait: (signal) => stream.wait(signal),
			});
		},
	},
};

function counted(guest: Guest, got: Got): number | StreamEnd {
	if (!(got instanceof Uint8Array)) return got;
	guest.charge(got.length);
	return got.length;
}

/** Bytes that are there are given at once: no promise, no turn of the event loop. */
function blockingRead(guest: Guest, handle: number, length: bigint): Got | Promise<Got> {
	const stream = guest.handles.get(inputStreamKind, handle);
	const max = chunk(length);
	// Asked even if it is not ready: a file learns from it how much to fetch.
	const got = stream.read(max);
	return isEmpty(got, max) ? readOnceReady(stream, max, guest.signal) : got;
}

async function readOnceReady(stream: InputStream, max: number, signal: AbortSignal): Promise<Got> {
	for (;;) {
		await whenReady([stream], signal);
		const got = stream.read(max);
		if (!isEmpty(got, max)) return got;
	}
}

function isEmpty(got: Got, max: number): boolean {
	return got instanceof Uint8Array && got.length === 0 && max > 0;
}

function after<T>(value: T | Promise<T>, then: (value: T) => void): void | Promise<void> {
	return value instanceof Promise ? value.then(then) : then(value);
}
