/**
 * The helpers that stand for memory.fill, memory.copy, memory.init and the growth of memories and tables.
 *
 * What is longer than a piece is done in pieces of 1 MiB with a charge before each, so that none holds the thread for
 * longer than a slice: the first touch of 128 MiB took 84 ms. An operation that is out of bounds must trap and write
 * nothing, so the whole of it is checked first; when it would not fit, the original instruction runs, and traps.
 */
import type { Code, IndexType } from "./assembler.ts";
import { CONTROL } from "./control.ts";

/** In bytes. */
export const PIECE = 1 << 20;
/** 16 bytes cost 1 fuel. */
export const BYTES_SHIFT = 4;
const PIECE_COST = PIECE >> BYTES_SHIFT;
/** No length costs more. */
export const MAX_LENGTH_COST = 2 ** 28;
/** A page of 64 KiB, at 16 bytes a fuel. */
const PAGE_SHIFT = 16;

export interface MemoryOperand {
	index: number;
	type: IndexType;
}

/** The smaller of two index types: that of a length that both must hold. */
export const lengthType = (a: IndexType, b: IndexType): IndexType => (a === "i64" && b === "i64" ? "i64" : "i32");

const DEST = 0;
/** The source's offset, or the value to fill with. */
const SOURCE = 1;
const LENGTH = 2;

/** Leaves 1 when `at + length` is beyond `size` (an i64 on the stack, kept in `local`), without overflow. */
function beyond(code: Code, at: number, atType: IndexType, length: IndexType, local: number): void {
	code.set(local);
	code.get64(LENGTH, length).get(local).op(0x56); // i64.gt_u
	code.get64(at, atType).get(local).get64(LENGTH, length).op(0x7d, 0x56).op(0x72); // i64.sub, i64.gt_u, i32.or
}

function memoryBytes(code: Code, memory: MemoryOperand): void {
	code.op(0x3f).index(memory.index);
	if (memory.type === "i32") code.op(0xad); // i64.extend_i32_u
	code.constant("i64", PAGE_SHIFT).op(0x86); // i64.shl
}

/** Charges the length as bytes. It is at most a piece, or the instruction that follows traps. */
function chargeLength(code: Code, type: IndexType): void {
	code.chargeBy(() => {
		code.get(LENGTH).constant(type, BYTES_SHIFT).sized(type, 0x76, 0x88); // shr_u
		if (type === "i64")
			code
				.op(0xa7)
				.i32(MAX_LENGTH_COST - 1)
				.op(0x71); // i32.wrap_i64, i32.and
	});
}

const shorten = (code: Code, type: IndexType) => code.get(LENGTH).constant(type, PIECE).sub(type).set(LENGTH);
const advance = (code: Code, local: number, type: IndexType) =>
	code.get(local).constant(type, PIECE).add(type).set(local);

/** Branches out of `depth` blocks when no more than a piece is left. */
const small = (code: Code, type: IndexType, depth: number) =>
	code.get(LENGTH).constant(type, PIECE).leU(type).brIf(depth);

/** One piece after the other while more than one is left. */
function pieces(code: Code, type: IndexType, piece: () => void): void {
	code.loop(() => {
		code.charge(PIECE_COST);
		piece();
		code.get(LENGTH).constant(type, PIECE).gtU(type).brIf(0);
	});
}

/** `(dest, value: i32, length)`; needs one i64 local. */
export function memoryFill(code: Code, memory: MemoryOperand): Uint8Array {
	const { type } = memory;
	const fill = () => code.op(0xfc, 0x0b).index(memory.index);
	code.block(() => {
		small(code, type, 0);
		memoryBytes(code, memory);
		beyond(code, DEST, type, type, 3);
		code.brIf(0);
		pieces(code, type, () => {
			code.get(DEST).get(SOURCE).constant(type, PIECE);
			fill();
			advance(code, DEST, type);
			shorten(code, type);
		});
	});
	chargeLength(code, type);
	code.get(DEST).get(SOURCE).get(LENGTH);
	fill();
	return code.end();
}

/** `(dest, source: i32, length: i32)`; needs one i64 local. `size` is the segment's, in bytes. */
export function memoryInit(code: Code, memory: MemoryOperand, segment: number, size: number): Uint8Array {
	const init = () => code.op(0xfc, 0x08).index(segment).index(memory.index);
	code.block(() => {
		small(code, "i32", 0);
		memoryBytes(code, memory);
		beyond(code, DEST, memory.type, "i32", 3);
		code.brIf(0);
		// A dropped segment is empty, whatever its size was: then the first piece traps, and nothing is written either.
		code.constant("i64", size);
		beyond(code, SOURCE, "i32", "i32", 3);
		code.brIf(0);
		pieces(code, "i32", () => {
			code.get(DEST).get(SOURCE).i32(PIECE);
			init();
			advance(code, DEST, memory.type);
			advance(code, SOURCE, "i32");
			shorten(code, "i32");
		});
	});
	chargeLength(code, "i32");
	code.get(DEST).get(SOURCE).get(LENGTH);
	init();
	return code.end();
}

