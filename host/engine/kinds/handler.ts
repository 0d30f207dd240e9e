/** `pilot:function/handler`: an event and a context in, bytes or a typed failure out (`wit/world.wit`). */

import type { GuestMemory } from "../memory.ts";
import { Trap } from "../trap.ts";
import type { Task } from "../types.ts";
import { type BoundExport, type Call, type CallResult, type Kind, MAX_RESPONSE, tooLarge } from "./types.ts";

const CONTEXT =
	"record { request-id: string, function-name: string, function-version: string, invoked-function-arn: string, memory-limit-in-mb: u32, deadline-ms: u64, log-group-name: string, log-stream-name: string, client-context: option<string>, tenant-id: option<string>, trace-id: option<string> }";
const FAILURE = "record { error-type: string, error-message: string, stack-trace: list<string> }";

export const handler: Kind = {
	name: "handler",
	interface: "pilot:function/handler",
	version: "0.1",
	function: "handle",
	type: `func(event: list<u8>, context: ${CONTEXT}) -> result<list<u8>, ${FAILURE}>`,
	reusable: true,
	begin: (task) => new HandlerCall(task),
};

class HandlerCall implements Call {
	private readonly task: Task;

	constructor(task: Task) {
		this.task = task;
	}

	start(bound: BoundExport): Promise<unknown> {
		return bound.call(writeArguments(bound.memory, this.task));
	}

	finish(bound: BoundExport, result: unknown): CallResult | Promise<CallResult> {
		const answer = readResult(bound.memory, result as number);
		const posted = bound.postReturn(result as number);
		return posted === undefined ? answer : posted.then(() => answer);
	}
}

/**
 * `tuple<list<u8>, context>` in the guest's memory, since it flattens to more than 16 core values (canonical ABI,
 * MAX_FLAT_PARAMS). Offsets: event 0, and the context's fields from 8 on, each at its alignment.
 */
const ARGUMENTS_SIZE = 112;
const OFFSETS = {
	requestId: 8,
	functionName: 16,
	functionVersion: 24,
	invokedFunctionArn: 32,
	memoryLimitInMb: 40,
	deadlineMs: 48,
	logGroupName: 56,
	logStreamName: 64,
	clientContext: 72,
	tenantId: 84,
	traceId: 96,
} as const;

const STRINGS = [
	"requestId",
	"functionName",
	"functionVersion",
	"invokedFunctionArn",
	"logGroupName",
	"logStreamName",
] as const;
const OPTIONS = ["clientContext", "tenantId", "traceId"] as const;

function writeArguments(memory: GuestMemory, { payload, timeoutMs }: Task): number {
	if (payload.kind !== "event") throw new Error("a handler takes events");
	const { event, context } = payload;
	const at = memory.alloc(ARGUMENTS_SIZE, 8);
	memory.writeBytes(at, event);
	for (const field of STRINGS) memory.writeString(at + OFFSETS[field], context[field]);
	memory.setU32(at + OFFSETS.memoryLimitInMb, context.memoryLimitInMb);
	memory.setU64(at + OFFSETS.deadlineMs, BigInt(Math.round(Date.now() + timeoutMs)));
	for (const field of OPTIONS) writeOption(memory, at + OFFSETS[field], context[field]);
	return at;
}

/** `option<string>`: a discriminant, then, aligned to 4, the string. */
function writeOption(memory: GuestMemory, at: number, text: string | undefined): void {
	memory.setU8(at, text === undefined ? 0 : 1);
	if (text !== undefined) memory.writeString(at + 4, text);
}

/** Longest stack trace that is read, frames; and all text of a failure, bytes: what is longer is cut off. */
const MAX_FRAMES = 200;
const MAX_TEXT = 256 * 1024;

/** `result<list<u8>, failure>`: a discriminant, then, aligned to 4, the case. Everything in it is the guest's word. */
function readResult(memory: GuestMemory, at: number): CallResult {
	const discriminant = memory.getU8(at);
	if (discriminant > 1) throw new Trap(`a result with the discriminant ${discriminant}`);
	if (discriminant === 1) return readFailure(memory, at + 4);
	const [pointer, length] = [memory.getU32(at + 4), memory.getU32(at + 8)];
	const bytes = memory.bytes(pointer, length);
	return length > MAX_RESPONSE ? tooLarge(length) : { ok: true, payload: bytes.slice() };
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
