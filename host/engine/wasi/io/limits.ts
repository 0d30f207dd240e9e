/**
 * Most bytes of one `read`, `skip`, `splice` or `write`. WASI lets a read give less than was asked for, so that 2^63 is
 * a fair thing to ask.
 */
export const STREAM_CHUNK = 65_536;

/** A length that the guest gave (u64), cut to what one operation moves at most. */
export function chunk(length: bigint): number {
	const wanted = BigInt.asUintN(64, length);
	return wanted > BigInt(STREAM_CHUNK) ? STREAM_CHUNK : Number(wanted);
}
