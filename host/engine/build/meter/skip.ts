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
 * since those may allocate, and each ref.func (0xd2) with its function.
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
		if (op === 0xd2) seen(op, lebAt(bytes, p));
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

/** What structured and other control instructions have behind them that is one LEB128 integer. */
const CONTROL_LEB = new Set([0x07, 0x08, 0x09, 0x0c, 0x0d, 0x10, 0x12, 0x14, 0x15, 0x18, 0x26, 0x40, 0xd5, 0xd6]);

function skipControl(op: number, bytes: Uint8Array, pos: number): number {
	if (CONTROL_LEB.has(op)) return skipLeb(bytes, pos);
	if (op === 0x02 || op === 0x03 || op === 0x04 || op === 0x06) return skipBlockType(bytes, pos);
	if (op === 0x11 || op === 0x13) return skipLeb(bytes, skipLeb(bytes, pos));
	if (op === 0x0e) {
		let at = skipLeb(bytes, pos);
		for (let count = lebAt(bytes, pos); count >= 0 && at < bytes.length; count--) at = skipLeb(bytes, at);
		return at;
	}
	if (op !== 0x1f) return pos;
	const types = skipBlockType(bytes, pos);
	let at = skipLeb(bytes, types);
	for (let count = lebAt(bytes, types); count > 0 && at < bytes.length; count--) {
		at = skipLeb(bytes, bytes[at]! < 2 ? skipLeb(bytes, at + 1) : at + 1);
	}
	return at;
}

/** The offset behind the instruction at `pos`, whatever it is. Throws a `MeterError` when it is none that is known. */
export function skipInstruction(bytes: Uint8Array, pos: number): number {
	const op = bytes[pos]!;
	const kind = BASE[op]!;
	if (kind < Imm.castBranch) return skipImmediate(kind, bytes, pos + 1);
	if (kind === Imm.control) return skipControl(op, bytes, pos + 1);
	const prefixed = prefixedKind(op, lebAt(bytes, pos + 1), pos);
	const at = skipLeb(bytes, pos + 1);
	if (prefixed !== Imm.castBranch) return skipImmediate(prefixed, bytes, at);
	return skipHeapType(bytes, skipHeapType(bytes, skipLeb(bytes, at + 1)));
}
