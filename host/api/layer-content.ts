/** The files of layers, in the data folder: each layer's unpacked, and those of several put together. Their zips bring them back. */
import { copyFile, link, mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Entry } from "yauzl";
import type { Config } from "../config.ts";
import { findUpload, type NeededContent } from "../content.ts";
import { makeWholeFolder, syncFolder, writeSynced } from "../engine/disk.ts";
import { invalid } from "../errors.ts";
import { layersFolder } from "../invoker/content.ts";
import { inflate, nameOf, readZip, type Zip } from "./zip.ts";

type Data = Pick<Config, "data">;

/** Files and folders in a layer's zip. */
const MAX_ENTRIES = 20_000;
/** Longest path in a layer, and longest name on the way, bytes: what file systems take. */
const MAX_PATH = 1024;
const MAX_NAME = 255;
/** Deepest folder; a guest's path may have more components than that (`MAX_DEPTH` of the host's `wasi:filesystem`). */
const MAX_DEPTH = 64;

/** Unpacks a layer into its folder; on disk when it resolves. Gives the bytes of its files. Throws InvalidParameterValueException. */
export async function unpackLayer(data: Data, codeSha256: string, bytes: Uint8Array): Promise<number> {
	return readZip(bytes, MAX_ENTRIES, async (zip) => {
		const plan = planOf(zip);
		const folder = layersFolder(data, [codeSha256]);
		if (!(await isFolder(folder))) await makeLayersFolder(folder, (aside) => unpack(zip, plan, aside));
		return zip.unzippedSize;
	});
}

/** Puts the files of several layers together, a later one's in the place of an earlier one's; on disk when it resolves. */
export async function mergeLayers(data: Data, codeSha256s: readonly string[]): Promise<void> {
	if (codeSha256s.length < 2) return;
	const folder = layersFolder(data, codeSha256s);
	if (await isFolder(folder)) return;
	await makeLayersFolder(folder, async (aside) => {
		for (const one of codeSha256s) await overlay(layersFolder(data, [one]), aside);
		await syncFolders(aside);
	});
}

/** Makes again what is missing of what is needed, from the zips. What has none stays missing. */
export async function restoreLayers(data: Data, { layers }: NeededContent): Promise<void> {
	for (const [folder, list] of [...layers].sort(([, a], [, b]) => a.length - b.length)) {
		if (await isFolder(folder)) continue;
		if (list.length > 1) await mergeLayers(data, list);
		else {
			const upload = await findUpload(data, list[0]!);
			if (upload !== null) await unpackLayer(data, list[0]!, await readFile(upload.path));
		}
	}
}

async function makeLayersFolder(folder: string, fill: (aside: string) => Promise<void>): Promise<void> {
	await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
	await makeWholeFolder(folder, fill);
}

async function isFolder(path: string): Promise<boolean> {
	try {
		return (await stat(path)).isDirectory();
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
		throw error;
	}
}

/** What to make: folders, an outer one before an inner one, and files. */
interface Plan {
	folders: ReadonlySet<string>;
	files: ReadonlyMap<string, Entry>;
}

/** Checks all names before anything is written. */
function planOf({ entries }: Zip): Plan {
	const folders = new Set<string>();
	const files = new Map<string, Entry>();
	for (const entry of entries) {
		const parts = partsOf(entry);
		const path = parts.join("/");
		for (let depth = 1; depth < parts.length; depth++) folders.add(parts.slice(0, depth).join("/"));
		if (isFolderEntry(entry)) {
			if (path !== "") folders.add(path);
		} else if (files.has(path)) throw invalid(`The zip holds ${nameOf(entry)} twice`);
		else files.set(path, entry);
	}
	for (const path of files.keys())
		if (folders.has(path)) throw invalid(`The zip holds ${path.slice(0, 100)} as a file and as a folder`);
	return { folders, files };
}

/** The components of an entry's name. yauzl has refused `..`, absolute paths and drives, and turned `\` to `/`. */
function partsOf(entry: Entry): string[] {
	const { fileName } = entry;
	const parts = fileName.split("/").filter((it) => it !== "" && it !== ".");
	const tooLong = Buffer.byteLength(fileName) > MAX_PATH || parts.some((it) => Buffer.byteLength(it) > MAX_NAME);
	if (tooLong || parts.length > MAX_DEPTH) throw invalid(`The name of a file in the zip is too long: ${nameOf(entry)}`);
	if (fileName.includes("\0")) throw invalid("The name of a file in the zip has a NUL in it");
	if (parts.length === 0 && !isFolderEntry(entry)) throw invalid("A file in the zip has no name");
	return parts;
}

/** The file type that Unix puts in the upper half of an entry's attributes (APPNOTE.TXT 4.4.15; stat(2)). */
const TYPE = 0o170000;
const FOLDER = 0o040000;
const FILE = 0o100000;
const LINK = 0o120000;

function isFolderEntry(entry: Entry): boolean {
	const type = modeOf(entry) & TYPE;
	if (type === LINK)
		throw invalid(
			`${nameOf(entry)} in the zip is a link, which is not supported: zip what it leads to (zip without -y)`,
		);
	if (type !== 0 && type !== FILE && type !== FOLDER)
		throw invalid(`${nameOf(entry)} in the zip is no file and no folder`);
	return type === FOLDER || entry.fileName.endsWith("/");
}

function modeOf({ externalFileAttributes }: Entry): number {
	return externalFileAttributes >>> 16;
}

/** Bytes that are written at once, and files. */
const BATCH_BYTES = 16 * 2 ** 20;
const BATCH_FILES = 64;

async function unpack(zip: Zip, { folders, files }: Plan, to: string): Promise<void> {
	for (const folder of folders) await mkdir(join(to, folder), { recursive: true, mode: 0o700 });
	let batch: Promise<void>[] = [];
	let bytes = 0;
	try {
		for (const [path, entry] of files) {
			const content = await inflate(zip, entry);
			batch.push(writeSynced(join(to, path), [content], modeOf(entry) & 0o111 ? 0o700 : 0o600));
			bytes += content.length;
			if (batch.length < BATCH_FILES && bytes < BATCH_BYTES) continue;
			await Promise.all(batch);
			[batch, bytes] = [[], 0];
		}
	} finally {
		// What is removed after a failure must not be written any more.
		await Promise.allSettled(batch);
	}
	await Promise.all(batch);
	await syncFolders(to);
}

/** Puts a folder's files into another, as further names of the same files; nobody ever changes them. */
async function overlay(from: string, to: string): Promise<void> {
	for (const entry of await readdir(from, { withFileTypes: true })) {
		const [source, target] = [join(from, entry.name), join(to, entry.name)];
		if (entry.isDirectory()) {
			if (!(await isFolder(target))) await rm(target, { force: true });
			await mkdir(target, { recursive: true, mode: 0o700 });
			await overlay(source, target);
		} else {
			await rm(target, { recursive: true, force: true });
			await link(source, target).catch(() => copy(source, target));
		}
	}
}

/** Where a file cannot have another name: other file systems, too many names. */
async function copy(source: string, target: string): Promise<void> {
	await copyFile(source, target);
	const file = await open(target, "r");
	await file.sync().finally(() => file.close());
}

async function syncFolders(folder: string): Promise<void> {
	for (const entry of await readdir(folder, { withFileTypes: true }))
		if (entry.isDirectory()) await syncFolders(join(folder, entry.name));
	await syncFolder(folder);
}
