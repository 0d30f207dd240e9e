/** An http guest that was invoked by event: its streamed answer becomes a payload, bounded before it is kept. */
import type { HttpBody, HttpRequest, HttpResponse } from "../engine/http.ts";
import { MAX_RESPONSE } from "./failure.ts";

/** Between an event of payload format 2.0 and HTTP. Given to the invoker, so that it knows no format itself. */
export interface HttpEvents {
	/** The request that an event describes. Throws ServiceError if the event is none. */
	eventToRequest(event: Uint8Array): HttpRequest;
	/** The response object of payload format 2.0, as JSON; reads the whole body. */
	responseToPayload(response: HttpResponse): Promise<Uint8Array>;
}

/** What became of the answer. `missing`: the guest gave none; `too-large`: more than a buffered answer may have. */
export type Answer = { payload: Uint8Array } | "missing" | "too-large";

class TooLarge extends Error {
	override name = "TooLarge";
}

export interface AnswerReader {
	/** Pass as `Task.onResponse`. Starts to read, so that a guest that waits for its reader goes on. */
	onResponse(response: HttpResponse): void;
	/** Call after the outcome. Rejects if the body failed half-way. */
	read(): Promise<Answer>;
}

export function createAnswerReader(responseToPayload: HttpEvents["responseToPayload"]): AnswerReader {
	let payload: Promise<Uint8Array> | null = null;
	return {
		onResponse(response) {
			payload = responseToPayload({ ...response, body: bounded(response.body) });
			// The outcome comes first and says more; until `read` looks at it, a rejection is nobody's.
			payload.catch(() => {});
		},
		async read() {
			if (payload === null) return "missing";
			try {
				const bytes = await payload;
				return bytes.length > MAX_RESPONSE ? "too-large" : { payload: bytes };
			} catch (error) {
				if (error instanceof TooLarge) return "too-large";
				throw error;
			}
		},
	};
}

async function* bounded(body: HttpBody): HttpBody {
	let bytes = 0;
	for await (const chunk of body) {
		bytes += chunk.length;
		if (bytes > MAX_RESPONSE) throw new TooLarge();
		yield chunk;
	}
}
