/** How results of `wasi:filesystem` lie in memory. */
import type { BigIntStats } from "node:fs";
import type { ResourceKind } from "../../handles.ts";
import type { GuestMemory } from "../../memory.ts";
import { writeDatetime } from "../clocks/wall.ts";
import type { Guest } from "../types.ts";
import type { Entry } from "./entries.ts";
import { metadataHash, typeOf } from "./metadata.ts";

/** The layout of a `result<T, error-code>`. */
export interface Result<T> {
	/** Where the payload lies behind the discriminant: the alignment of T. The error, one byte, lies there too. */
	payload: 1 | 4 | 8;
	/** Writes T at `at`. */
	write(guest: Guest, memory: GuestMemory, at: number, value: T): void;
	/** Gives up a value that nobody gets, since its caller is gone. */
	discard?(value: T): void;
}

/** `result<_, error-code>`. */
export const DONE: Result<void> = { payload: 1, write: () => {} };

/** `result` of an enum or of flags: one byte. */
export const BYTE: Result<number> = { payload: 1, write: (_guest, memory, at, value) => memory.setU8(at, value) };

export const U64: Result<bigint> = { payload: 8, write: (_guest, memory, at, value) => memory.setU64(at, value) };

export const STRING: Result<string> = {
	payload: 4,
	write: (_guest, memory, at, value) => memory.writeString(at, value),
};

/** `tuple<list<u8>, bool>`: what was read, and whether the file ends there. */
export const BYTES_AND_END: Result<{ bytes: Uint8Array; end: boolean }> = {
	payload: 4,
	write(guest, memory, at, { bytes, end }) {
		guest.charge(bytes.length);
		memory.writeBytes(at, bytes);
		memory.setU8(at + 8, end ? 1 : 0);
	},
};

export const HASH: Result<BigIntStats> = {
	payload: 8,
	write: (_guest, memory, at, stats) => memory.writable(at, 16).set(metadataHash(stats)),
};

/** `option<directory-entry>`. */
export const ENTRY: Result<Entry | undefined> = {
	payload: 4,
	write(_guest, memory, at, entry) {
		memory.setU8(at, entry === undefined ? 0 : 1);
		if (entry === undefined) return;
		memory.setU8(at + 4, entry.type);
		memory.writeString(at + 8, entry.name);
	},
};

/** `descriptor-stat`: type, link count, size, and three times that may be missing. */
export const STAT: Result<BigIntStats> = {
	payload: 8,
	write(_guest, memory, at, stats) {
		memory.setU8(at, typeOf(stats));
		memory.setU64(at + 8, stats.nlink);
		memory.setU64(at + 16, stats.size);
		writeTime(memory, at + 24, stats.atimeNs);
		writeTime(memory, at + 48, stats.mtimeNs);
		writeTime(memory, at + 72, stats.ctimeNs);
	},
};

/** `option<datetime>`. Seconds are unsigned: a time before 1970 cannot be told. */
function writeTime(memory: GuestMemory, at: number, ns: bigint): void {
	memory.setU8(at, ns < 0n ? 0 : 1);
	if (ns >= 0n) writeDatetime(memory, at + 8, ns);
}

/** A new handle of a kind. */
export function owned<T extends object>(kind: ResourceKind<T>): Result<T> {
	return {
		payload: 4,
		write: (guest, memory, at, value) => memory.setU32(at, guest.handles.add(kind, value)),
		discard: (value) => kind.rules.dispose?.(value),
	};
}
