/** The methods of `descriptor` on an open file or folder itself. */
import { constants } from "node:fs";
import { utimes } from "node:fs/promises";
import { Trap } from "../../trap.ts";
import { inputStreamKind, outputStreamKind } from "../io/kinds.ts";
import type { InputStream, OutputStream } from "../io/types.ts";
import { abandoned } from "../io/wait.ts";
import type { Guest, HostFunction } from "../types.ts";
import { admit } from "./budget.ts";
import { type Descriptor, descriptorKind } from "./descriptor.ts";
import { EntryStream, entryStreamKind } from "./entries.ts";
import type { OpenHandle } from "./handle.ts";
import { type NewTime, newTime, seconds, statOf } from "./metadata.ts";
import { method, methodOf, quick, sizeOf } from "./operation.ts";
import type { Quota } from "./quota.ts";
import { BYTE, BYTES_AND_END, DONE, ENTRY, HASH, owned, STAT, U64 } from "./results.ts";
import { FileInput, FileOutput } from "./streams.ts";

/** Most bytes of one `read` or `write`; both may do less than they are asked for. */
const CHUNK = 1_048_576;
/** `descriptor-flags`. */
const READ = 1;
const WRITE = 2;
const MUTATE_DIRECTORY = 32;
/** `descriptor-type`. */
const DIRECTORY = 3;
const REGULAR_FILE = 6;
const ADVICES = 6;
const { O_APPEND, O_DIRECTORY = 0, O_RDONLY, O_WRONLY } = constants;

const input = owned<InputStream>(inputStreamKind);
const output = owned<OutputStream>(outputStreamKind);

const streams: Record<string, HostFunction> = {
	"[method]descriptor.read-via-stream": quick("iIi->", input, ({ guest }, self, offset: bigint) => {
		const from = BigInt(sizeOf(offset));
		const handle = self.expectReadable().share();
		return counted(guest, handle, (close) => new FileInput(handle, from, close));
	}),
	"[method]descriptor.write-via-stream": quick("iIi->", output, ({ guest }, self, offset: bigint) => {
		const from = BigInt(sizeOf(offset));
		const handle = self.expectWritable().share();
		return counted(guest, handle, (close) => new FileOutput(handle, from, close, self.rights.quota));
	}),
	// A handle of its own that appends: whoever else writes the file meanwhile, nothing is overwritten.
	"[method]descriptor.append-via-stream": method("ii->", output, async ({ guest }, self) => {
		const handle = await self.expectWritable().use((it) => it.again(O_WRONLY | O_APPEND));
		return counted(guest, handle, (close) => new FileOutput(handle, null, close, self.rights.quota));
	}),
	"[method]descriptor.read-directory": method("ii->", owned(entryStreamKind), async ({ guest }, self) => {
		self.expectDirectory();
		const close = admit(guest);
		try {
			return await self.use((handle) => EntryStream.of(handle, close));
		} catch (error) {
			close();
			throw error;
		}
	}),
	"[method]directory-entry-stream.read-directory-entry": methodOf(entryStreamKind, "ii->", ENTRY, (_call, self) =>
		self.next(),
	),
};

const contents: Record<string, HostFunction> = {
	"[method]descriptor.read": method("iIIi->", BYTES_AND_END, async (_call, self, length: bigint, offset: bigint) => {
		const wanted = BigInt.asUintN(64, length);
		const buffer = new Uint8Array(wanted > CHUNK ? CHUNK : Number(wanted));
		const from = sizeOf(offset);
		const { bytesRead } = await self.expectReadable().use((handle) => handle.file.read(buffer, 0, buffer.length, from));
		return { bytes: buffer.subarray(0, bytesRead), end: bytesRead === 0 && buffer.length > 0 };
	}),
	"[method]descriptor.write": method(
		"iiiIi->",
		U64,
		async ({ guest, memory }, self, pointer: number, length: number, offset: bigint) => {
			const bytes = memory.bytes(pointer, length).slice(0, CHUNK);
			guest.charge(bytes.length);
			const to = sizeOf(offset);
			return self.expectWritable().use(async (handle) => {
				await self.rights.quota?.reserveFor(handle, to + bytes.length);
				return BigInt((await handle.file.write(bytes, 0, bytes.length, to)).bytesWritten);
			});
		},
	),
	"[method]descriptor.set-size": method("iIi->", DONE, async (_call, self, size: bigint) => {
		const length = sizeOf(size);
		await self.expectWritable().use((handle) => resize(handle, length, self.rights.quota));
	}),
	"[method]descriptor.advise": quick(
		"iIIii->",
		DONE,
		(_call, self, _offset: bigint, _length: bigint, advice: number) => {
			// Node has no posix_fadvise, and advice may be ignored.
			if (advice >>> 0 >= ADVICES) throw new Trap("invalid enum discriminant");
			self.expectFile();
		},
	),
	"[method]descriptor.sync": method("ii->", DONE, (_call, self) => sync(self, (handle) => handle.file.sync())),
	"[method]descriptor.sync-data": method("ii->", DONE, (_call, self) => sync(self, (handle) => handle.file.datasync())),
};

