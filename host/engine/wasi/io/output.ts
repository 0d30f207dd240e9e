import type { GuestMemory } from "../../memory.ts";
import { Trap } from "../../trap.ts";
import type { Guest, HostFunction } from "../types.ts";
import { inputStreamKind, outputStreamKind, pollableKind } from "./kinds.ts";
import { chunk, STREAM_CHUNK } from "./limits.ts";
import { writeCountResult, writeDoneResult } from "./results.ts";
import type { InputStream, OutputStream, StreamEnd } from "./types.ts";
import { whenReady } from "./wait.ts";

/** What the blocking writes take at most (`wasi:io/streams`: 4096 bytes, more is a trap). */
const BLOCKING_WRITE = 4096;
const zeroes = new Uint8Array(STREAM_CHUNK);

/** The methods of `output-stream`. */
export const outputStream: Record<string, HostFunction> = {
	"[method]output-stream.check-write": {
		core: "ii->",
		make: (guest, memory) => (handle: number, area: number) => {
			writeCountResult(guest, memory, area, guest.handles.get(outputStreamKind, handle).checkWrite());
		},
	},
	"[method]output-stream.write": {
		core: "iiii->",
		make: (guest, memory) => (handle: number, pointer: number, length: number, area: number) => {
			const stream = guest.handles.get(outputStreamKind, handle);
			writeDoneResult(guest, memory, area, writePermitted(guest, stream, memory.bytes(pointer, length)));
		},
	},
	"[method]output-stream.blocking-write-and-flush": {
		core: "iiii->",
		suspends: true,
		make: (guest, memory) => (handle: number, pointer: number, length: number, area: number) => {
			const stream = guest.handles.get(outputStreamKind, handle);
			return writeAndFlush(guest, memory, stream, memory.bytes(pointer, bounded(length >>> 0)), area);
		},
	},
	"[method]output-stream.flush": {
		core: "ii->",
		make: (guest, memory) => (handle: number, area: number) => {
			writeDoneResult(guest, memory, area, guest.handles.get(outputStreamKind, handle).flush());
		},
	},
	"[method]output-stream.blocking-flush": {
		core: "ii->",
		suspends: true,
		make: (guest, memory) => (handle: number, area: number) =>
			writeAndFlush(guest, memory, guest.handles.get(outputStreamKind, handle), zeroes.subarray(0, 0), area),
	},
	"[method]output-stream.subscribe": {
		core: "i->i",
		make: (guest) => (handle: number) => {
			const stream = guest.handles.get(outputStreamKind, handle);
			return guest.handles.add(pollableKind, {
				ready: () => stream.ready(),
				wait: (signal) => stream.wait(signal),
			});
		},
	},
	"[method]output-stream.write-zeroes": {
		core: "iIi->",
		make: (guest, memory) => (handle: number, length: bigint, area: number) => {
			const stream = guest.handles.get(outputStreamKind, handle);
			writeDoneResult(guest, memory, area, writeZeroes(guest, stream, BigInt.asUintN(64, length)));
		},
	},
	"[method]output-stream.blocking-write-zeroes-and-flush": {
		core: "iIi->",
		suspends: true,
		make: (guest, memory) => (handle: number, length: bigint, area: number) => {
			const stream = guest.handles.get(outputStreamKind, handle);
			const bytes = zeroes.subarray(0, bounded(Number(BigInt.asUintN(64, length))));
			return writeAndFlush(guest, memory, stream, bytes, area);
		},
	},
	"[method]output-stream.splice": {
		core: "iiIi->",
		make: (guest, memory) => (handle: number, source: number, length: bigint, area: number) => {
			const [to, from] = spliced(guest, handle, source);
			writeCountResult(guest, memory, area, splice(guest, to, from, chunk(length)));
		},
	},
	"[method]output-stream.blocking-splice": {
		core: "iiIi->",
		suspends: true,
		make: (guest, memory) => (handle: number, source: number, length: bigint, area: number) => {
			const [to, from] = spliced(guest, handle, source);
			return blockingSplice(guest, memory, to, from, chunk(length), area);
		},
	},
};

function bounded(length: number): number {
	if (length > BLOCKING_WRITE) throw new Trap(`a blocking write takes at most ${BLOCKING_WRITE} bytes`);
	return length;
}

