/** The body of a response that came from elsewhere. */
import type { IncomingMessage } from "node:http";
import type { HttpBody, HttpFields } from "../../http.ts";
import { HttpErrorCode } from "./error-code.ts";
import { networkError } from "./network-error.ts";
import { Timeout } from "./timeout.ts";

/** node's raw list (name, value, name, value) as pairs with names in lower case. */
export function pairs(raw: readonly string[]): HttpFields {
	const fields: HttpFields = [];
	for (let i = 0; i + 1 < raw.length; i += 2) fields.push([raw[i]!.toLowerCase(), raw[i + 1]!]);
	return fields;
}

/** Reads the connection only when the guest does; a read that takes longer than the guest allows ends it. */
export class ResponseBody implements HttpBody, AsyncIterator<Uint8Array, undefined> {
	readonly trailers: Promise<HttpFields | null>;
	private readonly message: IncomingMessage;
	private readonly chunks: AsyncIterator<Uint8Array, undefined>;
	private readonly timeout: Timeout;
	private timedOut = false;

	constructor(message: IncomingMessage, betweenBytes: bigint | undefined) {
		this.message = message;
		this.chunks = message[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
		this.timeout = new Timeout(betweenBytes, () => {
			this.timedOut = true;
			message.destroy();
		});
		this.trailers = new Promise((resolve) => {
			message.once("end", () => resolve(message.rawTrailers.length === 0 ? null : pairs(message.rawTrailers)));
			message.once("close", () => resolve(null));
		});
		// Nobody may be reading when it fails.
		message.on("error", () => {});
	}

	[Symbol.asyncIterator](): this {
		return this;
	}

	async next(): Promise<IteratorResult<Uint8Array, undefined>> {
		this.timeout.start();
		try {
			const result = await this.chunks.next();
			if (result.done && !this.message.complete) throw new HttpErrorCode("HTTP-response-incomplete");
			return result;
		} catch (error) {
			throw this.timedOut ? new HttpErrorCode("connection-read-timeout") : bodyError(error);
		} finally {
			this.timeout.clear();
		}
	}

	async return(): Promise<IteratorResult<Uint8Array, undefined>> {
		this.message.destroy();
		return { done: true, value: undefined };
	}
}

/** A connection that ends in the middle of a body is told as such. */
function bodyError(error: unknown): HttpErrorCode {
	const code = error instanceof HttpErrorCode ? error : networkError(error);
	return code.code === "connection-terminated" ? new HttpErrorCode("HTTP-response-incomplete") : code;
}
