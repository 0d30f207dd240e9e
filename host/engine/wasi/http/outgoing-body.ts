/** `wasi:http/types.outgoing-body`: a bounded pipe from the guest's writes to whoever reads the message. */
import type { HttpBody, HttpFields } from "../../http.ts";
import type { OutputStream, StreamEnd } from "../io/types.ts";
import type { HeldBytes } from "./budget.ts";
import { Chunks } from "./chunks.ts";
import { type ErrorName, HttpErrorCode, streamError } from "./error-code.ts";
import { Waiters } from "./waiters.ts";

/** How many bytes a guest can be ahead of the reader. */
export const BODY_BUFFER_BYTES = 65_536;

/** Which message the body is of: decides the error of a wrong size. */
export type MessageKind = "request" | "response";

/** Longest body that is kept as a text, bytes. */
const MAX_SHORT = 4096;

interface Reader {
	resolve(result: IteratorResult<Uint8Array, undefined>): void;
	reject(error: HttpErrorCode): void;
}

const DONE: IteratorResult<Uint8Array, undefined> = { done: true, value: undefined };

/**
 * The body of a message that the guest sends. It ends well only by `finish`; a guest that drops it, traps or is ended
 * before makes it fail, and so the message is cut off and never looks complete. Read once, by one reader.
 */
export class OutgoingBody implements HttpBody, AsyncIterator<Uint8Array, undefined> {
	/** The guest has its output stream: `write` gives it once. */
	streamTaken = false;
	/** That stream's handle is not dropped yet. */
	streamAlive = false;
	private state: "open" | "finished" | "failed" | "unread" = "open";
	private error: HttpErrorCode | undefined;
	private trailerFields: HttpFields | null = null;
	/** All that is written and not read, while that is one short piece: text of code units 0-255. */
	private short: string | undefined;
	/** The same, once it is more. Both are made when they are needed: most bodies are one short piece. */
	private pieces: Chunks | undefined;
	/** Counts what is not read yet; undefined once that is no longer the instance's. */
	private held: HeldBytes | undefined;
	private readonly kind: MessageKind;
	/** The length that the headers promise; undefined if none. */
	private readonly expected: number | undefined;
	private written = 0;
	private touched = false;
	private reader: Reader | undefined;
	private readonly writers = new Waiters();
	private onEnd: (() => void)[] | undefined;

	constructor(kind: MessageKind, expected: number | undefined, held: HeldBytes) {
		this.kind = kind;
		this.expected = expected;
		this.held = held;
	}

	/** How many bytes are written and not read. */
	private get size(): number {
		return this.pieces?.size ?? this.short?.length ?? 0;
	}

	private get chunks(): Chunks {
		if (this.pieces === undefined) {
			this.pieces = new Chunks();
			if (this.short !== undefined) this.pieces.push(Buffer.from(this.short, "latin1"));
			this.short = undefined;
		}
		return this.pieces;
	}

	/** How many bytes the guest may write now. */
	room(): number | StreamEnd {
		return this.state === "open" ? BODY_BUFFER_BYTES - this.size : "closed";
	}

	write(bytes: Uint8Array): StreamEnd | undefined {
		if (this.state !== "open") return "closed";
		if (bytes.length === 0) return undefined;
		this.written += bytes.length;
		if (this.expected !== undefined && this.written > this.expected) return streamError(this.sizeError());
		const reader = this.reader;
		if (reader === undefined) this.keep(bytes);
		else {
			this.reader = undefined;
			reader.resolve({ done: false, value: bytes.slice() });
		}
		return undefined;
	}

	private keep(bytes: Uint8Array): void {
		this.held?.take(bytes.length);
		if (bytes.length <= MAX_SHORT && this.short === undefined && this.pieces === undefined) {
			this.short = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
		} else this.chunks.push(bytes);
	}

	/** Resolves when there may be room, or the body is over. */
	wait(signal: AbortSignal): Promise<void> {
		return this.room() === 0 ? this.writers.wait(signal) : Promise.resolve();
	}

	/** Ends the body well, or gives why that cannot be: it is shorter or longer than the headers promise. */
	finish(trailers: HttpFields | null): HttpErrorCode | undefined {
		if (this.expected !== undefined && this.written !== this.expected) {
			const error = this.sizeError();
			this.fail(error);
			return error;
		}
		this.trailerFields = trailers;
		this.end("finished");
		return undefined;
	}