/** More than `check-write` permits is a trap, as the interface says; so nothing ever has to be buffered without bound. */
function writePermitted(guest: Guest, stream: OutputStream, bytes: Uint8Array): StreamEnd | undefined {
	const permitted = stream.checkWrite();
	if (typeof permitted !== "number") return permitted;
	if (bytes.length > permitted) throw new Trap(`write of ${bytes.length} bytes where ${permitted} are permitted`);
	guest.charge(bytes.length);
	return stream.write(bytes);
}

function writeZeroes(guest: Guest, stream: OutputStream, length: bigint): StreamEnd | undefined {
	const permitted = stream.checkWrite();
	if (typeof permitted !== "number") return permitted;
	if (length > BigInt(permitted)) throw new Trap(`write of ${length} zeroes where ${permitted} are permitted`);
	for (let left = Number(length); left > 0; left -= STREAM_CHUNK) {
		const bytes = zeroes.subarray(0, Math.min(left, STREAM_CHUNK));
		guest.charge(bytes.length);
		const end = stream.write(bytes);
		if (end !== undefined) return end;
	}
	return undefined;
}

/** Writes all and flushes; at once if the stream has room and its flush is done, else as a promise. */
function writeAndFlush(
	guest: Guest,
	memory: GuestMemory,
	stream: OutputStream,
	bytes: Uint8Array,
	area: number,
): void | Promise<void> {
	guest.charge(bytes.length);
	const room = stream.checkWrite();
	if (typeof room !== "number") return writeDoneResult(guest, memory, area, room);
	if (bytes.length > room) return writeOnceReady(guest, memory, stream, bytes.slice(), area);
	const end = stream.write(bytes) ?? stream.flush();
	if (end !== undefined || stream.ready()) return writeDoneResult(guest, memory, area, end ?? failed(stream));
	return writeOnceReady(guest, memory, stream, undefined, area);
}

/** `bytes` is undefined when all is written and flushed already, but not done yet. */
async function writeOnceReady(
	guest: Guest,
	memory: GuestMemory,
	stream: OutputStream,
	bytes: Uint8Array | undefined,
	area: number,
): Promise<void> {
	const { signal } = guest;
	let end = bytes === undefined ? undefined : await writeAll(stream, bytes, signal);
	if (end === undefined && bytes !== undefined) end = stream.flush();
	if (end === undefined) await whenReady([stream], signal);
	writeDoneResult(guest, memory, area, end ?? failed(stream));
}

async function writeAll(stream: OutputStream, bytes: Uint8Array, signal: AbortSignal): Promise<StreamEnd | undefined> {
	for (let at = 0; at < bytes.length; ) {
		await whenReady([stream], signal);
		const room = stream.checkWrite();
		if (typeof room !== "number") return room;
		const end = stream.write(bytes.subarray(at, at + room));
		if (end !== undefined) return end;
		at += room;
	}
	return undefined;
}

function failed(stream: OutputStream): StreamEnd | undefined {
	const state = stream.checkWrite();
	return typeof state === "number" ? undefined : state;
}

function spliced(guest: Guest, handle: number, source: number): [OutputStream, InputStream] {
	return [guest.handles.get(outputStreamKind, handle), guest.handles.get(inputStreamKind, source)];
}

function splice(guest: Guest, to: OutputStream, from: InputStream, max: number): number | StreamEnd {
	const room = to.checkWrite();
	if (typeof room !== "number") return room;
	const bytes = room === 0 ? zeroes.subarray(0, 0) : from.read(Math.min(room, max));
	if (!(bytes instanceof Uint8Array)) return bytes;
	guest.charge(bytes.length);
	return to.write(bytes) ?? bytes.length;
}

/** As the interface defines it: block until the output has room, then until the input has something, then splice. */
async function blockingSplice(
	guest: Guest,
	memory: GuestMemory,
	to: OutputStream,
	from: InputStream,
	max: number,
	area: number,
): Promise<void> {
	const { signal } = guest;
	for (;;) {
		await whenReady([to], signal);
		await whenReady([from], signal);
		const moved = splice(guest, to, from, max);
		if (moved !== 0 || max === 0) return writeCountResult(guest, memory, area, moved);
	}
}
