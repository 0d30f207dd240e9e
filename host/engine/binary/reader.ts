/**
 * Reads WebAssembly's binary format: LEB128 integers, names, vectors, sections (core specification, section 5.2).
 * Every read is checked against the end of the bytes, so that a truncated file is an error and never a wrong value.
 */
export class BinaryError extends Error {
	override name = "BinaryError";
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class Reader {
	readonly bytes: Uint8Array;
	/** The offset of the next byte to read. */
	pos: number;
	/** The offset after the last byte that may be read. */
	readonly end: number;

	constructor(bytes: Uint8Array, pos = 0, end = bytes.length) {
		this.bytes = bytes;
		this.pos = pos;
		this.end = end;
	}

	get done(): boolean {
		return this.pos >= this.end;
	}

	fail(message: string): never {
		throw new BinaryError(`${message} at offset ${this.pos}`);
	}

	byte(): number {
		if (this.pos >= this.end) this.fail("unexpected end");
		return this.bytes[this.pos++]!;
	}

	/** An unsigned LEB128 integer of at most 32 bits. */
	u32(): number {
		const first = this.byte();
		if (first < 0x80) return first;
		let result = first & 0x7f;
		for (let shift = 7; shift < 35; shift += 7) {
			const next = this.byte();
			if (shift === 28 && next > 0x0f) this.fail("integer too large");
			result += (next & 0x7f) * 2 ** shift;
			if (next < 0x80) return result;
		}
		return this.fail("integer representation too long");
	}

	/** A signed LEB128 integer of at most 32 bits. */
	s32(): number {
		return Number(this.signed(32));
	}

	/** A signed LEB128 integer of at most 33 bits (block types and heap types). */
	s33(): number {
		return Number(this.signed(33));
	}

	/** A signed LEB128 integer of at most 64 bits. */
	s64(): bigint {
		return this.signed(64);
	}

	/** An unsigned LEB128 integer of at most 64 bits. */
	u64(): bigint {
		let result = 0n;
		for (let shift = 0n; shift < 70n; shift += 7n) {
			const next = this.byte();
			if (shift === 63n && next > 1) this.fail("integer too large");
			result |= BigInt(next & 0x7f) << shift;
			if (next < 0x80) return result;
		}
		return this.fail("integer representation too long");
	}

	private signed(bits: number): bigint {
		let result = 0n;
		let shift = 0n;
		for (;;) {
			const next = this.byte();
			result |= BigInt(next & 0x7f) << shift;
			shift += 7n;
			if (next < 0x80) return BigInt.asIntN(64, next & 0x40 ? result - (1n << shift) : result);
			if (shift >= bits) this.fail("integer representation too long");
		}
	}

	/** The next `length` bytes, as a view (not a copy). */
	take(length: number): Uint8Array {
		if (length > this.end - this.pos) this.fail("unexpected end");
		const view = this.bytes.subarray(this.pos, this.pos + length);
		this.pos += length;
		return view;
	}

	/** A name: a length and as many bytes of UTF-8. */
	name(): string {
		const bytes = this.take(this.u32());
		try {
			return utf8.decode(bytes);
		} catch {
			return this.fail("malformed UTF-8 encoding");
		}
	}

	/** A vector: a count and as many items. */
	vec<T>(item: (reader: Reader) => T): T[] {
		const count = this.u32();
		// An item is at least a byte long: a count beyond the rest cannot be true, and must not size an array.
		if (count > this.end - this.pos) this.fail("length out of bounds");
		const items: T[] = [];
		for (let i = 0; i < count; i++) items.push(item(this));
		return items;
	}

	/** A reader over the next `length` bytes; this one moves behind them. */
	sub(length: number): Reader {
		if (length > this.end - this.pos) this.fail("unexpected end");
		const reader = new Reader(this.bytes, this.pos, this.pos + length);
		this.pos += length;
		return reader;
	}
}
