/** So many unpredictable bytes. */
export function randomBytes(length: number): Buffer {
	return Buffer.from(crypto.getRandomValues(new Uint8Array(length)).buffer);
}
