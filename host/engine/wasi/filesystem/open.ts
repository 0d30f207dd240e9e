import { constants } from "node:fs";
import type { Guest } from "../types.ts";
import { admit } from "./budget.ts";
import { Descriptor, type Rights } from "./descriptor.ts";
import { errnoOf, FsError } from "./errors.ts";
import type { OpenHandle } from "./handle.ts";
import { ENTRY } from "./quota.ts";
import { type Place, withPlace } from "./resolve.ts";

/** `open-flags`. */
const CREATE = 1;
const DIRECTORY = 2;
const EXCLUSIVE = 4;
const TRUNCATE = 8;
/** `descriptor-flags`; `mutate-directory` (32) follows from the mount, as in wasmtime. */
const READ = 1;
const WRITE = 2;
const FILE_SYNC = 4;
const DATA_SYNC = 8;
const WRITE_SYNC = 16;

/** How often opening starts again when the entry changes between the look at it and the opening. */
const ATTEMPTS = 8;
const { O_CREAT, O_DSYNC = 0, O_EXCL, O_RDONLY, O_RDWR, O_SYNC = 0, O_TRUNC, O_WRONLY } = constants;

/** What `open-at` was asked for. */
export interface OpenRequest {
	path: string;
	follow: boolean;
	/** `open-flags`, as bits. */
	open: number;
	/** `descriptor-flags`, as bits. */
	flags: number;
}

/** `descriptor.open-at`. Regular files and folders only: pipes, sockets and devices are `unsupported`. */
export async function openAt(guest: Guest, base: Descriptor, request: OpenRequest): Promise<Descriptor> {
	const { open, flags } = request;
	base.expectDirectory();
	if (open & DIRECTORY && open & (CREATE | EXCLUSIVE | TRUNCATE)) throw new FsError("invalid");
	if (open & (CREATE | TRUNCATE) || flags & WRITE) base.expectMutable();
	const close = admit(guest);
	try {
		return await base.use((handle) => attempt(handle, base.rights, request, close));
	} catch (error) {
		close();
		throw error;
	}
}

/** What a descriptor has of its mount. */
type MountRights = Pick<Rights, "mutate" | "quota">;

function rightsOf({ mutate, quota }: MountRights): MountRights {
	return { mutate, quota };
}

async function attempt(
	base: OpenHandle,
	mount: MountRights,
	request: OpenRequest,
	close: () => void,
): Promise<Descriptor> {
	// An exclusive creation never follows a link: the link is what exists.
	const follow = request.follow && !(request.open & CREATE && request.open & EXCLUSIVE);
	for (let i = 0; i < ATTEMPTS; i++) {
		const found = await withPlace(base, request.path, follow ? "follow" : "look", (place) =>
			openPlace(place, mount, request, close),
		);
		if (found !== undefined) return found;
	}
	throw new FsError("busy");
}

/** Opens what is there or creates it; undefined if it changed meanwhile. */
async function openPlace(
	place: Place,
	mount: MountRights,
	request: OpenRequest,
	close: () => void,
): Promise<Descriptor | undefined> {
	const { folder, name, stats } = place;
	const { open, flags } = request;
	if (stats === undefined) return create(place, mount, request, close);
	if (open & CREATE && open & EXCLUSIVE) throw new FsError("exist");
	if (stats.isSymbolicLink()) throw new FsError("loop");
	if (stats.isDirectory()) {
		if (flags & WRITE || open & (CREATE | TRUNCATE)) throw new FsError("is-directory");
		const rights: Rights = { ...rightsOf(mount), read: true, write: false, sync: 0 };
		const handle = await unlessChanged(folder.step(name), ["ENOTDIR", "ENOENT", "ELOOP"]);
		return handle && Descriptor.opened(handle, true, rights, close);
	}
	if (open & DIRECTORY) throw new FsError("not-directory");
	if (!stats.isFile()) throw new FsError("unsupported");
	const truncate = open & TRUNCATE ? O_TRUNC : 0;
	const handle = await unlessChanged(folder.open(name, accessOf(flags) | truncate), ["ELOOP", "ENOENT", "EISDIR"]);
	if (handle && truncate) mount.quota?.release(Number(stats.size));
	return handle && opened(handle, mount, flags, close);
}

async function create(
	{ folder, name, slash }: Place,
	mount: MountRights,
	{ open, flags }: OpenRequest,
	close: () => void,
): Promise<Descriptor | undefined> {
	if (!(open & CREATE) || slash) throw new FsError("no-entry");
	await mount.quota?.reserve(ENTRY);
	const handle = await unlessChanged(folder.open(name, accessOf(flags) | O_CREAT | O_EXCL, 0o666), ["EEXIST"]);
	return handle && opened(handle, mount, flags, close);
}

/** Looks again at what was opened: between the look and the opening it may have become something else. */
async function opened(handle: OpenHandle, mount: MountRights, flags: number, close: () => void): Promise<Descriptor> {
	try {
		if (!(await handle.file.stat()).isFile()) throw new FsError("unsupported");
	} catch (error) {
		handle.release();
		throw error;
	}
	const write = (flags & WRITE) !== 0;
	const rights: Rights = {
		...rightsOf(mount),
		read: (flags & READ) !== 0 || !write,
		write,
		sync: flags & (FILE_SYNC | DATA_SYNC | WRITE_SYNC),
	};
	return Descriptor.opened(handle, false, rights, close);
}

/** What is opened neither for reading nor for writing is opened for reading, as in wasmtime. */
function accessOf(flags: number): number {
	const sync = flags & (FILE_SYNC | WRITE_SYNC) ? O_SYNC : flags & DATA_SYNC ? O_DSYNC : 0;
	if (!(flags & WRITE)) return O_RDONLY | sync;
	return (flags & READ ? O_RDWR : O_WRONLY) | sync;
}

async function unlessChanged(opening: Promise<OpenHandle>, signs: readonly string[]): Promise<OpenHandle | undefined> {
	try {
		return await opening;
	} catch (error) {
		if (signs.includes(errnoOf(error) ?? "")) return undefined;
		throw error;
	}
}
