/** Value types in words, as the text format writes them (core specification 3.0, section 6.4). */
import type { Reader } from "../../binary/reader.ts";
import { MeterError } from "./types.ts";

const NUMBERS: Record<number, string> = { 127: "i32", 126: "i64", 125: "f32", 124: "f64", 123: "v128" };
const PACKED: Record<number, string> = { 120: "i8", 119: "i16" };
const HEAP: Record<number, string> = {
	116: "noexn",
	115: "nofunc",
	114: "noextern",
	113: "none",
	112: "func",
	111: "extern",
	110: "any",
	109: "eq",
	108: "i31",
	107: "struct",
	106: "array",
	105: "exn",
};
/** The bottom types have a short form that is not their name and "ref". */
const SHORT: Record<string, string> = {
	none: "nullref",
	nofunc: "nullfuncref",
	noextern: "nullexternref",
	noexn: "nullexnref",
};

function unsupported(byte: number, reader: Reader): never {
	throw new MeterError(`unsupported type 0x${byte.toString(16)} before offset ${reader.pos}`);
}

function heapType(reader: Reader): string {
	const index = reader.s33();
	if (index >= 0) return String(index);
	return HEAP[index + 0x80] ?? unsupported(index & 0x7f, reader);
}

/** Reads a value type. Throws a `MeterError` when it is none of core WebAssembly 3.0. */
export function readValType(reader: Reader): string {
	const byte = reader.byte();
	if (byte === 0x63) return `(ref null ${heapType(reader)})`;
	if (byte === 0x64) return `(ref ${heapType(reader)})`;
	const heap = HEAP[byte];
	if (heap !== undefined) return SHORT[heap] ?? `${heap}ref`;
	return NUMBERS[byte] ?? unsupported(byte, reader);
}

/** Reads the type of a struct's field or an array's element. */
export function readStorageType(reader: Reader): string {
	const packed = PACKED[reader.bytes[reader.pos] ?? 0];
	if (packed === undefined) return readValType(reader);
	reader.byte();
	return packed;
}
