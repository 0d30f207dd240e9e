import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { Trap } from "../../trap.ts";
import type { Descriptor } from "./descriptor.ts";
import { FsError } from "./errors.ts";

/** The number of a `descriptor-type`. */
export type EntryType = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

interface Typed {
	isBlockDevice(): boolean;
	isCharacterDevice(): boolean;
	isDirectory(): boolean;
	isFIFO(): boolean;
	isSymbolicLink(): boolean;
	isFile(): boolean;
	isSocket(): boolean;
}

/** `descriptor-type` of what Node found. */
export function typeOf(it: Typed): EntryType {
	if (it.isFile()) return 6;
	if (it.isDirectory()) return 3;
	if (it.isSymbolicLink()) return 5;
	if (it.isBlockDevice()) return 1;
	if (it.isCharacterDevice()) return 2;
	if (it.isFIFO()) return 4;
	return it.isSocket() ? 7 : 0;
}

/** What an open descriptor is. */
export function statOf(descriptor: Descriptor): Promise<BigIntStats> {
	return descriptor.use((handle) => handle.file.stat({ bigint: true }));
}

/**
 * `metadata-hash-value`, 16 bytes: of device and inode, which is what wasmtime hashes too. libc makes its `st_ino` of it,
 * so that it must not change when the file does.
 */
export function metadataHash({ dev, ino }: BigIntStats): Buffer {
	return createHash("sha256").update(`${dev}:${ino}`).digest().subarray(0, 16);
}

/** A `new-timestamp`: leave it, the present, or a time in seconds since the epoch. */
export type NewTime = "no-change" | "now" | number;

/** A lowered `new-timestamp`. */
export function newTime(tag: number, seconds: bigint, nanoseconds: number): NewTime {
	if (tag >>> 0 > 2) throw new Trap("invalid variant discriminant");
	if (tag === 0) return "no-change";
	if (tag === 1) return "now";
	if (nanoseconds >>> 0 >= 1_000_000_000) throw new FsError("invalid");
	const whole = BigInt.asUintN(64, seconds);
	// Beyond this, files' times are not seconds that a double holds.
	if (whole > BigInt(Number.MAX_SAFE_INTEGER)) throw new FsError("overflow");
	return Number(whole) + (nanoseconds >>> 0) / 1e9;
}

/** Seconds to set. Node cannot leave one of two times as it is, so it is set to what it was, as finely as a double can. */
export function seconds(time: NewTime, current: bigint): number {
	if (time === "now") return Date.now() / 1000;
	return time === "no-change" ? Number(current) / 1e9 : time;
}
