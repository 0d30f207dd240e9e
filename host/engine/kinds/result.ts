/** How a handler of the function world answers: `result<…, failure>` in the guest's memory. */
import type { GuestMemory } from "../memory.ts";
import { Trap } from "../trap.ts";
import { type CallResult, MAX_RESPONSE, tooLarge } from "./types.ts";

/** The failure's type, as `printFunc` writes it. */
export const FAILURE = "record { error-type: string, error-message: string, stack-trace: list<string> }";

/** Longest stack trace that is read, frames; and all text of a failure, bytes: what is longer is cut off. */
const MAX_FRAMES = 200;
const MAX_TEXT = 256 * 1024;

/** Reads the answer of the `ok` case; `length` is in bytes, or in code units of the guest's strings. */
type ReadAnswer = (memory: GuestMemory, pointer: number, length: number) => CallResult;

/** `result<T, failure>` of a list or a string: a discriminant, then, aligned to 4, the case. Everything in it is the guest's word. */
export function readResult(memory: GuestMemory, at: number, read: ReadAnswer): CallResult {
	const discriminant = memory.getU8(at);
	if (discriminant > 1) throw new Trap(`a result with the discriminant ${discriminant}`);
	if (discriminant === 1) return readFailure(memory, at + 4);
	return read(memory, memory.getU32(at + 4), memory.getU32(at + 8));
}

/** An answer of bytes. */
export function readBytes(memory: GuestMemory, pointer: number, length: number): CallResult {
	if (length <= MAX_RESPONSE) return { ok: true, payload: memory.copy(pointer, length) };
	memory.bytes(pointer, length);
	return tooLarge(length);
}

function readFailure(memory: GuestMemory, at: number): CallResult {
	const read = textReader(memory);
	const errorType = read(at);
	const errorMessage = read(at + 8);
	const [frames, count] = [memory.getU32(at + 16), memory.getU32(at + 20)];
	memory.bytes(frames, Math.min(count * 8, 0xffff_ffff));
	const stackTrace: string[] = [];
	for (let i = 0; i < Math.min(count, MAX_FRAMES); i++) stackTrace.push(read(frames + i * 8));
	return { ok: false, failure: { kind: "handled", errorType, errorMessage, stackTrace } };
}

function textReader(memory: GuestMemory): (at: number) => string {
	let left = MAX_TEXT;
	return (at) => {
		const text = memory.stringStart(memory.getU32(at), memory.getU32(at + 4), left);
		left = Math.max(0, left - Buffer.byteLength(text));
		return text;
	};
}
