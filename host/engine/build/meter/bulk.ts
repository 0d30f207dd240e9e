/**
 * The helpers that stand for fill, copy and init of memories and tables, and for their growth.
 *
 * What is longer than a piece is done in pieces with a charge before each, so that none holds the thread for longer than
 * a slice: the first touch of 128 MiB took 84 ms, a million entries of a funcref table 100 to 300 ms. An operation that is
 * out of bounds must trap and write nothing, so the whole of it is checked first; when it would not fit, the original
 * instruction runs, and traps.
 */
import type { Code, IndexType } from "./assembler.ts";
import { CONTROL } from "./control.ts";

/** In bytes. Where they are touched for the first time, a MiB takes the kernel 2 ms. */
export const PIECE = 1 << 16;
/** 16 bytes cost 1 fuel. */
export const BYTES_SHIFT = 4;
/** No length costs more. */
export const MAX_LENGTH_COST = 2 ** 28;
/** A page of 64 KiB, at 16 bytes a fuel. */
const PAGE_SHIFT = 16;

/** Entries of a table that are written at once. */
export const TABLE_PIECE = 1024;
/** An entry costs 32 fuel: V8 takes 30 to 300 ns for a function, 10 to 20 for another reference. */
export const ENTRY_SHIFT = 5;

/** A memory or a table, by its index. */
export interface Operand {
	index: number;
	type: IndexType;
}

/** What differs between memories and tables: the second bytes of instructions, sizes and costs. */
export interface Kind {
	fill: number;
	copy: number;
	init: number;
	/** What is done at once, and what it costs. */
	piece: number;
	pieceCost: number;
	/** Leaves the size on the stack, as an i64. */
	size(code: Code, operand: Operand): void;
	/** Leaves the cost of the length, an i32, which is at most a piece, or the instruction that follows traps. */
	cost(code: Code, type: IndexType): void;
}

/** The smaller of two index types: that of a length that both must hold. */
export const lengthType = (a: IndexType, b: IndexType): IndexType => (a === "i64" && b === "i64" ? "i64" : "i32");

const DEST = 0;
/** The source's offset, or the value to fill with. */
const SOURCE = 1;
const LENGTH = 2;

/** Leaves 1 when `at + length` is beyond `size` (an i64 on the stack, kept in `local`), without overflow. */
export function beyond(code: Code, at: number, atType: IndexType, length: IndexType, local: number): void {
	code.set(local);
	code.get64(LENGTH, length).get(local).op(0x56); // i64.gt_u
	code.get64(at, atType).get(local).get64(LENGTH, length).op(0x7d, 0x56).op(0x72); // i64.sub, i64.gt_u, i32.or
}

const extend = (code: Code, type: IndexType) => (type === "i32" ? code.op(0xad) : code); // i64.extend_i32_u
const wrap = (code: Code, type: IndexType) => (type === "i64" ? code.op(0xa7) : code); // i32.wrap_i64
const below = (code: Code, limit: number) => code.i32(limit - 1).op(0x71); // i32.and; limit is a power of two

export const MEMORY: Kind = {
	fill: 0x0b,
	copy: 0x0a,
	init: 0x08,
	piece: PIECE,
	pieceCost: PIECE >> BYTES_SHIFT,
	size(code, { index, type }) {
		extend(code.op(0x3f).index(index), type).constant("i64", PAGE_SHIFT).op(0x86); // memory.size, i64.shl
	},
	cost(code, type) {
		wrap(code.get(LENGTH).constant(type, BYTES_SHIFT).sized(type, 0x76, 0x88), type); // shr_u
		if (type === "i64") below(code, MAX_LENGTH_COST);
	},
};

export const TABLE: Kind = {
	fill: 0x11,
	copy: 0x0e,
	init: 0x0c,
	piece: TABLE_PIECE,
	pieceCost: TABLE_PIECE << ENTRY_SHIFT,
	size(code, { index, type }) {
		extend(code.op(0xfc, 0x10).index(index), type); // table.size
	},
	cost(code, type) {
		below(wrap(code.get(LENGTH), type), MAX_LENGTH_COST >> ENTRY_SHIFT)
			.i32(ENTRY_SHIFT)
			.op(0x74); // i32.shl
	},
};

