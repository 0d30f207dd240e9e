/** InvokeWithResponseStream: the answer as events, each sent when it is there. */
import type { HttpResponse } from "../engine/http.ts";
import { responseHead } from "../invoker/http-event.ts";
import type { InvokeRequest, InvokeResult, Invoker } from "../invoker/types.ts";
import { EVENT_STREAM, eventEncoder, pieces, type StreamEvent } from "./event-stream.ts";
import type { Reply } from "./operation.ts";

/** Bytes of an answer that is streamed (Lambda quotas: 200 MB). */
const MAX_STREAMED = 200 * 1024 * 1024;

interface Options {
	requestId: string;
	withLog: boolean;
}

/** What came first: the answer of an http guest, or the end of the invocation. */
type First = { response: HttpResponse } | { result: InvokeResult };

/**
 * Invokes, and resolves when the first of the answer is there; the rest follows in the reply's stream. Rejects with ServiceError for what
 * went wrong before the function ran, as Invoke does. A caller that leaves ends the invocation.
 */
export async function invokeStreamed(
	invoker: Pick<Invoker, "invoke">,
	request: InvokeRequest & { signal: AbortSignal },
	{ requestId, withLog }: Options,
): Promise<Reply> {
	const encode = await eventEncoder();
	const left = new AbortController();
	const signal = AbortSignal.any([request.signal, left.signal]);
	const answered = Promise.withResolvers<First>();
	let version = "$LATEST";
	const ended = invoker.invoke({
		...request,
		requestId,
		signal,
		onStart: (executedVersion) => {
			version = executedVersion;
		},
		onResponse: (response) => answered.resolve({ response }),
	});
	// Whoever waits for the first of both sees the rejection.
	ended.catch(() => {});
	const first = await Promise.race([answered.promise, ended.then((result) => ({ result }))]);
	const events = "response" in first ? streamed(first.response, ended, withLog) : whole(first.result, withLog);
	return {
		requestId,
		stream: toStream(events, encode, left),
		headers: { "content-type": EVENT_STREAM, "X-Amz-Executed-Version": version },
	};
}

/** An http guest's answer: its status and fields, eight zeros, and its body as it comes (Runtime API, "http-integration-response"). */
async function* streamed(
	response: HttpResponse,
	ended: Promise<InvokeResult>,
	log: boolean,
): AsyncGenerator<StreamEvent> {
	let size = 0;
	try {
		yield { type: "PayloadChunk", payload: preludeOf(response) };
		for await (const chunk of response.body) {
			size += chunk.length;
			if (size > MAX_STREAMED) return yield tooLarge();
			for (const payload of pieces(chunk)) yield { type: "PayloadChunk", payload };
		}
	} catch {
		// The result says why.
	}
	try {
		yield complete(await ended, log);
	} catch (error) {
		yield { type: "InvokeComplete", ErrorCode: "ServiceException", ErrorDetails: messageOf(error) };
	}
}

function* whole(result: InvokeResult, withLog: boolean): Generator<StreamEvent> {
	if (result.functionError === null)
		for (const payload of pieces(result.payload)) yield { type: "PayloadChunk", payload };
	yield complete(result, withLog);
}

function complete(result: InvokeResult, withLog: boolean): StreamEvent {
	return {
		type: "InvokeComplete",
		...(result.error === null
			? {}
			: { ErrorCode: result.error.errorType, ErrorDetails: Buffer.from(result.payload).toString() }),
		...(withLog ? { LogResult: Buffer.from(result.logTail()).toString("base64") } : {}),
	};
}

function tooLarge(): StreamEvent {
	return {
		type: "InvokeComplete",
		ErrorCode: "Function.ResponseSizeTooLarge",
		ErrorDetails: `Response payload size exceeded maximum allowed payload size (${MAX_STREAMED} bytes).`,
	};
}

function messageOf(error: unknown): string {
	return error instanceof Error && error.name === "ServiceException"
		? error.message
		: "The host failed while the answer was streamed.";
}

const ZEROS = Buffer.alloc(8);

function preludeOf(response: HttpResponse): Uint8Array {
	return Buffer.concat([Buffer.from(JSON.stringify(responseHead(response))), ZEROS]);
}

type Events = Iterator<StreamEvent> | AsyncIterator<StreamEvent>;

/** Asks for the next event only when the caller has taken the last. */
function toStream(
	events: Events,
	encode: (event: StreamEvent) => Uint8Array,
	left: AbortController,
): ReadableStream<Uint8Array> {
	return new ReadableStream<Uint8Array>(
		{
			async pull(controller) {
				const next = await events.next();
				if (next.done) controller.close();
				else controller.enqueue(encode(next.value));
			},
			async cancel() {
				left.abort();
				await events.return?.();
			},
		},
		{ highWaterMark: 1 },
	);
}
