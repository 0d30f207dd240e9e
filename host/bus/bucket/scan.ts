/** One look at everything in a bucket's folder. */
import type { BigIntStats, Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { encodeKey, isIgnored, type KeyFilter, matches } from "./key.ts";

export interface FileSeen {
	key: string;
	/** Absolute. Names may be no UTF-8. */
	path: Buffer;
	stats: BigIntStats;
}

export interface Scan {
	files: Map<string, FileSeen>;
	/** Keys of folders that could not be read, with a `/` at their end: nothing is known of what is in them. */
	unread: string[];
}

/** `lstat` calls at once: enough to fill the thread pool. */
const AT_ONCE = 32;
const SLASH = Buffer.from("/");
const GONE = new Set(["ENOENT", "ENOTDIR"]);

/**
 * Finds the bucket's objects: regular files, in folders of any depth. Links are not followed, so nothing outside can be
 * among them. `visit` is told each folder before it is read. Rejects if the bucket's own folder cannot be read.
 */
export async function scan(folder: Buffer, filter: KeyFilter, visit: (folder: Buffer) => void): Promise<Scan> {
	const result: Scan = { files: new Map(), unread: [] };
	const relative = (path: Buffer): Buffer => path.subarray(folder.length + 1);
	const folders = [folder];
	for (let current = folders.pop(); current !== undefined; current = folders.pop()) {
		visit(current);
		const entries = await list(current).catch((error: NodeJS.ErrnoException) => {
			if (current === folder) throw error;
			if (!GONE.has(error.code ?? "")) result.unread.push(`${encodeKey(relative(current!))}/`);
			return [];
		});
		const files: Buffer[] = [];
		for (const entry of entries) {
			if (isIgnored(entry.name)) continue;
			const path = Buffer.concat([current, SLASH, entry.name]);
			if (entry.isDirectory()) folders.push(path);
			else if (entry.isFile() && matches(relative(path), filter)) files.push(path);
		}
		for (const { path, stats } of await statAll(files)) {
			const key = encodeKey(relative(path));
			result.files.set(key, { key, path, stats });
		}
	}
	return result;
}

function list(folder: Buffer): Promise<Dirent<Buffer>[]> {
	return readdir(folder, { encoding: "buffer", withFileTypes: true });
}

async function statAll(paths: readonly Buffer[]): Promise<{ path: Buffer; stats: BigIntStats }[]> {
	const found: { path: Buffer; stats: BigIntStats }[] = [];
	for (let start = 0; start < paths.length; start += AT_ONCE) {
		const some = paths.slice(start, start + AT_ONCE);
		// A file that went meanwhile is not there.
		const stats = await Promise.all(some.map((path) => lstat(path, { bigint: true }).catch(() => null)));
		stats.forEach((it, index) => {
			if (it?.isFile()) found.push({ path: some[index]!, stats: it });
		});
	}
	return found;
}
