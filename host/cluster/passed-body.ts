/** An http guest's answer that passes from a worker to control while it is made: chunk by chunk, each when the last one was taken. */
import type { HttpBody, HttpFields, HttpResponse } from "../engine/http.ts";

/** A response's status and fields, as they are sent. */
export interface SentHead {
	status: number;
	headers: HttpFields;
}

/** Where a worker's chunks go. */
export interface BodySink {
	/** Resolves when the chunk was taken, with false if nobody wants more. Null ends the body. */
	chunk(bytes: Uint8Array | null): Promise<boolean>;
}

/** A body that another process sends. Breaks off where that process does. */
export class PassedBody implements BodySink {
	/** Chunks that came and were not asked for yet, with whom to tell. */
	readonly #waiting: { bytes: Uint8Array | null; taken(wanted: boolean): void }[] = [];
	#asking: (() => void) | undefined;
	#over = false;
	#failure: Error | null = null;

	chunk(bytes: Uint8Array | null): Promise<boolean> {
		if (this.#over) return Promise.resolve(false);
		const { promise, resolve } = Promise.withResolvers<boolean>();
		this.#waiting.push({ bytes, taken: resolve });
		this.#asking?.();
		return promise;
	}

	/** Nothing more comes. */
	fail(error: Error): void {
		this.#failure = error;
		this.#asking?.();
	}

	/** Once. */
	async *read(): AsyncGenerator<Uint8Array> {
		try {
			for (;;) {
				const next = this.#waiting.shift();
				if (next === undefined) {
					if (this.#failure !== null) throw this.#failure;
					await new Promise<void>((resolve) => {
						this.#asking = resolve;
					});
					continue;
				}
				next.taken(true);
				if (next.bytes === null) return;
				yield next.bytes;
			}
		} finally {
			this.#over = true;
			for (const { taken } of this.#waiting.splice(0)) taken(false);
		}
	}
}

/** The response of a body that comes in pieces. */
export function passedResponse(head: SentHead, body: PassedBody): HttpResponse {
	const chunks: HttpBody = { [Symbol.asyncIterator]: () => body.read() };
	return { ...head, body: chunks };
}

/** Sends a response's body. Never rejects: one that breaks off does so at the other end too, with the invocation's result. */
export async function sendBody(body: HttpBody, send: BodySink["chunk"]): Promise<void> {
	try {
		for await (const bytes of body) if (!(await send(bytes))) return;
		await send(null);
	} catch {
		// The result says why.
	}
}
