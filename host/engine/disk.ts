/** Files that are whole or not there: written aside, synced, then given their name. */
import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Where something is written before it gets its name; it says whose it is. */
function asideOf(path: string): string {
	return `${path}.${process.pid}.${randomUUID()}.tmp`;
}

/**
 * Is a name in a folder something that is being written, by a process that lives? Several workers share the folders; what a
 * process that is gone left half-written is nobody's.
 */
export function isBeingWritten(name: string): boolean {
	const pid = /\.([0-9]+)\.[0-9a-f-]{36}\.tmp$/.exec(name)?.[1];
	return pid !== undefined && isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		// EPERM: it is there, and somebody else's.
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}

/** Removes what crashes left half-written in a folder. */
export async function clearAside(folder: string): Promise<void> {
	const left = (await readdir(folder)).filter((name) => name.endsWith(".tmp") && !isBeingWritten(name));
	for (const name of left) await rm(join(folder, name), { recursive: true, force: true });
}

/** Writes a file and waits until it is on the disk, under a name that nothing reads yet. */
export async function writeSynced(path: string, pieces: readonly Uint8Array[], mode: number): Promise<void> {
	const file = await open(path, "wx", mode);
	try {
		for (const piece of pieces) await file.writeFile(piece);
		await file.sync();
	} finally {
		await file.close();
	}
}

/** A rename is on the disk once its folder is. */
export async function syncFolder(folder: string): Promise<void> {
	const handle = await open(folder, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/** Writes a file, of one piece or several, that is there whole, or not at all, whenever the power goes. */
export async function writeWhole(
	path: string,
	content: Uint8Array | readonly Uint8Array[],
	mode = 0o600,
): Promise<void> {
	const aside = asideOf(path);
	try {
		await writeSynced(aside, content instanceof Uint8Array ? [content] : content, mode);
		await rename(aside, path);
	} catch (error) {
		await rm(aside, { force: true });
		throw error;
	}
	await syncFolder(dirname(path));
}

/**
 * The same for a folder of files. If there is one of that name, its files are replaced one by one, in the map's order: at no
 * time is one of them missing.
 */
export async function writeWholeFolder(path: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
	const aside = asideOf(path);
	try {
		await mkdir(aside, { mode: 0o700 });
		for (const [name, bytes] of files) await writeSynced(join(aside, name), [bytes], 0o600);
		await syncFolder(aside);
		await rename(aside, path).catch(async (error: NodeJS.ErrnoException) => {
			if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
			for (const name of files.keys()) await rename(join(aside, name), join(path, name));
			await syncFolder(path);
			await rm(aside, { recursive: true });
		});
	} catch (error) {
		await rm(aside, { recursive: true, force: true });
		throw error;
	}
	await syncFolder(dirname(path));
}

/**
 * Makes a folder that is there whole, or not at all. `fill` puts into it what it syncs itself, `fill`'s folders included. If there
 * is a folder of that name already, that one stays.
 */
export async function makeWholeFolder(path: string, fill: (aside: string) => Promise<void>): Promise<void> {
	const aside = asideOf(path);
	try {
		await mkdir(aside, { recursive: true, mode: 0o700 });
		await fill(aside);
		await syncFolder(aside);
		await rename(aside, path);
	} catch (error) {
		await rm(aside, { recursive: true, force: true });
		const { code } = error as NodeJS.ErrnoException;
		if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
	}
	await syncFolder(dirname(path));
}
