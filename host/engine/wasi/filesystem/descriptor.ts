import { ResourceKind } from "../../handles.ts";
import type { Guest, Mount } from "../types.ts";
import { FsError } from "./errors.ts";
import { OpenHandle } from "./handle.ts";
import { type Quota, quotaOf } from "./quota.ts";

/** What may be done with a descriptor. */
export interface Rights {
	/** The file was opened for reading. A folder can always be read. */
	read: boolean;
	/** The file was opened for writing. */
	write: boolean;
	/** The mount may be changed: entries made and removed, times set. */
	mutate: boolean;
	/** What bounds the mount, if anything does. */
	quota: Quota | undefined;
	/** The sync bits of `descriptor-flags`, as they were asked for. */
	sync: number;
}

/** `wasi:filesystem/types.descriptor`: an open file or folder. */
export class Descriptor {
	readonly directory: boolean;
	readonly rights: Readonly<Rights>;
	/** Where the guest sees this mount; set on preopened folders, which are opened when they are first used. */
	readonly preopen: string | undefined;
	private readonly source: OpenHandle | (() => Promise<OpenHandle>);
	private opening: Promise<OpenHandle> | undefined;
	private closed = false;
	private readonly onClose: () => void;

	private constructor(
		directory: boolean,
		rights: Rights,
		source: OpenHandle | (() => Promise<OpenHandle>),
		onClose: () => void,
		preopen?: string,
	) {
		this.directory = directory;
		this.rights = rights;
		this.source = source;
		this.onClose = onClose;
		this.preopen = preopen;
	}

	/** A file or folder that a guest opened. `onClose` is called once, when it is given up. */
	static opened(handle: OpenHandle, directory: boolean, rights: Rights, onClose: () => void): Descriptor {
		return new Descriptor(directory, rights, handle, onClose);
	}

	/** A mount's folder. Without a mount (a snapshot's that is gone) every use of it fails with `bad-descriptor`. */
	static preopened(guestPath: string, mount: Mount | undefined): Descriptor {
		const mutate = mount !== undefined && !mount.readOnly;
		const rights = { read: true, write: false, mutate, quota: mount && quotaOf(mount), sync: 0 };
		const source = async () => {
			if (mount === undefined) throw new FsError("bad-descriptor");
			return OpenHandle.root(mount.host);
		};
		return new Descriptor(true, rights, source, () => {}, guestPath);
	}

	/** Runs an operation on the open handle, which stays open until it is done even if the guest drops the descriptor. */
	async use<T>(run: (handle: OpenHandle) => Promise<T>): Promise<T> {
		const handle = await this.handle();
		if (this.closed) throw new FsError("bad-descriptor");
		return handle.during(run);
	}

	/** One use more of an open file's handle, for a stream over it, which releases it. */
	share(): OpenHandle {
		if (this.closed || !(this.source instanceof OpenHandle)) throw new FsError("bad-descriptor");
		return this.source.retain();
	}

	private async handle(): Promise<OpenHandle> {
		if (this.closed) throw new FsError("bad-descriptor");
		if (this.source instanceof OpenHandle) return this.source;
		this.opening ??= this.source();
		try {
			return await this.opening;
		} catch (error) {
			this.opening = undefined;
			throw error;
		}
	}

	close(): void {
		if (this.closed) return;
		this.closed = true;
		this.onClose();
		if (this.source instanceof OpenHandle) this.source.release();
		this.opening?.then(
			(handle) => handle.release(),
			() => {},
		);
	}

	/** Refuses unless this is a folder. */
	expectDirectory(): this {
		if (!this.directory) throw new FsError("not-directory");
		return this;
	}

	/** Refuses unless this is a file. */
	expectFile(): this {
		if (this.directory) throw new FsError("bad-descriptor");
		return this;
	}

	expectReadable(): this {
		if (!this.expectFile().rights.read) throw new FsError("bad-descriptor");
		return this;
	}

	expectWritable(): this {
		if (!this.expectFile().rights.write) throw new FsError("bad-descriptor");
		return this;
	}

	/** Refuses on a read-only mount. */
	expectMutable(): this {
		if (!this.rights.mutate) throw new FsError("read-only");
		return this;
	}
}

export const descriptorKind = new ResourceKind<Descriptor>("wasi:filesystem/types#descriptor", {
	dispose: (it) => it.close(),
	image: (it) => it.preopen,
	revive: (guestPath, guest) => preopened(guestPath, guest),
});

/** The descriptor of the mount that the guest sees at a path. */
export function preopened(guestPath: string, guest: Guest): Descriptor {
	return Descriptor.preopened(
		guestPath,
		guest.mounts.find((it) => it.guest === guestPath),
	);
}
