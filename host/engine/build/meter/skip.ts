/** Skips what follows an opcode. For code that only has to be stepped over; none of it checks more than it needs to. */
import { BASE, FB, FC, FD, FE, Imm } from "./opcodes.ts";
import { MeterError } from "./types.ts";

/** The offset behind the LEB128 integer at `pos`. */
export function skipLeb(bytes: Uint8Array, pos: number): number {
	let p = pos;
	while (bytes[p++]! >= 0x80);
	return p;
}

/** The value of the unsigned LEB128 integer (at most 32 bits) at `pos`. */
export function lebAt(bytes: Uint8Array, pos: number): number {
	let value = 0;
	let scale = 1;
	for (let p = pos; p < pos + 5; p++) {
		const next = bytes[p];
		if (next === undefined) break;
		value += (next & 0x7f) * scale;
		if (next < 0x80) return value;
		scale *= 0x80;
	}
	throw new MeterError(`malformed integer at offset ${pos}`);
}

/** Abstract heap types: noexn (0x74) down to exn (0x69). Others (continuations, strings) are not supported. */
export const isAbstractHeapType = (byte: number) => byte >= 0x69 && byte <= 0x74;

const hex = (byte: number | undefined) => (byte === undefined ? "nothing" : `0x${byte.toString(16)}`);

export function skipHeapType(bytes: Uint8Array, pos: number): number {
	const byte = bytes[pos]!;
	// A type index is a non-negative signed LEB128 integer: bit 6 of a single byte is its sign.
	if (byte >= 0x80 || byte < 0x40) return skipLeb(bytes, pos);
	if (isAbstractHeapType(byte)) return pos + 1;
	throw new MeterError(`unsupported heap type ${hex(byte)} at offset ${pos}`);
}

/** (ref null ht), (ref ht), i32 to v128, or the short form of a reference type. */
export function skipValType(bytes: Uint8Array, pos: number): number {
	const byte = bytes[pos]!;
	if (byte === 0x63 || byte === 0x64) return skipHeapType(bytes, pos + 1);
	if ((byte >= 0x7b && byte <= 0x7f) || isAbstractHeapType(byte)) return pos + 1;
	throw new MeterError(`unsupported value type ${hex(byte)} at offset ${pos}`);
}

/** A block type: nothing, a value type, or a type index. */
export function skipBlockType(bytes: Uint8Array, pos: number): number {
	const byte = bytes[pos]!;
	if (byte === 0x40) return pos + 1;
	if (byte >= 0x80 || byte < 0x40) return skipLeb(bytes, pos);
	return skipValType(bytes, pos);
}

/** A load's or store's alignment, memory and offset. Bit 6 of the alignment says that a memory index follows. */
export function skipMemarg(bytes: Uint8Array, pos: number): number {
	const flags = bytes[pos]!;
	if (flags >= 0x80) throw new MeterError(`unsupported alignment at offset ${pos}`);
	return skipLeb(bytes, flags & 0x40 ? skipLeb(bytes, pos + 1) : pos + 1);
}

function skipValTypes(bytes: Uint8Array, pos: number): number {
	let p = skipLeb(bytes, pos);
	for (let count = lebAt(bytes, pos); count > 0; count--) p = skipValType(bytes, p);
	return p;
}

/** The offset behind the immediate at `pos`, for the kinds that need nothing but skipping. */
export function skipImmediate(kind: number, bytes: Uint8Array, pos: number): number {
	switch (kind) {
		case Imm.none:
			return pos;
		case Imm.leb:
			return skipLeb(bytes, pos);
		case Imm.leb2:
			return skipLeb(bytes, skipLeb(bytes, pos));
		case Imm.memarg:
			return skipMemarg(bytes, pos);
		case Imm.memargLane:
			return skipMemarg(bytes, pos) + 1;
		case Imm.bytes1:
			return pos + 1;
		case Imm.bytes4:
			return pos + 4;
		case Imm.bytes8:
			return pos + 8;
		case Imm.bytes16:
			return pos + 16;
		case Imm.valTypes:
			return skipValTypes(bytes, pos);
		case Imm.heapType:
			return skipHeapType(bytes, pos);
		default:
			throw new MeterError(`unsupported instruction before offset ${pos}`);
	}
}

const PREFIXED: Record<number, Uint8Array> = { 251: FB, 252: FC, 253: FD, 254: FE };

/** The kind of the prefixed instruction `prefix sub`. Throws a `MeterError` when there is none. */
export function prefixedKind(prefix: number, sub: number, at: number): number {
	const kind = PREFIXED[prefix]?.[sub] ?? Imm.unknown;
	if (kind !== Imm.unknown) return kind;
	const blocking = prefix === 0xfe && sub < 3;
	const name = `0x${prefix.toString(16)} 0x${sub.toString(16)}`;
	throw new MeterError(
		blocking
			? `memory.atomic.wait and notify are not supported (offset ${at})`
			: `unknown instruction ${name} at offset ${at}`,
	);
}

/**
 * The offset behind the constant expression at `pos`. `seen` is told each instruction that has a prefix (0xfb etc.),
 * since those may allocate.
 */
export function skipConstantExpression(
	bytes: Uint8Array,
	pos: number,
	end: number,
	seen: (prefix: number, sub: number) => void,
): number {
	let p = pos;
	while (p < end) {
		const op = bytes[p++]!;
		if (op === 0x0b) return p;
		let kind = BASE[op]!;
		if (op >= 0xfb && op <= 0xfe) {
			const sub = lebAt(bytes, p);
			kind = prefixedKind(op, sub, p - 1);
			p = skipLeb(bytes, p);
			seen(op, sub);
		}
		p = skipImmediate(kind, bytes, p);
	}
	throw new MeterError(`constant expression without end at offset ${pos}`);
}
