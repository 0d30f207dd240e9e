import { PAGE_SHIFT } from "./build/meter/marks.ts";
import { Trap } from "./trap.ts";

/** How a guest encodes strings (`string-encoding` of canon lift and lower). */
export type StringEncoding = "utf8" | "utf16" | "latin1+utf16";

/** `cabi_realloc(old, oldSize, align, newSize) -> pointer`. */
export type Realloc = (old: number, oldSize: number, align: number, newSize: number) => number;

const fatal = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf16 = new TextDecoder("utf-16le", { fatal: true, ignoreBOM: true });

/** Longest string that is read of a guest, bytes; each use of one has its own, smaller limit. Decoding takes 1 ms a megabyte. */
const MAX_STRING = 2 ** 20;

function ofTextLength(bytes: Uint8Array, max: number): Uint8Array {
	if (bytes.length > max) throw new Trap(`a string of more than ${max} bytes`);
	return bytes;
}

/**
 * A guest's linear memory as host functions see it: every pointer is checked, and a bad one traps.
 * Views are remade when the memory has grown (its buffer is another one then), so never keep a view across a call
 * of `alloc`, or across a suspension.
 */
const NO_BYTES = Buffer.alloc(0);
const NO_VIEW = new DataView(new ArrayBuffer(0));

export class GuestMemory {
	private readonly memory: WebAssembly.Memory;
	private readonly reallocate: Realloc | undefined;
	private readonly encoding: StringEncoding;
	/** Where it is marked what is written, page by page, if the instance is to be put back. */
	private readonly map: Uint8Array | null;
	private u8: Uint8Array = NO_BYTES;
	private dv = NO_VIEW;
	/** Node's view, made once: its string copies take 20-70 ns, a TextEncoder's 400. */
	private buf: Buffer = NO_BYTES;

	constructor(
		memory: WebAssembly.Memory,
		realloc?: Realloc,
		encoding: StringEncoding = "utf8",
		map?: WebAssembly.Memory,
	) {
		this.map = map === undefined ? null : new Uint8Array(map.buffer);
		this.memory = memory;
		this.reallocate = realloc;
		this.encoding = encoding;
	}

	/**
	 * Growing a memory detaches its buffer, and a view of a detached buffer has length 0: looking at that takes 1 ns, and
	 * asking the memory for its buffer 25.
	 */
	private refresh(): void {
		if (this.u8.length !== 0) return;
		const buffer = this.memory.buffer as ArrayBuffer;
		this.u8 = new Uint8Array(buffer);
		this.dv = new DataView(buffer);
		this.buf = Buffer.from(buffer);
	}

	/** Marks a write of up to 16 bytes: a page's mark stands for the beginning of the next one as well. */
	private mark(at: number): void {
		if (this.map !== null) this.map[at >>> PAGE_SHIFT] = 1;
	}

	private markRange(at: number, size: number): void {
		if (this.map !== null && size > 0) this.map.fill(1, at >>> PAGE_SHIFT, ((at + size - 1) >>> PAGE_SHIFT) + 1);
	}

	/** As `bytes`, to be written to before anything else runs. */
	writable(pointer: number, length: number): Uint8Array {
		const view = this.bytes(pointer, length);
		this.markRange(pointer >>> 0, view.length);
		return view;
	}

	/**
	 * A view of `length` bytes at `pointer` (both as the guest gave them: any number), to be read alone (else: `writable`). Copy what
	 * outlives the call.
	 */
	bytes(pointer: number, length: number): Uint8Array {
		this.refresh();
		const start = pointer >>> 0;
		const size = length >>> 0;
		if (start + size > this.u8.length) throw new Trap("pointer out of bounds of memory");
		return this.u8.subarray(start, start + size);
	}

	/** A copy of what `bytes` gives, made at once: a view of it first would take as long as the copy of a short one. */
	copy(pointer: number, length: number): Uint8Array {
		const start = this.check(pointer, length >>> 0, 1);
		return this.u8.slice(start, start + (length >>> 0));
	}

