/** An http guest that was invoked by event: its streamed answer becomes a payload. */
import type { HttpResponse } from "../engine/http.ts";
import { ResponseTooLarge, responseToPayload } from "./http-event.ts";

/** What became of the answer. `missing`: the guest gave none; `too-large`: more than a buffered answer may have;
 * `broken`: its body did not come to its end. */
export type Answer = { payload: Uint8Array } | "missing" | "too-large" | "broken";

export interface AnswerReader {
	/** Pass as `Task.onResponse`. Starts to read, so that a guest that waits for its reader goes on. */
	onResponse(response: HttpResponse): void;
	/** Call after the outcome. Never rejects. */
	read(): Promise<Answer>;
}

export function createAnswerReader(): AnswerReader {
	let payload: Promise<Uint8Array> | null = null;
	return {
		onResponse(response) {
			payload = responseToPayload(response);
			// The outcome comes first and says more; until `read` looks at it, a rejection is nobody's.
			payload.catch(() => {});
		},
		async read() {
			if (payload === null) return "missing";
			try {
				return { payload: await payload };
			} catch (error) {
				return error instanceof ResponseTooLarge ? "too-large" : "broken";
			}
		},
	};
}
