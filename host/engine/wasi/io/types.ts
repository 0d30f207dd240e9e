/** The host's side of `wasi:io`: what a stream or pollable is, whichever interface made it. */

/** `wasi:io/error.error`: a failure in words. */
export class IoError {
	readonly message: string;
	/** The errno-like code (`ENOENT`), for `wasi:filesystem`'s `filesystem-error-code`; undefined where there is none. */
	readonly code: string | undefined;
	/** The HTTP error behind it, for `wasi:http`'s `http-error-code`. */
	readonly cause: unknown;

	constructor(message: string, code?: string, cause?: unknown) {
		this.message = message;
		this.code = code;
		this.cause = cause;
	}
}

/** Why a stream gives no more: it ended, or it failed. */
export type StreamEnd = "closed" | IoError;

/** `wasi:io/poll.pollable`. */
export interface Pollable {
	/** Ready now? Never blocks. */
	ready(): boolean;
	/** Resolves once `ready()` may be true. Rejects never. */
	wait(signal: AbortSignal): Promise<void>;
	/** The guest dropped it, or the instance ended: clear timers and listeners. */
	dispose?(): void;
}

/** `wasi:io/streams.input-stream`. */
export interface InputStream {
	/** Up to `max` bytes that are there now; an empty array if none is yet. */
	read(max: number): Uint8Array | StreamEnd;
	/** Set on stdin, which passes through a snapshot. */
	readonly standard?: StandardStream;
	/** True if `read` gives bytes or an end now. */
	ready(): boolean;
	wait(signal: AbortSignal): Promise<void>;
	dispose?(): void;
}

/** `wasi:io/streams.output-stream`. */
export interface OutputStream {
	/** How many bytes `write` takes now: 0 says not ready. */
	checkWrite(): number | StreamEnd;
	/** Takes all of the bytes (at most what `checkWrite` said) and copies what it keeps. */
	write(bytes: Uint8Array): StreamEnd | undefined;
	/** Starts a flush; the stream is ready again when it is done. */
	flush(): StreamEnd | undefined;
	/** Set on stdout and stderr, which pass through a snapshot. */
	readonly standard?: StandardStream;
	/** True if `checkWrite` would give more than 0, or an end. */
	ready(): boolean;
	wait(signal: AbortSignal): Promise<void>;
	dispose?(): void;
}

/** A stream that initialisation may leave open: the three of `wasi:cli`. Made again for each instance of a snapshot. */
export type StandardStream = "stdin" | "stdout" | "stderr";