/** The helpers' bodies for a kind. Each needs one i64 local behind its three parameters. */
export class Bulk {
	private readonly code: Code;
	private readonly kind: Kind;

	constructor(code: Code, kind: Kind) {
		this.code = code;
		this.kind = kind;
	}

	private shorten(type: IndexType): void {
		this.code.get(LENGTH).constant(type, this.kind.piece).sub(type).set(LENGTH);
	}

	private advance(local: number, type: IndexType): void {
		this.code.get(local).constant(type, this.kind.piece).add(type).set(local);
	}

	/** Branches out of the block when no more than a piece is left. */
	private small(type: IndexType): void {
		this.code.get(LENGTH).constant(type, this.kind.piece).leU(type).brIf(0);
	}

	/** Branches out of the block when the operation does not fit. */
	private fits(at: number, operand: Operand, type: IndexType): void {
		this.kind.size(this.code, operand);
		beyond(this.code, at, operand.type, type, 3);
		this.code.brIf(0);
	}

	/** One piece after the other while more than one is left. */
	private pieces(type: IndexType, piece: () => void): void {
		const { code, kind } = this;
		code.loop(() => {
			code.charge(kind.pieceCost);
			piece();
			code.get(LENGTH).constant(type, kind.piece).gtU(type).brIf(0);
		});
	}

	/** What is left, in one. */
	private rest(type: IndexType, run: () => void): Uint8Array {
		const { code } = this;
		code.chargeBy(() => this.kind.cost(code, type));
		code.get(DEST).get(SOURCE).get(LENGTH);
		run();
		return code.end();
	}

	/** `(dest, value, length)`. */
	fill(operand: Operand): Uint8Array {
		const { code, kind } = this;
		const { type } = operand;
		const fill = () => code.op(0xfc, kind.fill).index(operand.index);
		code.block(() => {
			this.small(type);
			this.fits(DEST, operand, type);
			this.pieces(type, () => {
				code.get(DEST).get(SOURCE).constant(type, kind.piece);
				fill();
				this.advance(DEST, type);
				this.shorten(type);
			});
		});
		return this.rest(type, fill);
	}

	/** `(dest, source: i32, length: i32)`. `size` is the segment's, in bytes or entries. */
	init(operand: Operand, segment: number, size: number): Uint8Array {
		const { code, kind } = this;
		const init = () => code.op(0xfc, kind.init).index(segment).index(operand.index);
		code.block(() => {
			this.small("i32");
			this.fits(DEST, operand, "i32");
			// A dropped segment is empty, whatever its size was: then the first piece traps, and nothing is written either.
			code.constant("i64", size);
			beyond(code, SOURCE, "i32", "i32", 3);
			code.brIf(0);
			this.pieces("i32", () => {
				code.get(DEST).get(SOURCE).i32(kind.piece);
				init();
				this.advance(DEST, operand.type);
				this.advance(SOURCE, "i32");
				this.shorten("i32");
			});
		});
		return this.rest("i32", init);
	}

	/** `(dest, source, length)`. Ranges that overlap are copied from the end that keeps them right. */
	copy(to: Operand, from: Operand): Uint8Array {
		const { code, kind } = this;
		const type = lengthType(to.type, from.type);
		const copy = () => code.op(0xfc, kind.copy).index(to.index).index(from.index);
		/** An offset plus the length, in the offset's type. */
		const plusLength = (local: number, of: IndexType) => {
			code.get(local).get(LENGTH);
			if (of !== type) code.op(0xad); // i64.extend_i32_u
			code.add(of);
		};
		code.block(() => {
			this.small(type);
			this.fits(DEST, to, type);
			this.fits(SOURCE, from, type);
			code.block(() => {
				// Upwards unless the destination is higher. (Two memories or tables do not overlap: any direction is right.)
				code.get64(DEST, to.type).get64(SOURCE, from.type).op(0x58).brIf(0); // i64.le_u
				this.pieces(type, () => {
					this.shorten(type);
					plusLength(DEST, to.type);
					plusLength(SOURCE, from.type);
					code.constant(type, kind.piece);
					copy();
				});
				code.op(0x0c).index(1); // br: the rest is at the beginning
			});
			this.pieces(type, () => {
				code.get(DEST).get(SOURCE).constant(type, kind.piece);
				copy();
				this.advance(DEST, to.type);
				this.advance(SOURCE, from.type);
				this.shorten(type);
			});
		});
		return this.rest(type, copy);
	}
}

