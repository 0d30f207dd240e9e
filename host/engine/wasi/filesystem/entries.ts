import type { Dir, Dirent } from "node:fs";
import { opendir } from "node:fs/promises";
import { ResourceKind } from "../../handles.ts";
import { FsError } from "./errors.ts";
import type { OpenHandle } from "./handle.ts";
import { type EntryType, typeOf } from "./metadata.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export interface Entry {
	type: EntryType;
	name: string;
}

/** `directory-entry-stream`: a folder's entries without `.` and `..`, a few read ahead. */
export class EntryStream {
	private readonly folder: Dir;
	private readonly onClose: () => void;
	private reading: Promise<unknown> = Promise.resolve();
	private closed = false;

	private constructor(folder: Dir, onClose: () => void) {
		this.folder = folder;
		this.onClose = onClose;
	}

	static async of(handle: OpenHandle, onClose: () => void): Promise<EntryStream> {
		// Names as bytes: Linux allows any, WASI only those that are UTF-8.
		const folder = await opendir(handle.path, { encoding: "buffer" as BufferEncoding });
		return new EntryStream(folder, onClose);
	}

	/** The next entry; undefined after the last. A name that is not UTF-8 is refused, and the one after it comes next. */
	async next(): Promise<Entry | undefined> {
		if (this.closed) throw new FsError("bad-descriptor");
		const reading = this.folder.read();
		this.reading = reading.catch(() => {});
		const entry = await reading;
		return entry === null ? undefined : { type: typeOf(entry), name: nameOf(entry) };
	}

	close(): void {
		if (this.closed) return;
		this.closed = true;
		this.onClose();
		void this.reading.then(() => this.folder.close()).catch(() => {});
	}
}

function nameOf(entry: Dirent): string {
	try {
		return utf8.decode(entry.name as unknown as Uint8Array);
	} catch {
		throw new FsError("illegal-byte-sequence");
	}
}

export const entryStreamKind = new ResourceKind<EntryStream>("wasi:filesystem/types#directory-entry-stream", {
	dispose: (it) => it.close(),
});
