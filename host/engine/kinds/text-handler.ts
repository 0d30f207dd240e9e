/** `pilot:function/text-handler`: as `handler`, in texts: for guests to which bytes and records come dear (`wit/world.wit`). */
import { isUtf8 } from "node:buffer";
import type { GuestMemory } from "../memory.ts";
import { Trap } from "../trap.ts";
import type { HandlerContext, Task } from "../types.ts";
import { FAILURE, readBytes, readResult } from "./result.ts";
import { type BoundExport, type Call, type CallResult, type Kind, MAX_RESPONSE, tooLarge } from "./types.ts";

export const textHandler: Kind = {
	name: "handler",
	interface: "pilot:function/text-handler",
	version: "0.1",
	function: "handle",
	type: `func(event: string, request-id: string, deadline-ms: u64, more: string) -> result<string, ${FAILURE}>`,
	reusable: true,
	begin: (task) => new TextCall(task),
};

class TextCall implements Call {
	private readonly task: Task;

	constructor(task: Task) {
		this.task = task;
	}

	start(bound: BoundExport): Promise<unknown> {
		const { payload, timeoutMs } = this.task;
		if (payload.kind !== "event") throw new Error("a handler takes events");
		const { memory } = bound;
		const [event, eventSize] = putEvent(memory, payload.event);
		const [id, idSize] = memory.putString(payload.context.requestId);
		const deadline = BigInt(Math.round(Date.now() + timeoutMs));
		const [more, moreSize] = memory.putString(describe(payload.context));
		return bound.call(event, eventSize, id, idSize, deadline, more, moreSize);
	}

	finish(bound: BoundExport, result: unknown): CallResult | Promise<CallResult> {
		const answer = readResult(bound.memory, result as number, readText);
		const posted = bound.postReturn(result as number);
		return posted === undefined ? answer : posted.then(() => answer);
	}
}

/** A string must be well-formed: what of the payload is not UTF-8 becomes U+FFFD. */
function putEvent(memory: GuestMemory, event: Uint8Array): [pointer: number, units: number] {
	if (memory.utf8 && isUtf8(event)) return [memory.putBytes(event), event.length];
	return memory.putString(lossy.decode(event));
}

const lossy = new TextDecoder("utf-8", { ignoreBOM: true });

function readText(memory: GuestMemory, pointer: number, units: number): CallResult {
	if (memory.utf8) {
		const answer = readBytes(memory, pointer, units);
		if (answer.ok && !isUtf8(answer.payload)) throw new Trap("malformed text in a string");
		return answer;
	}
	const payload = Buffer.from(memory.string(pointer, units, 2 * MAX_RESPONSE));
	return payload.length > MAX_RESPONSE ? tooLarge(payload.length) : { ok: true, payload };
}

/** What was described last: mostly it is the same function's again. */
let last: HandlerContext | undefined;
let text = "";

/** A context but for its request id, as JSON. */
function describe(context: HandlerContext): string {
	if (last === undefined || !isSame(context, last)) {
		const { requestId: _, ...more } = context;
		text = JSON.stringify(more);
		last = context;
	}
	return text;
}

function isSame(one: HandlerContext, other: HandlerContext): boolean {
	return (
		one.functionName === other.functionName &&
		one.functionVersion === other.functionVersion &&
		one.invokedFunctionArn === other.invokedFunctionArn &&
		one.memoryLimitInMb === other.memoryLimitInMb &&
		one.logGroupName === other.logGroupName &&
		one.logStreamName === other.logStreamName &&
		one.clientContext === other.clientContext &&
		one.tenantId === other.tenantId &&
		one.traceId === other.traceId
	);
}