	private sizeError(): HttpErrorCode {
		const name: ErrorName = this.kind === "request" ? "HTTP-request-body-size" : "HTTP-response-body-size";
		return new HttpErrorCode(name, undefined, this.written);
	}

	/** Cuts the body off: its reader gets what was written, then the error. Nothing happens if it is over already. */
	fail(error: HttpErrorCode): void {
		if (this.state !== "open") return;
		this.error = error;
		this.end("failed");
	}

	private end(state: "finished" | "failed" | "unread"): void {
		if (this.state !== "open") return;
		this.state = state;
		const reader = this.reader;
		this.reader = undefined;
		if (this.error === undefined) reader?.resolve(DONE);
		else reader?.reject(this.error);
		this.writers.wake();
		const waiting = this.onEnd;
		this.onEnd = undefined;
		if (waiting !== undefined) for (const done of waiting) done();
	}

	/** The call is over: what is left to read is its reader's, and no longer counts against the guest. */
	release(): void {
		this.held?.give(this.size);
		this.held = undefined;
	}

	/** Is it over, one way or another? */
	get ended(): boolean {
		return this.state !== "open";
	}

	/** Resolves once it is over: true if it ended well. */
	whenEnded(): Promise<boolean> {
		return this.afterEnd(() => this.state === "finished");
	}

	/** The trailers, once the body is over; null if there are none. */
	trailers(): Promise<HttpFields | null> {
		return this.afterEnd(() => this.trailerFields);
	}

	private afterEnd<T>(value: () => T): Promise<T> {
		return new Promise((resolve) => {
			if (this.ended) resolve(value());
			else {
				this.onEnd ??= [];
				this.onEnd.push(() => resolve(value()));
			}
		});
	}

	buffered(): Uint8Array | undefined {
		return this.takeWhole() ? this.chunks.all() : undefined;
	}

	text(): string | undefined {
		if (this.pieces !== undefined || !this.takeWhole()) return undefined;
		const text = this.short ?? "";
		this.short = undefined;
		return text;
	}

	/** May all of it be taken at once? Then it is nobody's any more. */
	private takeWhole(): boolean {
		if (this.state !== "finished" || this.touched || this.trailerFields !== null) return false;
		this.touched = true;
		this.held?.give(this.size);
		return true;
	}

	[Symbol.asyncIterator](): this {
		return this;
	}

	next(): Promise<IteratorResult<Uint8Array, undefined>> {
		this.touched = true;
		const piece = this.chunks.shift();
		if (piece !== undefined) {
			this.held?.give(piece.length);
			this.writers.wake();
			return Promise.resolve({ done: false, value: piece });
		}
		if (this.state !== "open") return this.lastResult();
		if (this.reader !== undefined) return Promise.reject(new Error("a body is read by one reader, one read at a time"));
		return new Promise((resolve, reject) => {
			this.reader = { resolve, reject };
		});
	}

	/** What a read gives when there are no more bytes: the error once, then the end. */
	private lastResult(): Promise<IteratorResult<Uint8Array, undefined>> {
		const error = this.error;
		this.error = undefined;
		return error === undefined ? Promise.resolve(DONE) : Promise.reject(error);
	}

	/** Nobody reads the rest: the guest's writes fail with `closed`. */
	return(): Promise<IteratorResult<Uint8Array, undefined>> {
		this.error = undefined;
		this.held?.give(this.size);
		this.chunks.clear();
		this.end("unread");
		return Promise.resolve(DONE);
	}
}

/** The guest's end of it. */
export class BodyOutputStream implements OutputStream {
	private readonly body: OutgoingBody;

	constructor(body: OutgoingBody) {
		this.body = body;
		body.streamTaken = true;
		body.streamAlive = true;
	}

	checkWrite(): number | StreamEnd {
		return this.body.room();
	}

	write(bytes: Uint8Array): StreamEnd | undefined {
		return this.body.write(bytes);
	}

	/** Written is flushed, as in wasmtime: a guest that flushes before it sends the headers must not wait for a reader. */
	flush(): StreamEnd | undefined {
		return this.body.ended ? "closed" : undefined;
	}

	ready(): boolean {
		return this.body.room() !== 0;
	}

	wait(signal: AbortSignal): Promise<void> {
		return this.body.wait(signal);
	}

	dispose(): void {
		this.body.streamAlive = false;
	}
}
