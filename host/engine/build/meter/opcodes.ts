/**
 * What follows each opcode, and what the instruction costs (core specification 3.0, section 5.4 and appendix
 * "Index of Instructions"; legacy exception handling from its proposal). An opcode that is not here is an error:
 * a rewrite that guesses lengths would produce another program.
 */

/** The kinds of immediates. Those from `CONTROL_FLOW` on need more than to be skipped. */
export const Imm = {
	none: 0,
	/** One LEB128 integer. */
	leb: 1,
	leb2: 2,
	memarg: 3,
	/** Bytes of a fixed number. */
	bytes1: 4,
	bytes4: 5,
	bytes8: 6,
	bytes16: 7,
	memargLane: 8,
	/** A vector of value types. */
	valTypes: 9,
	heapType: 10,
	/** br_on_cast: flags, label, two heap types. */
	castBranch: 11,
	/** The second part of the opcode follows as a LEB128 integer. */
	prefixFB: 12,
	prefixFC: 13,
	prefixFD: 14,
	prefixFE: 15,
	/** Structure: the scanner knows each opcode of this kind by itself. */
	control: 16,
	unknown: 255,
} as const;

function table(size: number, entries: [number, number, number][]): Uint8Array {
	const kinds = new Uint8Array(size).fill(Imm.unknown);
	for (const [first, last, kind] of entries) kinds.fill(kind, first, last + 1);
	return kinds;
}

/** Opcodes of one byte. */
export const BASE = table(256, [
	[0x00, 0x00, Imm.control], // unreachable
	[0x01, 0x01, Imm.none], // nop
	[0x02, 0x0f, Imm.control], // block .. return
	[0x10, 0x15, Imm.control], // call .. return_call_ref
	[0x18, 0x19, Imm.control], // delegate, catch_all
	[0x1a, 0x1b, Imm.none], // drop, select
	[0x1c, 0x1c, Imm.valTypes], // select t
	[0x1f, 0x1f, Imm.control], // try_table
	[0x20, 0x24, Imm.leb], // local.get .. global.set
	[0x25, 0x25, Imm.leb], // table.get
	[0x26, 0x26, Imm.control], // table.set
	[0x28, 0x3e, Imm.memarg], // loads and stores
	[0x3f, 0x3f, Imm.leb], // memory.size
	[0x40, 0x40, Imm.control], // memory.grow
	[0x41, 0x42, Imm.leb], // i32.const, i64.const
	[0x43, 0x43, Imm.bytes4], // f32.const
	[0x44, 0x44, Imm.bytes8], // f64.const
	[0x45, 0xc4, Imm.none], // numbers
	[0xd0, 0xd0, Imm.heapType], // ref.null
	[0xd1, 0xd1, Imm.none], // ref.is_null
	[0xd2, 0xd2, Imm.leb], // ref.func
	[0xd3, 0xd4, Imm.none], // ref.eq, ref.as_non_null
	[0xd5, 0xd6, Imm.control], // br_on_null, br_on_non_null
	[0xfb, 0xfb, Imm.prefixFB],
	[0xfc, 0xfc, Imm.prefixFC],
	[0xfd, 0xfd, Imm.prefixFD],
	[0xfe, 0xfe, Imm.prefixFE],
]);

/** Garbage collection: structs, arrays, casts. */
export const FB = table(0x1f, [
	[0x00, 0x01, Imm.leb], // struct.new, struct.new_default
	[0x02, 0x05, Imm.leb2], // struct.get .. struct.set
	[0x06, 0x07, Imm.leb], // array.new, array.new_default
	[0x08, 0x0a, Imm.leb2], // array.new_fixed, new_data, new_elem
	[0x0b, 0x0e, Imm.leb], // array.get .. array.set
	[0x0f, 0x0f, Imm.none], // array.len
	[0x10, 0x10, Imm.leb], // array.fill
	[0x11, 0x13, Imm.leb2], // array.copy, init_data, init_elem
	[0x14, 0x17, Imm.heapType], // ref.test, ref.cast
	[0x18, 0x19, Imm.castBranch], // br_on_cast, br_on_cast_fail
	[0x1a, 0x1e, Imm.none], // conversions, i31
]);

/** Saturating truncation, bulk memory and tables, wide arithmetic. */
export const FC = table(0x17, [
	[0x00, 0x07, Imm.none],
	[0x08, 0x08, Imm.leb2], // memory.init
	[0x09, 0x09, Imm.leb], // data.drop
	[0x0a, 0x0a, Imm.leb2], // memory.copy
	[0x0b, 0x0b, Imm.leb], // memory.fill
	[0x0c, 0x0c, Imm.leb2], // table.init
	[0x0d, 0x0d, Imm.leb], // elem.drop
	[0x0e, 0x0e, Imm.leb2], // table.copy
	[0x0f, 0x11, Imm.leb], // table.grow, size, fill
	[0x13, 0x16, Imm.none], // i64.add128 .. i64.mul_wide_u
]);

/** Vectors. The gaps are opcodes that the proposal's history left unused. */
export const FD = table(0x114, [
	[0x00, 0x0b, Imm.memarg],
	[0x0c, 0x0d, Imm.bytes16], // v128.const, i8x16.shuffle
	[0x0e, 0x14, Imm.none],
	[0x15, 0x22, Imm.bytes1], // lanes
	[0x23, 0x53, Imm.none],
	[0x54, 0x5b, Imm.memargLane],
	[0x5c, 0x5d, Imm.memarg],
	[0x5e, 0x99, Imm.none],
	[0x9b, 0xa1, Imm.none],
	[0xa3, 0xa4, Imm.none],
	[0xa7, 0xae, Imm.none],
	[0xb1, 0xb1, Imm.none],
	[0xb5, 0xba, Imm.none],
	[0xbc, 0xc1, Imm.none],
	[0xc3, 0xc4, Imm.none],
	[0xc7, 0xce, Imm.none],
	[0xd1, 0xd1, Imm.none],
	[0xd5, 0xe1, Imm.none],
	[0xe3, 0xed, Imm.none],
	[0xef, 0xff, Imm.none],
	[0x100, 0x113, Imm.none], // relaxed
]);

/** Atomics. memory.atomic.notify, wait32 and wait64 (0 to 2) are left out: a guest must not block its thread. */
export const FE = table(0x4f, [
	[0x03, 0x03, Imm.bytes1], // atomic.fence
	[0x10, 0x4e, Imm.memarg],
]);

/**
 * What a call pays of the called function's cost. A function that costs no more needs no check at its entry (1.4
 * times as fast when it is called in a loop), and cannot run on: it has no loop, and no call, which would cost more.
 */
export const PREPAID = 7;

/**
 * What an instruction costs, in fuel: one, and nothing where no machine code comes from it. A few cost as much as
 * many: a growth is a call into the host, and a throw unwinds the stack.
 */
export const COST = new Uint8Array(256).fill(1);
for (const free of [0x01, 0x02, 0x03, 0x05, 0x06, 0x07, 0x0b, 0x18, 0x19, 0x1f]) COST[free] = 0;
for (const call of [0x10, 0x11, 0x12, 0x13, 0x14, 0x15]) COST[call] = 1 + PREPAID;
for (const dear of [0x08, 0x09, 0x0a, 0x40]) COST[dear] = 64;
/** What table.grow costs on top, as memory.grow. */
export const GROW_COST = 64;
