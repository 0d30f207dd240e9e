import type { GuestMemory } from "../memory.ts";

/**
 * Room in the guest for a list of `count` items of `size` bytes each, aligned to 4; writes pointer and length at `area`
 * and gives the pointer.
 */
export function writeList(memory: GuestMemory, area: number, count: number, size: number): number {
	const pointer = memory.alloc(count * size, 4);
	memory.setU32(area, pointer);
	memory.setU32(area + 4, count);
	return pointer;
}
