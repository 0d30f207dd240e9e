import { randomFillSync } from "node:crypto";
import type { GuestMemory } from "../../memory.ts";
import { Trap } from "../../trap.ts";
import type { CoreFunction, Guest } from "../types.ts";

/**
 * Most bytes of one request, 1 MiB: they cannot be fewer than asked for, and making them holds the worker (about a
 * millisecond). A guest that wants more asks again.
 */
export const MAX_RANDOM = 1_048_576;

/** Small requests are served from here: a call to the system's generator costs more than the bytes do. */
const pool = Buffer.alloc(4096);
let used = pool.length;

/** Fills `target` with bytes that nobody else gets: what leaves the pool is wiped there. */
function fill(target: Uint8Array): void {
	if (target.length > pool.length / 8) return void randomFillSync(target);
	if (used + target.length > pool.length) {
		randomFillSync(pool);
		used = 0;
	}
	const taken = pool.subarray(used, used + target.length);
	target.set(taken);
	taken.fill(0);
	used += target.length;
}

/** 64 random bits. */
export function randomU64(): bigint {
	const bytes = Buffer.allocUnsafe(8);
	fill(bytes);
	return bytes.readBigUInt64LE();
}

/** `(len: u64) -> list<u8>`, for the secure and the insecure interface: both give the system's randomness. */
export function randomBytes(guest: Guest, memory: GuestMemory): CoreFunction {
	return (length: bigint, area: number) => {
		const wanted = BigInt.asUintN(64, length);
		if (wanted > BigInt(MAX_RANDOM)) throw new Trap(`more than ${MAX_RANDOM} random bytes at once`);
		const size = Number(wanted);
		guest.charge(size);
		const pointer = memory.alloc(size, 1);
		fill(memory.writable(pointer, size));
		memory.setU32(area, pointer);
		memory.setU32(area + 4, size);
	};
}