/** `(dest, source, length)`; needs one i64 local. Ranges that overlap are copied from the end that keeps them right. */
export function memoryCopy(code: Code, to: MemoryOperand, from: MemoryOperand): Uint8Array {
	const type = lengthType(to.type, from.type);
	const copy = () => code.op(0xfc, 0x0a).index(to.index).index(from.index);
	/** An offset plus the length, in the offset's type. */
	const plusLength = (local: number, of: IndexType) => {
		code.get(local).get(LENGTH);
		if (of !== type) code.op(0xad); // i64.extend_i32_u
		code.add(of);
	};
	code.block(() => {
		small(code, type, 0);
		memoryBytes(code, to);
		beyond(code, DEST, to.type, type, 3);
		code.brIf(0);
		memoryBytes(code, from);
		beyond(code, SOURCE, from.type, type, 3);
		code.brIf(0);
		code.block(() => {
			// Upwards unless the destination is higher. (Two memories do not overlap: any direction is right.)
			code.get64(DEST, to.type).get64(SOURCE, from.type).op(0x58).brIf(0); // i64.le_u
			pieces(code, type, () => {
				shorten(code, type);
				plusLength(DEST, to.type);
				plusLength(SOURCE, from.type);
				code.constant(type, PIECE);
				copy();
			});
			code.op(0x0c).index(1); // br: the rest is at the beginning
		});
		pieces(code, type, () => {
			code.get(DEST).get(SOURCE).constant(type, PIECE);
			copy();
			advance(code, DEST, to.type);
			advance(code, SOURCE, from.type);
			shorten(code, type);
		});
	});
	chargeLength(code, type);
	code.get(DEST).get(SOURCE).get(LENGTH);
	copy();
	return code.end();
}

export interface Growth {
	control: number;
	/** The type of `(i32, f64) -> i32`. */
	askType: number;
}

/** Asks the host, then leaves the function with -1 when it said no. The growth is in `local`. */
function askToGrow(code: Code, slot: number, index: number, type: IndexType, local: number, growth: Growth): void {
	code.i32(index).get(local);
	code.sized(type, 0xb8, 0xba); // f64.convert_i32_u, f64.convert_i64_u
	code.i32(slot).op(0x11).index(growth.askType).index(growth.control);
	code.op(0x45, 0x04, 0x40).constant(type, -1).op(0x0f, 0x0b); // i32.eqz, if, return, end
}

/** Charges the growth in `local` times 2^shift; the product must be clamped before it is shifted. */
function chargeGrowth(code: Code, type: IndexType, local: number, shift: number): void {
	const most = MAX_LENGTH_COST >> shift;
	code.chargeBy(() => {
		code.get(local).constant(type, most).get(local).constant(type, most);
		code.op(...(type === "i32" ? [0x49, 0x1b] : [0x54, 0x1b, 0xa7])); // lt_u, select, i32.wrap_i64
		code.i32(shift).op(0x74); // i32.shl
	});
}

/** `(pages) -> pages`: the memory's size before, or -1. */
export function memoryGrow(code: Code, memory: MemoryOperand, growth: Growth): Uint8Array {
	askToGrow(code, CONTROL.memoryGrow, memory.index, memory.type, 0, growth);
	chargeGrowth(code, memory.type, 0, PAGE_SHIFT - BYTES_SHIFT);
	return code.get(0).op(0x40).index(memory.index).end();
}

/** `(value, entries) -> entries`: the table's size before, or -1. */
export function tableGrow(code: Code, table: MemoryOperand, growth: Growth): Uint8Array {
	askToGrow(code, CONTROL.tableGrow, table.index, table.type, 1, growth);
	chargeGrowth(code, table.type, 1, 0);
	return code.get(0).get(1).op(0xfc, 0x0f).index(table.index).end();
}

/** `(length) -> length`: charges a length that an instruction takes from the stack, in units of 2^shift. */
export function chargeOperand(code: Code, type: IndexType, shift: number): Uint8Array {
	const shifted = () => {
		code.get(0);
		if (shift > 0) code.constant(type, shift).sized(type, 0x76, 0x88); // shr_u
	};
	code.chargeBy(() => {
		shifted();
		code.constant(type, MAX_LENGTH_COST);
		shifted();
		code.constant(type, MAX_LENGTH_COST);
		code.op(...(type === "i32" ? [0x49, 0x1b] : [0x54, 0x1b, 0xa7])); // lt_u, select, i32.wrap_i64
	});
	return code.get(0).end();
}