	/** As `bytes`, for `units` of two bytes, aligned. */
	private wide(pointer: number, units: number): Uint8Array {
		const start = this.check(pointer, units * 2, 2);
		return this.u8.subarray(start, start + units * 2);
	}

	/** A pointer that `size` bytes can be read from or written to, aligned to `align`, or a trap. */
	private check(pointer: number, size: number, align: number): number {
		this.refresh();
		const start = pointer >>> 0;
		if (start + size > this.u8.length) throw new Trap("pointer out of bounds of memory");
		if (start % align !== 0) throw new Trap("unaligned pointer");
		return start;
	}

	getU8(pointer: number): number {
		const at = this.check(pointer, 1, 1);
		return this.u8[at]!;
	}
	getU32(pointer: number): number {
		const at = this.check(pointer, 4, 4);
		return this.dv.getUint32(at, true);
	}
	getU64(pointer: number): bigint {
		const at = this.check(pointer, 8, 8);
		return this.dv.getBigUint64(at, true);
	}
	setU8(pointer: number, value: number): void {
		const at = this.check(pointer, 1, 1);
		this.u8[at] = value;
		this.mark(at);
	}
	setU16(pointer: number, value: number): void {
		const at = this.check(pointer, 2, 2);
		this.dv.setUint16(at, value, true);
		this.mark(at);
	}
	setU32(pointer: number, value: number): void {
		const at = this.check(pointer, 4, 4);
		this.dv.setUint32(at, value, true);
		this.mark(at);
	}
	setU64(pointer: number, value: bigint): void {
		const at = this.check(pointer, 8, 8);
		this.dv.setBigUint64(at, value, true);
		this.mark(at);
	}
	/** A u64 that is a whole number up to 2^53: without a bigint, which has to be made. */
	setSafeU64(pointer: number, value: number): void {
		const at = this.check(pointer, 8, 8);
		this.dv.setUint32(at, value >>> 0, true);
		this.dv.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
	}

	/**
	 * Room for `size` bytes in the guest, to be written to, by its own allocator. Traps if the guest has none or gives a bad pointer. Asked for
	 * 0 bytes, too, as the canonical ABI does: the preview-1 adapter counts the strings it gets by these calls.
	 */
	alloc(size: number, align: number): number {
		if (this.reallocate === undefined) throw new Trap("the guest has no realloc");
		const pointer = this.reallocate(0, 0, align, size) >>> 0;
		const at = this.check(pointer, size, align);
		this.markRange(at, size);
		return at;
	}

	/** Copies bytes into the guest; gives where they are. */
	putBytes(bytes: Uint8Array): number {
		const pointer = this.alloc(bytes.length, 1);
		this.u8.set(bytes, pointer);
		return pointer;
	}

	/** Writes a list<u8>: its bytes into fresh room, pointer and length at `pointer`. */
	writeBytes(pointer: number, bytes: Uint8Array): void {
		const at = this.putBytes(bytes);
		this.setU32(pointer, at);
		this.setU32(pointer + 4, bytes.length);
	}

	/** Are the guest's strings UTF-8, as nearly all are? Then ASCII text may be read and written as `latin1`. */
	get utf8(): boolean {
		return this.encoding === "utf8";
	}

	/** The list<u8> at `pointer` as code units 0-255. */
	latin1(pointer: number, length: number): string {
		const start = this.check(pointer, length >>> 0, 1);
		const size = length >>> 0;
		return size <= MAX_KNOWN ? knownText(this.buf, start, size) : this.buf.toString("latin1", start, start + size);
	}

	/** Writes a text of code units 0-255 as a list<u8>: into fresh room, pointer and length at `pointer`. */
	writeLatin1(pointer: number, text: string): void {
		const size = text.length;
		const at = this.alloc(size, 1);
		if (size <= SHORT) for (let i = 0; i < size; i++) this.u8[at + i] = text.charCodeAt(i);
		else this.buf.write(text, at, size, "latin1");
		this.setU32(pointer, at);
		this.setU32(pointer + 4, size);
	}

