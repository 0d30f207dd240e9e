import type { GuestMemory } from "../../memory.ts";
import type { Guest } from "../types.ts";
import { errorKind } from "./kinds.ts";
import type { StreamEnd } from "./types.ts";

/**
 * Writes the error of a `result<T, stream-error>`. `payload` is where it lies behind the discriminant: 8 if T is a u64,
 * else 4. The variant itself is a discriminant and, 4 bytes on, the handle of an error.
 */
export function writeEnd(guest: Guest, memory: GuestMemory, area: number, payload: 4 | 8, end: StreamEnd): void {
	memory.setU8(area, 1);
	memory.setU8(area + payload, end === "closed" ? 1 : 0);
	if (end !== "closed") memory.setU32(area + payload + 4, guest.handles.add(errorKind, end));
}

/** Writes a `result<list<u8>, stream-error>`. */
export function writeBytesResult(guest: Guest, memory: GuestMemory, area: number, got: Uint8Array | StreamEnd): void {
	if (got instanceof Uint8Array) {
		guest.charge(got.length);
		memory.writeBytes(area + 4, got);
		memory.setU8(area, 0);
	} else writeEnd(guest, memory, area, 4, got);
}

/** Writes a `result<u64, stream-error>`. */
export function writeCountResult(guest: Guest, memory: GuestMemory, area: number, got: number | StreamEnd): void {
	if (typeof got === "number") {
		memory.setU64(area + 8, BigInt(got));
		memory.setU8(area, 0);
	} else writeEnd(guest, memory, area, 8, got);
}

/** Writes a `result<_, stream-error>`. */
export function writeDoneResult(guest: Guest, memory: GuestMemory, area: number, end: StreamEnd | undefined): void {
	if (end === undefined) memory.setU8(area, 0);
	else writeEnd(guest, memory, area, 4, end);
}
