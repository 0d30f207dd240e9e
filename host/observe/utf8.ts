/** Cutting UTF-8 without splitting a character. */

/** Bytes of the longest character. */
const LONGEST = 4;

/** The last `limit` bytes at most, from the start of a character. */
export function lastBytes(bytes: Uint8Array, limit: number): Uint8Array {
	if (bytes.length <= limit) return bytes;
	let start = bytes.length - limit;
	for (let skipped = 0; skipped < LONGEST - 1 && isContinuation(bytes[start]); skipped++) start++;
	return bytes.subarray(start);
}

/** Where to end, at `limit` or before, so that no character is split. */
export function wholeEnd(bytes: Uint8Array, limit: number): number {
	if (bytes.length <= limit) return bytes.length;
	for (let end = limit; end > limit - LONGEST && end > 0; end--) if (!isContinuation(bytes[end])) return end;
	return limit;
}

function isContinuation(byte: number | undefined): boolean {
	return byte !== undefined && (byte & 0xc0) === 0x80;
}