	/** The string at `pointer`; `units` counts code units of the guest's encoding. Traps on malformed text, and on more bytes than `max`. */
	string(pointer: number, units: number, max = MAX_STRING): string {
		try {
			if (this.encoding === "utf8") return fatal.decode(ofTextLength(this.bytes(pointer, units), max));
			const length = units >>> 0;
			if (this.encoding === "utf16") return utf16.decode(ofTextLength(this.wide(pointer, length), max));
			if (length & 0x80000000) return utf16.decode(ofTextLength(this.wide(pointer, length & 0x7fffffff), max));
			return Buffer.from(ofTextLength(this.bytes(this.check(pointer, 0, 2), length), max)).toString("latin1");
		} catch (error) {
			if (error instanceof Trap) throw error;
			throw new Trap("malformed text in a string");
		}
	}

	/** The string at `pointer`, of which no more than `max` bytes are read: a longer one is cut between two characters. */
	stringStart(pointer: number, units: number, max: number): string {
		const isTagged = this.encoding === "latin1+utf16" && (units & 0x80000000) !== 0;
		const length = isTagged ? units & 0x7fffffff : units >>> 0;
		const size = this.encoding === "utf16" || isTagged ? 2 : 1;
		if (length * size <= max) return this.string(pointer, units);
		const all = size === 2 ? this.wide(pointer, length) : this.bytes(pointer, length);
		let cut = Math.floor(max / size);
		if (this.encoding === "utf8") while (cut > 0 && (all[cut]! & 0xc0) === 0x80) cut--;
		else if (size === 2 && cut > 0 && (all[cut * 2 - 1]! & 0xfc) === 0xd8) cut--;
		return this.string(pointer, isTagged ? cut | 0x80000000 : cut);
	}

	/** Copies a string into the guest, in its encoding; gives pointer and code units. */
	putString(text: string): [pointer: number, units: number] {
		if (this.encoding === "utf8") return this.putUtf8(text);
		if (this.encoding === "latin1+utf16" && isLatin1(text)) {
			const pointer = this.alloc(text.length, 2);
			if (text.length > 0) this.buf.write(text, pointer, text.length, "latin1");
			return [pointer, text.length];
		}
		const bytes = Buffer.from(text.toWellFormed(), "utf16le");
		const pointer = this.alloc(bytes.length, 2);
		this.u8.set(bytes, pointer);
		const units = bytes.length / 2;
		return [pointer, this.encoding === "utf16" ? units : (units | 0x80000000) >>> 0];
	}

	private putUtf8(text: string): [pointer: number, size: number] {
		const size = Buffer.byteLength(text);
		const pointer = this.alloc(size, 1);
		if (size > 0) this.buf.write(text, pointer, size, "utf8");
		return [pointer, size];
	}

	/** Writes a string: its text into fresh room, pointer and length at `pointer`. */
	writeString(pointer: number, text: string): void {
		if (text.length <= SHORT && this.encoding === "utf8" && isAscii(text)) return this.writeLatin1(pointer, text);
		const [at, units] = this.putString(text);
		this.setU32(pointer, at);
		this.setU32(pointer + 4, units);
	}
}

/** Text up to here is written unit by unit: a call into Node takes longer. */
const SHORT = 64;

function isAscii(text: string): boolean {
	for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
	return true;
}

/** Guests say the same short texts again and again: names and values of header fields. Those are not made anew. */
const MAX_KNOWN = 32;
const known: string[] = new Array(1024).fill("");

/** The text of these bytes, read as Latin-1. Where two texts share a place the later one has it. */
function knownText(bytes: Buffer, start: number, size: number): string {
	let hash = size;
	for (let i = 0; i < size; i++) hash = (Math.imul(hash, 31) + bytes[start + i]!) | 0;
	const place = hash & (known.length - 1);
	const found = known[place]!;
	if (found.length === size && isText(found, bytes, start)) return found;
	const text = bytes.toString("latin1", start, start + size);
	known[place] = text;
	return text;
}

function isText(text: string, bytes: Uint8Array, start: number): boolean {
	for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
	return true;
}

function isLatin1(text: string): boolean {
	for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
	return true;
}
