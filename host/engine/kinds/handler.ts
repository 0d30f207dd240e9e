/** `pilot:function/handler`: an event and a context in, bytes or a typed failure out (`wit/world.wit`). */

import type { GuestMemory } from "../memory.ts";
import type { Task } from "../types.ts";
import { FAILURE, readBytes, readResult } from "./result.ts";
import type { BoundExport, Call, CallResult, Kind } from "./types.ts";

const CONTEXT =
	"record { request-id: string, function-name: string, function-version: string, invoked-function-arn: string, memory-limit-in-mb: u32, deadline-ms: u64, log-group-name: string, log-stream-name: string, client-context: option<string>, tenant-id: option<string>, trace-id: option<string> }";

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
		const answer = readResult(bound.memory, result as number, readBytes);
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
	memory.setSafeU64(at + OFFSETS.deadlineMs, Math.round(Date.now() + timeoutMs));
	for (const field of OPTIONS) writeOption(memory, at + OFFSETS[field], context[field]);
	return at;
}

/** `option<string>`: a discriminant, then, aligned to 4, the string. */
function writeOption(memory: GuestMemory, at: number, text: string | undefined): void {
	memory.setU8(at, text === undefined ? 0 : 1);
	if (text !== undefined) memory.writeString(at + 4, text);
}
