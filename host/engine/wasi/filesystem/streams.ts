/** Streams over open files: one operation at a time under way, and at most one chunk of bytes held. */
import { getSystemErrorMessage } from "node:util";
import { STREAM_CHUNK } from "../io/limits.ts";
import { type InputStream, IoError, type OutputStream, type StreamEnd } from "../io/types.ts";
import { codeOf, errnoOf } from "./errors.ts";
import type { OpenHandle } from "./handle.ts";
import type { Quota } from "./quota.ts";

const EMPTY = new Uint8Array();

/** What both directions share: the handle they hold, the operation under way, and how it ended. */
class FileStream {
	protected readonly handle: OpenHandle;
	private readonly onClose: () => void;
	private pending: Promise<void> | undefined;
	private end: StreamEnd | undefined;
	private disposed = false;

	/** Takes over one use of the handle. `onClose` is called once. */
	constructor(handle: OpenHandle, onClose: () => void) {
		this.handle = handle;
		this.onClose = onClose;
	}

	protected get busy(): boolean {
		return this.pending !== undefined;
	}

	protected get ended(): boolean {
		return this.end !== undefined;
	}

	/** Starts an operation, unless one is under way. A failure ends the stream. */
	protected start(run: (handle: OpenHandle) => Promise<void>): void {
		if (this.pending !== undefined || this.end !== undefined) return;
		const failed = (error: unknown) => {
			this.end = failure(error);
		};
		this.pending = this.handle
			.during(run)
			.catch(failed)
			.finally(() => {
				this.pending = undefined;
			});
	}

	protected close(): void {
		this.end ??= "closed";
	}

	/** How the stream ended. A failure is told once, and the stream is closed from then on. */
	protected takeEnd(): StreamEnd | undefined {
		const end = this.end;
		if (end !== undefined) this.end = "closed";
		return end;
	}

	/** The operation under way ends by itself, soon, so that there is nothing to cancel. */
	protected settled(): Promise<void> {
		return this.pending ?? Promise.resolve();
	}

	dispose(): void {
		if (this.disposed) return;
		this.disposed = true;
		this.close();
		this.onClose();
		this.handle.release();
	}
}

/** A failed call in the system's words, without the host's path. Anything else that is thrown fails as `EIO`. */
function failure(error: unknown): IoError {
	const errno = errnoOf(error);
	if (errno === undefined) return new IoError("input/output error", "EIO", error);
	return new IoError(getSystemErrorMessage((error as { errno: number }).errno), errno, codeOf(error));
}

/** Reads a file from an offset on. */
export class FileInput extends FileStream implements InputStream {
	private offset: bigint;
	private buffered: Uint8Array = EMPTY;

	constructor(handle: OpenHandle, offset: bigint, onClose: () => void) {
		super(handle, onClose);
		this.offset = offset;
	}

	read(max: number): Uint8Array | StreamEnd {
		if (this.buffered.length > 0) {
			const bytes = this.buffered.subarray(0, max);
			this.buffered = this.buffered.subarray(bytes.length);
			return bytes;
		}
		const end = this.takeEnd();
		if (end !== undefined) return end;
		if (max > 0) this.fetch(max);
		return EMPTY;
	}

	ready(): boolean {
		return this.buffered.length > 0 || this.ended;
	}

	wait(_signal: AbortSignal): Promise<void> {
		if (!this.ready()) this.fetch(STREAM_CHUNK);
		return this.settled();
	}

	private fetch(size: number): void {
		this.start(async (handle) => {
			const buffer = new Uint8Array(Math.min(size, STREAM_CHUNK));
			const { bytesRead } = await handle.file.read(buffer, 0, buffer.length, this.offset);
			this.offset += BigInt(bytesRead);
			this.buffered = buffer.subarray(0, bytesRead);
			if (bytesRead === 0) this.close();
		});
	}
}

/** Writes a file from an offset on, or, without one, where its handle appends. */
export class FileOutput extends FileStream implements OutputStream {
	private offset: bigint | null;
	private readonly quota: Quota | undefined;

	constructor(handle: OpenHandle, offset: bigint | null, onClose: () => void, quota?: Quota) {
		super(handle, onClose);
		this.offset = offset;
		this.quota = quota;
	}

	checkWrite(): number | StreamEnd {
		return this.takeEnd() ?? (this.busy ? 0 : STREAM_CHUNK);
	}

	write(bytes: Uint8Array): StreamEnd | undefined {
		const end = this.takeEnd();
		if (end === undefined && bytes.length > 0) {
			const copy = bytes.slice();
			this.start((handle) => this.put(handle, copy));
		}
		return end;
	}

	/** Nothing is kept back: what is being written is all that there is to flush. */
	flush(): StreamEnd | undefined {
		return this.takeEnd();
	}

	ready(): boolean {
		return !this.busy;
	}

	wait(_signal: AbortSignal): Promise<void> {
		return this.settled();
	}

	private async put(handle: OpenHandle, bytes: Uint8Array): Promise<void> {
		if (this.offset === null) await this.quota?.reserve(bytes.length);
		else await this.quota?.reserveFor(handle, Number(this.offset) + bytes.length);
		for (let at = 0; at < bytes.length; ) {
			const { bytesWritten } = await handle.file.write(bytes, at, bytes.length - at, this.position());
			at += bytesWritten;
			if (this.offset !== null) this.offset += BigInt(bytesWritten);
		}
	}

	private position(): number | null {
		return this.offset === null ? null : Number(this.offset);
	}
}
