/**
 * Writes WebAssembly's binary format into a buffer that grows: LEB128 integers, names, vectors, sections
 * (core specification, section 5.2). The counterpart of `Reader`.
 */
const utf8 = new TextEncoder();

/** Slices shorter than this are copied byte by byte: making a view to copy them costs more than the copy. */
const SHORT = 48;

/** A typed array of twice the length, with the same beginning. */
export function doubled<T extends Uint8Array | Int32Array | Float64Array>(array: T): T {
	const longer = new (array.constructor as new (length: number) => T)(array.length * 2);
	longer.set(array as never);
	return longer;
}

export class Writer {
	bytes: Uint8Array;
	/** How many bytes are written, and so the offset of the next one. */
	pos = 0;

	constructor(capacity = 256) {
		this.bytes = new Uint8Array(capacity);
	}

	/** Makes room for `length` more bytes; at least doubles, so that many small writes stay linear. */
	reserve(length: number): void {
		const needed = this.pos + length;
		if (needed <= this.bytes.length) return;
		const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
		grown.set(this.bytes.subarray(0, this.pos));
		this.bytes = grown;
	}

	byte(value: number): this {
		if (this.pos === this.bytes.length) this.reserve(1);
		this.bytes[this.pos++] = value;
		return this;
	}

	/** Several single bytes. */
	ops(...values: number[]): this {
		for (const value of values) this.byte(value);
		return this;
	}

	/** An unsigned LEB128 integer; exact up to 2^53. */
	u32(value: number): this {
		let rest = value;
		while (rest >= 0x80) {
			this.byte((rest % 0x80) | 0x80);
			rest = Math.floor(rest / 0x80);
		}
		return this.byte(rest);
	}

	/** A signed LEB128 integer; `value` is a 32-bit integer. */
	s32(value: number): this {
		let rest = value | 0;
		for (;;) {
			const low = rest & 0x7f;
			rest >>= 7;
			if (rest === (low & 0x40 ? -1 : 0)) return this.byte(low);
			this.byte(low | 0x80);
		}
	}

	/** All of `from`, or the part of it between two offsets. */
	put(from: Uint8Array, start = 0, end = from.length): this {
		const length = end - start;
		this.reserve(length);
		if (length < SHORT) {
			const to = this.bytes;
			let pos = this.pos;
			for (let i = start; i < end; i++) to[pos++] = from[i]!;
		} else this.bytes.set(from.subarray(start, end), this.pos);
		this.pos += length;
		return this;
	}

	/** A name: its length in bytes and its UTF-8. */
	name(text: string): this {
		const bytes = utf8.encode(text);
		return this.u32(bytes.length).put(bytes);
	}

	/** A section, or anything else that is a length and then as many bytes. */
	sized(content: Uint8Array): this {
		return this.u32(content.length).put(content);
	}

	section(id: number, content: Uint8Array): this {
		return this.byte(id).sized(content);
	}

	/**
	 * Puts the length of what was written since `start` before it. For content whose length is known only
	 * afterwards: it is written first and moved by the length's one to five bytes.
	 */
	prefixLength(start: number): void {
		const length = this.pos - start;
		const width = length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : length < 0x1000_0000 ? 4 : 5;
		this.reserve(width);
		this.bytes.copyWithin(start + width, start, this.pos);
		this.pos = start;
		this.u32(length);
		this.pos = start + width + length;
	}

	/** What is written so far, as a view (not a copy). */
	view(): Uint8Array {
		return this.bytes.subarray(0, this.pos);
	}

	/** What is written so far, as bytes of their own. */
	done(): Uint8Array {
		return this.bytes.slice(0, this.pos);
	}
}

/** A section that is a vector of `count` items, each written by `write`. */
export function vectorSection(id: number, count: number, write: (out: Writer, index: number) => void): Uint8Array {
	const content = new Writer().u32(count);
	for (let i = 0; i < count; i++) write(content, i);
	return new Writer().section(id, content.view()).done();
}

/** A core module of these sections. */
export function moduleOf(sections: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
	const out = new Writer().ops(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
	for (const section of sections) out.put(section);
	return new Uint8Array(out.done());
}
