/** `wasi:http/types.incoming-body` and `future-trailers`: pulled from the message one chunk at a time. */
import type { HttpBody, HttpFields } from "../../http.ts";
import type { InputStream, Pollable, StreamEnd } from "../io/types.ts";
import { asErrorCode, type ErrorName, type HttpErrorCode, streamError } from "./error-code.ts";
import { Waiters } from "./waiters.ts";

const NOTHING = new Uint8Array();

/**
 * The body of a message that the guest receives. At most one chunk is read ahead of the guest. A body that fails gives
 * its error once and is closed from then on.
 */
export class IncomingBody {
	/** The guest has its input stream: `stream` gives it once. */
	streamTaken = false;
	/** That stream's handle is not dropped yet. */
	streamAlive = false;
	/** No more chunks come. */
	private over = false;
	private error: HttpErrorCode | undefined;
	private errorTold = false;
	private chunk: Uint8Array = NOTHING;
	private pulling = false;
	private source: HttpBody | null;
	private iterator: AsyncIterator<Uint8Array> | undefined;
	private readonly trailerFields: Promise<HttpFields | null> | undefined;
	private readonly failure: ErrorName;
	private readonly waiters = new Waiters();

	/** `failure` is what the guest is told when the source throws an error that is none of HTTP's. */
	constructor(source: HttpBody | null, trailers: Promise<HttpFields | null> | undefined, failure: ErrorName) {
		this.source = source;
		this.over = source === null;
		this.trailerFields = trailers;
		this.failure = failure;
		// It may fail before anybody asks for it.
		trailers?.catch(() => {});
	}

	/** Reads ahead, if nothing is there and the source has more. */
	pull(): void {
		if (this.over || this.pulling || this.chunk.length > 0 || this.source === null) return;
		if (this.iterator === undefined && this.takeBuffered(this.source)) return;
		this.iterator ??= this.source[Symbol.asyncIterator]();
		this.pulling = true;
		this.iterator.next().then(
			(result) => this.arrived(result),
			(error: unknown) => this.failed(error),
		);
	}

	private takeBuffered(source: HttpBody): boolean {
		const all = source.buffered?.();
		if (all === undefined) return false;
		this.chunk = all;
		this.over = true;
		return true;
	}

	private arrived(result: IteratorResult<Uint8Array>): void {
		this.pulling = false;
		if (result.done) this.over = true;
		else if (!this.over) this.chunk = result.value;
		if (this.chunk.length === 0) this.pull();
		if (this.settled) this.waiters.wake();
	}

	private failed(error: unknown): void {
		this.pulling = false;
		if (!this.over) this.error = asErrorCode(error, this.failure);
		this.over = true;
		this.waiters.wake();
	}

	/** Would a read give something now, if only the end? */
	get settled(): boolean {
		return this.over || this.chunk.length > 0;
	}

	read(max: number): Uint8Array | StreamEnd {
		this.pull();
		if (this.chunk.length > 0) return this.cut(max);
		if (!this.over) return NOTHING;
		if (this.error === undefined || this.errorTold) return "closed";
		this.errorTold = true;
		return streamError(this.error);
	}

	private cut(max: number): Uint8Array {
		const bytes = this.chunk.subarray(0, max);
		this.chunk = this.chunk.subarray(bytes.length);
		return bytes;
	}

	wait(signal: AbortSignal): Promise<void> {
		this.pull();
		return this.settled ? Promise.resolve() : this.waiters.wait(signal);
	}

	/** Nobody reads the rest. */
	abandon(): void {
		if (!this.over) {
			this.over = true;
			const iterator = this.iterator ?? this.source?.[Symbol.asyncIterator]();
			iterator?.return?.()?.catch(() => {});
		}
		this.chunk = NOTHING;
		this.source = null;
		this.waiters.wake();
	}

	/** Can the trailers be told at once: the body is read to its end, and has none? */
	get knownWithoutTrailers(): boolean {
		return this.over && this.error === undefined && this.trailerFields === undefined;
	}

	/** Reads the rest away, then gives the trailers. Throws an HttpErrorCode. */
	async trailersAfterRest(): Promise<HttpFields | null> {
		const forever = new AbortController().signal;
		this.chunk = NOTHING;
		while (!this.over) {
			await this.wait(forever);
			this.chunk = NOTHING;
		}
		if (this.error !== undefined) throw this.error;
		try {
			return (await this.trailerFields) ?? null;
		} catch (error) {
			throw asErrorCode(error, this.failure);
		}
	}
}

/** The guest's end of it. */
export class BodyInputStream implements InputStream {
	private readonly body: IncomingBody;

	constructor(body: IncomingBody) {
		this.body = body;
		body.streamTaken = true;
		body.streamAlive = true;
		body.pull();
	}

	read(max: number): Uint8Array | StreamEnd {
		return this.body.read(max);
	}

	ready(): boolean {
		this.body.pull();
		return this.body.settled;
	}

	wait(signal: AbortSignal): Promise<void> {
		return this.body.wait(signal);
	}

	dispose(): void {
		this.body.streamAlive = false;
	}
}

/** What `incoming-body.finish` gives. The rest of the body is read away only when somebody asks for the trailers. */
export class FutureTrailers implements Pollable {
	private readonly body: IncomingBody;
	private outcome: { trailers: HttpFields | null } | { error: HttpErrorCode } | undefined;
	private started = false;
	private consumed = false;
	private readonly waiters = new Waiters();

	constructor(body: IncomingBody) {
		this.body = body;
	}

	private start(): void {
		if (this.started) return;
		this.started = true;
		if (this.body.knownWithoutTrailers) this.outcome = { trailers: null };
		else
			this.body.trailersAfterRest().then(
				(trailers) => this.settle({ trailers }),
				(error: HttpErrorCode) => this.settle({ error }),
			);
	}

	private settle(outcome: { trailers: HttpFields | null } | { error: HttpErrorCode }): void {
		this.outcome = outcome;
		this.waiters.wake();
	}

	/** Undefined if they are not there yet, `taken` if they were given before. */
	take(): { trailers: HttpFields | null } | { error: HttpErrorCode } | "taken" | undefined {
		this.start();
		if (this.consumed) return "taken";
		this.consumed = this.outcome !== undefined;
		return this.outcome;
	}

	ready(): boolean {
		this.start();
		return this.outcome !== undefined;
	}

	wait(signal: AbortSignal): Promise<void> {
		return this.ready() ? Promise.resolve() : this.waiters.wait(signal);
	}

	dispose(): void {
		this.body.abandon();
	}
}
