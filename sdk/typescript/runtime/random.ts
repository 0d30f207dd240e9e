/**
 * Randomness. QuickJS seeds `Math.random` when the component is built, so every instance of a function would draw the same
 * numbers: it is replaced by a generator that is seeded from the host when it is first used, and again in each instance.
 */

type RandomBytes = (length: number) => Uint8Array<ArrayBuffer>;

/** Most bytes of one `getRandomValues` (W3C Web Cryptography, 10.1.1). */
const MAX_VALUES = 65_536;

/** xoshiro128**, 53 bits a number; `seed` is 16 bytes, not all 0. */
export function createGenerator(seed: Uint8Array): () => number {
	const view = new DataView(seed.buffer, seed.byteOffset, 16);
	let [a, b, c, d] = [0, 4, 8, 12].map((at) => view.getUint32(at, true)) as [number, number, number, number];
	const next = (): number => {
		const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
		const shifted = b << 9;
		c ^= a;
		d ^= b;
		b ^= c;
		a ^= d;
		c ^= shifted;
		d = rotate(d, 11);
		return result;
	};
	return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}

/** `Math.random`, and what has it seeded anew at its next use. It is one function for good: modules keep it (`const { random } = Math`). */
export function createRandom(randomBytes: RandomBytes): { random: () => number; reseed: () => void } {
	let draw: (() => number) | undefined;
	return {
		random: () => {
			draw ??= createGenerator(randomBytes(16));
			return draw();
		},
		reseed: () => {
			draw = undefined;
		},
	};
}

function rotate(value: number, bits: number): number {
	return (value << bits) | (value >>> (32 - bits));
}

/** The part of Web Cryptography that needs no keys. */
export function createCrypto(randomBytes: RandomBytes) {
	return {
		getRandomValues<T extends ArrayBufferView>(target: T): T {
			if (target.byteLength > MAX_VALUES) throw new RangeError(`getRandomValues fills at most ${MAX_VALUES} bytes`);
			new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(randomBytes(target.byteLength));
			return target;
		},
		randomUUID(): string {
			const bytes = randomBytes(16);
			bytes[6] = (bytes[6]! & 0x0f) | 0x40;
			bytes[8] = (bytes[8]! & 0x3f) | 0x80;
			const hex = Array.from(bytes, (it) => it.toString(16).padStart(2, "0")).join("");
			return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
		},
	};
}