export interface Growth {
	control: number;
	/** The type of `(i32, f64) -> i32`. */
	askType: number;
	/** Entries that the table may have at most; only asked of tables that are grown in pieces. */
	most: number;
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
export function memoryGrow(code: Code, memory: Operand, growth: Growth): Uint8Array {
	askToGrow(code, CONTROL.memoryGrow, memory.index, memory.type, 0, growth);
	chargeGrowth(code, memory.type, 0, PAGE_SHIFT - BYTES_SHIFT);
	return code.get(0).op(0x40).index(memory.index).end();
}

/** `(value, entries) -> entries`: the table's size before, or -1. In one: nobody knows what an imported table may have at most. */
export function tableGrow(code: Code, { index, type }: Operand, growth: Growth): Uint8Array {
	askToGrow(code, CONTROL.tableGrow, index, type, 1, growth);
	chargeGrowth(code, type, 1, ENTRY_SHIFT);
	return code.get(0).get(1).op(0xfc, 0x0f).index(index).end();
}

/**
 * `(value, entries) -> entries`: the table's size before, or -1. Needs a local of the index's type. After the first piece
 * a failure can only be V8's want of memory, and is a trap.
 */
export function tableGrowInPieces(code: Code, table: Operand, growth: Growth): Uint8Array {
	const { index, type } = table;
	const [VALUE, ENTRIES, BEFORE] = [0, 1, 2];
	const grow = () => code.op(0xfc, 0x0f).index(index);
	askToGrow(code, CONTROL.tableGrow, index, type, ENTRIES, growth);
	const step = () => {
		code
			.charge(TABLE_PIECE << ENTRY_SHIFT)
			.get(VALUE)
			.constant(type, TABLE_PIECE);
		grow();
	};
	code.block(() => {
		code.get(ENTRIES).constant(type, TABLE_PIECE).leU(type).brIf(0);
		// More than the table may ever have: it must fail before anything has grown.
		const tooMany = () => code.constant("i64", growth.most).op(0x56); // i64.gt_u
		code.op(0xfc, 0x10).index(index).set(BEFORE);
		code.get64(ENTRIES, type);
		tooMany();
		code.get64(BEFORE, type).get64(ENTRIES, type).op(0x7c); // i64.add
		tooMany();
		code.op(0x72); // i32.or
		code.op(0x04, 0x40).constant(type, -1).op(0x0f, 0x0b); // if, return, end
		code.loop(() => {
			step();
			code
				.constant(type, -1)
				.sized(type, 0x46, 0x51)
				.rarely(() => code.op(0x00)); // eq, unreachable
			code.get(ENTRIES).constant(type, TABLE_PIECE).sub(type).set(ENTRIES);
			code.get(ENTRIES).constant(type, TABLE_PIECE).gtU(type).brIf(0);
		});
		chargeGrowth(code, type, ENTRIES, ENTRY_SHIFT);
		code.get(VALUE).get(ENTRIES);
		grow();
		code
			.constant(type, -1)
			.sized(type, 0x46, 0x51)
			.rarely(() => code.op(0x00));
		code.get(BEFORE).op(0x0f); // return
	});
	chargeGrowth(code, type, ENTRIES, ENTRY_SHIFT);
	code.get(VALUE).get(ENTRIES);
	grow();
	return code.end();
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
