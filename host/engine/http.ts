/** HTTP as it passes between gateway, invoker and engine: no library's classes, bodies as async byte streams. */

/** Names are lower-case; values hold bytes as code units 0-255 (`latin1`), since HTTP allows any octet in them. */
export type HttpFields = [name: string, value: string][];

/** Yields chunks. Its `return()` says that nobody wants the rest. A failure is thrown from `next()`. */
export interface HttpBody extends AsyncIterable<Uint8Array> {
	/**
	 * All of the body, if it has ended well, without trailers, and nobody has read of it: it saves promises where a body is short. Undefined
	 * otherwise, and then it is iterated. A body that was taken this way must not be iterated.
	 */
	buffered?(): Uint8Array | undefined;
	/** As `buffered`, for a short body: its bytes as code units 0-255, which cost less than an array. */
	text?(): string | undefined;
}

export interface HttpRequest {
	/** As it came: `GET`, `post`, an extension method. */
	method: string;
	scheme: "http" | "https";
	/** Host and port, as in the Host header. */
	authority: string;
	/** Path and query as they came, undecoded: `/a%20b?x=1`. */
	pathWithQuery: string;
	headers: HttpFields;
	body: HttpBody | null;
	/** Resolves when the body has ended. */
	trailers?: Promise<HttpFields | null>;
}

export interface HttpResponse {
	status: number;
	headers: HttpFields;
	body: HttpBody;
	/** Resolves when the body has ended. */
	trailers?: Promise<HttpFields | null>;
}

/** One request that a `wasi:http` guest serves: what `incoming-request` reads, and where `response-outparam.set` goes. */
export interface HttpExchange {
	readonly request: HttpRequest;
	/** The guest's answer, once. `null` is an error that the guest named instead of a response, in words. */
	respond(response: HttpResponse | { error: string }): void;
}