const metadata: Record<string, HostFunction> = {
	"[method]descriptor.get-flags": quick("ii->", BYTE, (_call, { directory, rights }) => {
		if (directory) return READ | (rights.mutate ? MUTATE_DIRECTORY : 0);
		return (rights.read ? READ : 0) | (rights.write ? WRITE : 0) | rights.sync;
	}),
	"[method]descriptor.get-type": quick("ii->", BYTE, (_call, self) => (self.directory ? DIRECTORY : REGULAR_FILE)),
	"[method]descriptor.stat": method("ii->", STAT, (_call, self) => statOf(self)),
	"[method]descriptor.metadata-hash": method("ii->", HASH, (_call, self) => statOf(self)),
	"[method]descriptor.set-times": method(
		"iiIiiIii->",
		DONE,
		async (_call, self, aTag: number, aSec: bigint, aNs: number, mTag: number, mSec: bigint, mNs: number) => {
			const times = [newTime(aTag, aSec, aNs), newTime(mTag, mSec, mNs)] as const;
			await self.expectMutable().use((handle) => setTimes(handle, times));
		},
	),
	"[method]descriptor.is-same-object": {
		core: "ii->i",
		suspends: true,
		make: (guest) => (handle: number, other: number) =>
			isSame(guest, guest.handles.get(descriptorKind, handle), guest.handles.get(descriptorKind, other)),
	},
};

/** The methods of `descriptor` that name no path, and those of `directory-entry-stream`. */
export const files: Record<string, HostFunction> = { ...streams, ...contents, ...metadata };

/** Makes a stream that counts as an open thing and takes over the handle; releases it if there are too many. */
function counted<T>(guest: Guest, handle: OpenHandle, make: (close: () => void) => T): T {
	try {
		return make(admit(guest));
	} catch (error) {
		handle.release();
		throw error;
	}
}

async function resize(handle: OpenHandle, length: number, quota: Quota | undefined): Promise<void> {
	if (quota === undefined) return handle.file.truncate(length);
	const { size } = await handle.file.stat();
	await quota.reserve(Math.max(0, length - size));
	await handle.file.truncate(length);
	quota.release(Math.max(0, size - length));
}

/** A folder's handle is a place and not open for I/O: it is opened once more to be synced. */
async function sync(self: Descriptor, run: (handle: OpenHandle) => Promise<void>): Promise<void> {
	if (!self.directory) return self.use(run);
	const handle = await self.use((it) => it.again(O_RDONLY | O_DIRECTORY));
	try {
		await run(handle);
	} finally {
		handle.release();
	}
}

async function setTimes(handle: OpenHandle, [access, modification]: readonly [NewTime, NewTime]): Promise<void> {
	const stats = await handle.file.stat({ bigint: true });
	await utimes(handle.path, seconds(access, stats.atimeNs), seconds(modification, stats.mtimeNs));
}

/** What cannot be looked at is not the same as anything. */
async function isSame(guest: Guest, self: Descriptor, other: Descriptor): Promise<number> {
	const { signal } = guest;
	const [a, b] = await Promise.all([self, other].map((it) => statOf(it).catch(() => undefined)));
	if (signal.aborted) return abandoned();
	return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino ? 1 : 0;
}
