import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";

/**
 * Linux gives every open file a path of its own, which leads to that very file whatever happens to its name. So
 * `/proc/self/fd/N/name` is what `openat(N, "name")` is, which Node does not have. Other systems have no such path: there a
 * handle keeps the path that it was opened by, and someone who can swap folders on the host while a guest resolves a path
 * could lead it astray. They are for development alone.
 */
const PROC = process.platform === "linux";
/** Linux's O_PATH: a place in the tree and no right to read it. Node does not export it. */
const O_PATH = PROC ? 0o10000000 : 0;
const { O_DIRECTORY = 0, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = constants;

/** An open file or folder that several users share: the last one to release it closes it. */
export class OpenHandle {
	readonly file: FileHandle;
	/** A path that leads to it, for calls that take none but paths. Valid while the handle is retained. */
	readonly path: string;
	private users = 1;

	private constructor(file: FileHandle, path: string) {
		this.file = file;
		this.path = PROC ? `/proc/self/fd/${file.fd}` : path;
	}

	/** Opens a folder by a path of the host's own, which may have links in it. */
	static async root(path: string): Promise<OpenHandle> {
		const real = PROC ? path : await realpath(path);
		return new OpenHandle(await open(real, O_PATH | O_RDONLY | O_DIRECTORY), real);
	}

	/** Opens an entry of this folder. Never follows a link, and never waits for the other end of a pipe. */
	async open(name: string, flags: number, mode?: number): Promise<OpenHandle> {
		const path = this.at(name);
		return new OpenHandle(await open(path, flags | O_NOFOLLOW | O_NONBLOCK, mode), path);
	}

	/** Opens a folder in this folder as a place to resolve names from. */
	step(name: string): Promise<OpenHandle> {
		return this.open(name, O_PATH | O_RDONLY | O_DIRECTORY);
	}

	/** Opens the same file once more, with other flags. */
	async again(flags: number): Promise<OpenHandle> {
		return new OpenHandle(await open(this.path, flags | O_NONBLOCK), this.path);
	}

	/** The path of an entry. `name` is one component, or `.`. */
	at(name: string): string {
		return `${this.path}/${name}`;
	}

	/** One user more: while an operation runs, no one may close the number that its path holds. */
	retain(): this {
		this.users += 1;
		return this;
	}

	release(): void {
		this.users -= 1;
		if (this.users === 0) void this.file.close().catch(() => {});
	}

	/** Runs an operation with the handle retained. */
	async during<T>(run: (handle: OpenHandle) => Promise<T>): Promise<T> {
		this.retain();
		try {
			return await run(this);
		} finally {
			this.release();
		}
	}
}
