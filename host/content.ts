/** What was uploaded, in the data folder: kept as it came, found again, and removed once nothing needs it. */
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Config } from "./config.ts";
import { clearAside, isBeingWritten, writeWhole } from "./engine/disk.ts";
import { contentName, LAYERS, layersFolder, UPLOADS, uploadPath } from "./invoker/content.ts";
import type { FunctionRecord, LayerReference, LayerVersionRecord } from "./store/types.ts";

type Data = Pick<Config, "data">;

/** Keeps an upload under its digest; on disk when it resolves. */
export async function keepUpload(data: Data, codeSha256: string, bytes: Uint8Array): Promise<void> {
	const path = uploadPath(data, codeSha256);
	if ((await sizeOf(path)) === bytes.length) return;
	await mkdir(dirname(path), { recursive: true, mode: 0o700 });
	await writeWhole(path, bytes);
}

/** Its path, and its size in bytes; null if it is not there. */
export async function findUpload(data: Data, codeSha256: string): Promise<{ path: string; size: number } | null> {
	const path = uploadPath(data, codeSha256);
	const size = await sizeOf(path);
	return size === null ? null : { path, size };
}

async function sizeOf(path: string): Promise<number | null> {
	try {
		return (await stat(path)).size;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
		throw error;
	}
}

/** All that is to stay, as `CodeSha256`. */
export interface NeededContent {
	uploads: Set<string>;
	/** Lists of layers, by the name of their folder. */
	layers: Map<string, readonly string[]>;
}

/** What functions, their versions and the layers need. */
export function neededContent(
	data: Data,
	functions: readonly Pick<FunctionRecord, "codeSha256" | "layers">[],
	layerVersions: readonly Pick<LayerVersionRecord, "codeSha256">[],
): NeededContent {
	const needed: NeededContent = { uploads: new Set(), layers: new Map() };
	const needLayers = (list: readonly string[]) => needed.layers.set(layersFolder(data, list), list);
	for (const { codeSha256 } of layerVersions) {
		needed.uploads.add(codeSha256);
		needLayers([codeSha256]);
	}
	for (const { codeSha256, layers = [] } of functions) {
		needed.uploads.add(codeSha256);
		const list = layers.map((it: LayerReference) => it.codeSha256);
		for (const one of list) {
			needed.uploads.add(one);
			needLayers([one]);
		}
		if (list.length > 1) needLayers(list);
	}
	return needed;
}

/** Removes what is not needed, and what crashes left half-written. Only before the host serves anything. */
export async function sweepContent(data: Data, needed: NeededContent): Promise<void> {
	const uploads = new Set(Array.from(needed.uploads, contentName));
	await removeOthers(join(data.data, UPLOADS), (_, name) => uploads.has(name));
	await removeOthers(join(data.data, LAYERS), (path) => needed.layers.has(path));
}

async function removeOthers(folder: string, keep: (path: string, name: string) => boolean): Promise<void> {
	await mkdir(folder, { recursive: true, mode: 0o700 });
	await clearAside(folder);
	for (const name of await readdir(folder)) {
		const path = join(folder, name);
		if (!keep(path, name) && !isBeingWritten(name)) await rm(path, { recursive: true, force: true });
	}
}
