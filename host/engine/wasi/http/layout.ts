/**
 * How the compound results of `wasi:http` lie in a guest's memory, and how an `error-code` comes in flat (component
 * model, canonical ABI: alignment, element size, despecialisation, flattening). Worked out once, here; the test beside
 * this file derives the same figures from the types.
 *
 *     error-code          a discriminant byte, 39 cases; payload at 8, since option<u64> aligns it to 8; 32 bytes
 *       option<u64>         tag at 8, value at 16
 *       option<u32>         tag at 8, value at 12
 *       option<string>      tag at 8, pointer at 12, length at 16
 *       DNS-error-payload   rcode as option<string> at 8, info-code tag at 20, value (u16) at 22
 *       TLS-alert-…-payload alert-id tag at 8, value (u8) at 9; alert-message as option<string> at 12
 *       field-size-payload  field-name as option<string> at 8, field-size tag at 20, value (u32) at 24
 *       option<field-…>     tag at 8, then the payload as above, 4 bytes further
 *     result<own<T>, error-code>      tag, payload at 8; 40 bytes
 *     option<result<that>>            two more tags, at 0 and 8, each moves what follows by 8; 56 bytes
 */
import type { GuestMemory } from "../../memory.ts";
import { Trap } from "../../trap.ts";
import { ERROR_CASES, ERROR_INDEX, HttpErrorCode, type PayloadShape } from "./error-code.ts";

/** Offset of an error-code (or a handle) behind the tag of a result or option around it. */
export const PAYLOAD = 8;

/** Writes an error-code at `at`, aligned to 8. */
export function writeErrorCode(memory: GuestMemory, at: number, error: HttpErrorCode): void {
	const index = ERROR_INDEX.get(error.code)!;
	memory.setU8(at, index);
	WRITERS[ERROR_CASES[index]![1]](memory, at + PAYLOAD, error);
}

const WRITERS: Record<PayloadShape, (memory: GuestMemory, at: number, error: HttpErrorCode) => void> = {
	none: () => {},
	"u64?": (memory, at, { number }) => {
		memory.setU8(at, number === undefined ? 0 : 1);
		if (number !== undefined) memory.setU64(at + 8, BigInt(number));
	},
	"u32?": (memory, at, { number }) => writeOptionU32(memory, at, number),
	"string?": (memory, at, { text }) => writeOptionString(memory, at, text),
	dns: (memory, at, { text, number }) => {
		writeOptionString(memory, at, text);
		memory.setU8(at + 12, number === undefined ? 0 : 1);
		if (number !== undefined) memory.setU16(at + 14, number);
	},
	tls: (memory, at, { text, number }) => {
		memory.setU8(at, number === undefined ? 0 : 1);
		if (number !== undefined) memory.setU8(at + 1, number);
		writeOptionString(memory, at + 4, text);
	},
	field: writeField,
	"field?": (memory, at, error) => {
		memory.setU8(at, 1);
		writeField(memory, at + 4, error);
	},
};

function writeField(memory: GuestMemory, at: number, { text, number }: HttpErrorCode): void {
	writeOptionString(memory, at, text);
	writeOptionU32(memory, at + 12, number);
}

function writeOptionU32(memory: GuestMemory, at: number, number: number | undefined): void {
	memory.setU8(at, number === undefined ? 0 : 1);
	if (number !== undefined) memory.setU32(at + 4, number);
}

/** Writes an option<string> at `at`: a tag, and pointer and length behind it. */
export function writeOptionString(memory: GuestMemory, at: number, text: string | undefined): void {
	if (text === undefined) return memory.setU8(at, 0);
	memory.writeString(at + 4, text);
	memory.setU8(at, 1);
}

/** The six core values that any payload of an error-code fits (the join of all cases). */
export type FlatPayload = readonly [a: number, b: bigint, c: number, d: number, e: number, f: number];

/** Lifts an error-code from its discriminant and flat payload. Traps on a discriminant or tag that there is not. */
export function liftErrorCode(memory: GuestMemory, discriminant: number, flat: FlatPayload): HttpErrorCode {
	const found = ERROR_CASES[discriminant >>> 0];
	if (found === undefined) throw new Trap(`error-code has no case ${discriminant >>> 0}`);
	const [text, number] = LIFTERS[found[1]](memory, flat);
	return new HttpErrorCode(found[0], text, number);
}

type Lifted = readonly [text?: string, number?: number];

const LIFTERS: Record<PayloadShape, (memory: GuestMemory, flat: FlatPayload) => Lifted> = {
	none: () => [],
	"u64?": (_, [tag, value]) => [undefined, isSome(tag) ? Number(BigInt.asUintN(64, value)) : undefined],
	"u32?": (_, [tag, value]) => [undefined, isSome(tag) ? low(value) : undefined],
	"string?": (memory, [tag, pointer, length]) => [optionString(memory, tag, low(pointer), length)],
	dns: (memory, [tag, pointer, length, infoTag, info]) => [
		optionString(memory, tag, low(pointer), length),
		isSome(infoTag) ? info & 0xffff : undefined,
	],
	tls: (memory, [idTag, id, tag, pointer, length]) => [
		optionString(memory, tag, pointer, length),
		isSome(idTag) ? low(id) & 0xff : undefined,
	],
	field: (memory, [tag, pointer, length, sizeTag, size]) => [
		optionString(memory, tag, low(pointer), length),
		isSome(sizeTag) ? size >>> 0 : undefined,
	],
	"field?": (memory, [tag, nameTag, pointer, length, sizeTag, size]) =>
		isSome(tag) ? [optionString(memory, low(nameTag), pointer, length), isSome(sizeTag) ? size >>> 0 : undefined] : [],
};

/** An i32 that the join with u64 carried as an i64 (`wrap_i64_to_i32`). */
function low(value: bigint): number {
	return Number(BigInt.asUintN(32, value));
}

/** The tag of a flat option: 0 or 1, or a trap. */
export function isSome(tag: number): boolean {
	if (tag === 0) return false;
	if (tag === 1) return true;
	throw new Trap(`option has no case ${tag >>> 0}`);
}

/** The length of a string parameter in code units, whichever encoding it has (`latin1+utf16` tags it by its top bit). */
export function codeUnits(memory: GuestMemory, length: number): number {
	return memory.utf8 ? length >>> 0 : length & 0x7fffffff;
}

function optionString(memory: GuestMemory, tag: number, pointer: number, length: number): string | undefined {
	return isSome(tag) ? memory.string(pointer, length) : undefined;
}

/** Lifts an option<string> parameter. */
export { optionString as liftOptionString };
