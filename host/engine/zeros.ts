/** Memory that is to hold nothing. */

/** Memory is looked at, and emptied, in pieces of this size, bytes: larger ones do not fit the fastest cache, smaller ones cost calls. */
export const CHUNK = 16_384;

const ZEROS = Buffer.alloc(CHUNK);

/** Holds a piece of at most `CHUNK` bytes zeros only? */
export function isEmpty(bytes: Buffer, start: number, end: number): boolean {
	return bytes.compare(ZEROS, 0, end - start, start, end) === 0;
}

/**
 * Empties memory from one offset to another (a multiple of `CHUNK`, or its end), without a write to what is empty already: the kernel
 * gives a page memory of its own only once it is written to.
 */
export function empty(memory: WebAssembly.Memory, from = 0, to = memory.buffer.byteLength): void {
	const bytes = Buffer.from(memory.buffer);
	for (let start = from; start < to; start += CHUNK) {
		const end = Math.min(start + CHUNK, to);
		if (!isEmpty(bytes, start, end)) bytes.fill(0, start, end);
	}
}
