/** A file that is appended to, and rotated: `NAME.log` and one older `NAME.1.log`. */
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

const NEWLINE = 10;

/** Where the lines of one log are kept. */
export interface LogFile {
	/** Most bytes of one `append`. */
	readonly maxBytes: number;
	/** Appends whole lines. */
	append(lines: Buffer): Promise<void>;
	/** Nothing is to be appended for now. */
	rest(): Promise<void>;
	/** Lets go of what `append` holds open. */
	close(): Promise<void>;
	/** What there is, open for reading, oldest first, with the bytes that it has now. */
	view(): Promise<{ handle: FileHandle; size: number }[]>;
	remove(): Promise<void>;
}

/** Files that are kept open between bursts, in the order of their last use: there may be more functions than a process may have files open. */
const resting = new Map<RotatedFile, NodeJS.Timeout>();
const MAX_RESTING = 100;
/** How long a file that nothing is written to stays open, ms. */
const REST_MS = 2000;

/** Not for use at once: its methods are called one after the other. */
export class RotatedFile implements LogFile {
	readonly #current: string;
	readonly #older: string;
	readonly maxBytes: number;
	#handle: FileHandle | null = null;
	#size = 0;
	/** Whether the file may end in half a line: after a crash, or after a write that failed. */
	#torn = true;

	constructor(path: string, maxBytes: number) {
		this.#current = `${path}.log`;
		this.#older = `${path}.1.log`;
		this.maxBytes = maxBytes;
	}

	/** Appends whole lines; the older file goes when the current one would grow beyond its limit. Keeps the file open. */
	async append(lines: Buffer): Promise<void> {
		let handle = await this.#open();
		if (this.#size > 0 && this.#size + lines.length > this.maxBytes) handle = await this.#rotate();
		const torn = this.#torn && (await endsHalfway(handle, this.#size));
		this.#torn = true;
		await handle.appendFile(torn ? Buffer.concat([Buffer.from("\n"), lines]) : lines);
		this.#torn = false;
		this.#size += lines.length + (torn ? 1 : 0);
	}

	/** The file stays open for a while. */
	async rest(): Promise<void> {
		this.#wake();
		if (this.#handle === null) return;
		resting.set(this, setTimeout(() => void this.close().catch(() => {}), REST_MS).unref());
		if (resting.size > MAX_RESTING) await resting.keys().next().value!.close();
	}

	#wake(): void {
		clearTimeout(resting.get(this));
		resting.delete(this);
	}

	async close(): Promise<void> {
		this.#wake();
		const handle = this.#handle;
		this.#handle = null;
		await handle?.close();
	}

	/** Older and current file, open for reading, with the bytes that they have now; without those that are not there. */
	async view(): Promise<{ handle: FileHandle; size: number }[]> {
		const files: { handle: FileHandle; size: number }[] = [];
		for (const path of [this.#older, this.#current]) {
			const handle = await openIfThere(path);
			if (handle) files.push({ handle, size: (await handle.stat()).size });
		}
		return files;
	}

	async remove(): Promise<void> {
		await this.close();
		await rm(this.#older, { force: true });
		await rm(this.#current, { force: true });
		this.#torn = true;
	}

	async #open(): Promise<FileHandle> {
		this.#wake();
		if (this.#handle) return this.#handle;
		this.#handle = await openForAppend(this.#current);
		this.#size = (await this.#handle.stat()).size;
		return this.#handle;
	}

	async #rotate(): Promise<FileHandle> {
		await this.close();
		await rename(this.#current, this.#older);
		return this.#open();
	}
}

/** Logs are their owner's alone: 0600 in a folder of 0700. */
async function openForAppend(path: string): Promise<FileHandle> {
	try {
		return await open(path, "a+", 0o600);
	} catch (error) {
		if (!isMissing(error)) throw error;
		await mkdir(dirname(path), { recursive: true, mode: 0o700 });
		return open(path, "a+", 0o600);
	}
}

async function openIfThere(path: string): Promise<FileHandle | null> {
	try {
		return await open(path, "r");
	} catch (error) {
		if (isMissing(error)) return null;
		throw error;
	}
}

async function endsHalfway(handle: FileHandle, size: number): Promise<boolean> {
	if (size === 0) return false;
	const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
	return buffer[0] !== NEWLINE;
}

function isMissing(error: unknown): boolean {
	return error instanceof Error && "code" in error && error.code === "ENOENT";
}
