/**
 * Files of the folders that the function was given, as `node:fs/promises` and `node:fs` name the calls (the builder maps
 * both to this). Paths are absolute; what lies outside of every given folder is ENOENT, as if it were not there.
 */
import { Buffer } from "./buffer.ts";
import { directories } from "./host.ts";
import { encodeUtf8 } from "./text.ts";

type Encoding = "utf8" | "utf-8" | "base64" | "hex" | "latin1";
type ReadOptions = Encoding | { encoding?: Encoding | null } | null;

export interface Stats {
	/** Bytes. */
	size: number;
	mtimeMs: number;
	mtime: Date;
	isFile(): boolean;
	isDirectory(): boolean;
}

/** Bytes that are asked for, or handed over, at once. */
const CHUNK = 64 * 1024;

/** WASI's error codes that have another name in Node.js; of the others, the name is the code without dashes. */
const CODES: Record<string, string> = {
	"no-entry": "ENOENT",
	access: "EACCES",
	"not-permitted": "EPERM",
	exist: "EEXIST",
	"is-directory": "EISDIR",
	"not-directory": "ENOTDIR",
	"not-empty": "ENOTEMPTY",
	"read-only": "EROFS",
	"insufficient-space": "ENOSPC",
	"file-too-large": "EFBIG",
	"bad-descriptor": "EBADF",
	"name-too-long": "ENAMETOOLONG",
	invalid: "EINVAL",
};

/** A file's bytes, or its text if an encoding is given. Throws errors with `code`, `syscall` and `path`. */
export function readFileSync(path: string, options?: ReadOptions): Buffer | string {
	const bytes = withFile("open", path, { read: true }, {}, readAll);
	const encoding = typeof options === "string" ? options : options?.encoding;
	return encoding ? bytes.toString(encoding) : bytes;
}

/** Replaces a file or makes it. */
export function writeFileSync(path: string, data: string | Uint8Array): void {
	const bytes = typeof data === "string" ? encodeUtf8(data) : data;
	withFile("open", path, { write: true }, { create: true, truncate: true }, (file) => {
		let at = 0;
		while (at < bytes.length) at += file.write(bytes.slice(at, at + CHUNK), at);
	});
}

/** The names in a folder, in no order. */
export function readdirSync(path: string): string[] {
	return withFile("scandir", path, { read: true }, { directory: true }, (folder) => {
		using entries = folder.readDirectory();
		const names: string[] = [];
		for (let entry = entries.readDirectoryEntry(); entry !== null; entry = entries.readDirectoryEntry())
			names.push(entry.name);
		return names;
	});
}

export function statSync(path: string): Stats {
	const { folder, rest } = locate("stat", path);
	const stat = guarded("stat", path, () =>
		rest === "" ? folder.stat() : folder.statAt({ symlinkFollow: true }, rest),
	);
	const modified = stat.dataModificationTimestamp;
	const mtimeMs = modified === null ? 0 : modified.seconds * 1000 + modified.nanoseconds / 1e6;
	return {
		size: stat.size,
		mtimeMs,
		mtime: new Date(mtimeMs),
		isFile: () => stat.type === "regular-file",
		isDirectory: () => stat.type === "directory",
	};
}

export function existsSync(path: string): boolean {
	try {
		statSync(path);
		return true;
	} catch {
		return false;
	}
}

export const readFile = async (path: string, options?: ReadOptions) => readFileSync(path, options);
export const writeFile = async (path: string, data: string | Uint8Array) => writeFileSync(path, data);
export const readdir = async (path: string) => readdirSync(path);
export const stat = async (path: string) => statSync(path);

export const promises = { readFile, writeFile, readdir, stat };
export default { readFileSync, writeFileSync, readdirSync, statSync, existsSync, promises, ...promises };

function readAll(file: Descriptor): Buffer {
	const parts: Uint8Array[] = [];
	let length = 0;
	for (;;) {
		const [bytes, end] = file.read(CHUNK, length);
		parts.push(bytes);
		length += bytes.length;
		if (end || bytes.length === 0) return Buffer.concat(parts, length);
	}
}

type OpenFlags = Parameters<Descriptor["openAt"]>[2];
type AccessFlags = Parameters<Descriptor["openAt"]>[3];

function withFile<T>(
	syscall: string,
	path: string,
	access: AccessFlags,
	open: OpenFlags,
	use: (file: Descriptor) => T,
): T {
	const { folder, rest } = locate(syscall, path);
	return guarded(syscall, path, () => {
		using file = folder.openAt({ symlinkFollow: true }, rest || ".", open, access);
		return use(file);
	});
}

let folders: [Descriptor, string][] | undefined;

/** The given folder that a path lies in, the deepest if there are several, and the rest of the path. */
function locate(syscall: string, path: string): { folder: Descriptor; rest: string } {
	folders ??= directories();
	const wanted = normalize(path);
	let best: { folder: Descriptor; rest: string; depth: number } | undefined;
	for (const [folder, at] of folders) {
		const base = normalize(at);
		const inside = base.every((part, index) => wanted[index] === part);
		if (inside && base.length >= (best?.depth ?? 0)) {
			best = { folder, rest: wanted.slice(base.length).join("/"), depth: base.length };
		}
	}
	if (!best) throw systemError("ENOENT", "no such file or directory", syscall, path);
	return best;
}

function normalize(path: string): string[] {
	const parts: string[] = [];
	for (const part of path.split("/")) {
		if (part === "..") parts.pop();
		else if (part !== "" && part !== ".") parts.push(part);
	}
	return parts;
}

function guarded<T>(syscall: string, path: string, action: () => T): T {
	try {
		return action();
	} catch (error) {
		const reason = (error as { payload?: unknown } | null)?.payload;
		if (typeof reason !== "string") throw error;
		throw systemError(
			CODES[reason] ?? `E${reason.replaceAll("-", "").toUpperCase()}`,
			reason.replaceAll("-", " "),
			syscall,
			path,
		);
	}
}

function systemError(code: string, text: string, syscall: string, path: string): Error {
	return Object.assign(new Error(`${code}: ${text}, ${syscall} '${path}'`), { code, syscall, path });
}
