/**
 * What each instruction with a memory argument does to its memory (core specification 3.0, section 5.4; the threads
 * proposal). One that is not here is an error where writes are tracked: a write that is missed would be found by the next
 * caller.
 */
import { lebAt, skipLeb } from "./skip.ts";
import { MeterError } from "./types.ts";

/** The operands behind the address, the last one on top of the stack. */
type Values = readonly ("i32" | "i64" | "f32" | "f64" | "v128")[];

const LOAD: Values = [];

function accesses(entries: readonly [first: number, values: readonly Values[]][]): Values[] {
	const known: Values[] = [];
	for (const [first, list] of entries) for (const [i, values] of list.entries()) known[first + i] = values;
	return known;
}

const loads = (count: number): Values[] => new Array(count).fill(LOAD);
const I32: Values = ["i32"];
const I64: Values = ["i64"];
/** An atomic instruction comes whole in both sizes, then in 8 and 16 bits, then in 8, 16 and 32 bits. */
const atomics = (i32: Values, i64: Values): Values[] => [i32, i64, i32, i32, i64, i64, i64];
const readModifyWrite = atomics(I32, I64);

const BASE = accesses([
	[0x28, loads(14)],
	[0x36, [I32, I64, ["f32"], ["f64"], I32, I32, I64, I64, I64]],
]);
const FD = accesses([
	[0x00, loads(11)],
	[0x0b, [["v128"]]],
	[0x54, loads(4)],
	[0x58, new Array(4).fill(["v128"])],
	[0x5c, loads(2)],
]);
const FE = accesses([
	[0x10, loads(7)],
	// store, add, sub, and, or, xor, xchg, cmpxchg
	[0x17, new Array(7).fill(readModifyWrite).flat()],
	[0x48, atomics(["i32", "i32"], ["i64", "i64"])],
]);

const PREFIXED: Readonly<Record<number, readonly Values[]>> = { 253: FD, 254: FE };

/**
 * What the instruction `op` writes to memory (`prefix op`, where it has a prefix); null if it only reads. Throws a `MeterError`
 * on one that is not known.
 */
export function written(prefix: number | null, op: number, at: number): Values | null {
	const values = (prefix === null ? BASE : PREFIXED[prefix])?.[op];
	if (values === undefined) throw new MeterError(`unknown access to memory 0x${op.toString(16)} at offset ${at}`);
	return values === LOAD ? null : values;
}

/** A store, or another instruction that writes where its address says. */
export interface Store {
	values: Values;
	memory: number;
	/** Bytes, exact below 2^53. */
	offset: number;
}

/** The store at `at`. */
export function readStore(bytes: Uint8Array, at: number): Store {
	const first = bytes[at]!;
	const prefix = first in PREFIXED ? first : null;
	const op = prefix === null ? first : lebAt(bytes, at + 1);
	const memarg = prefix === null ? at + 1 : skipLeb(bytes, at + 1);
	// Bit 6 of the alignment says that a memory index follows.
	const explicit = (bytes[memarg]! & 0x40) !== 0;
	const memory = explicit ? lebAt(bytes, memarg + 1) : 0;
	const offset = offsetAt(bytes, explicit ? skipLeb(bytes, memarg + 1) : memarg + 1);
	return { values: written(prefix, op, at)!, memory, offset };
}

/** An offset has up to 64 bits. */
function offsetAt(bytes: Uint8Array, pos: number): number {
	let value = 0;
	let scale = 1;
	for (let p = pos; ; p++) {
		value += (bytes[p]! & 0x7f) * scale;
		if (bytes[p]! < 0x80) return value;
		scale *= 0x80;
	}
}
