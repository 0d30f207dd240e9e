/** Where the data folder has what was uploaded, and which folders of it a function sees. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Config } from "../config.ts";
import type { Mount } from "../engine/wasi/types.ts";
import type { FunctionRecord } from "../store/types.ts";

type Data = Pick<Config, "data">;

/** Folders of the data folder. */
export const UPLOADS = "uploads";
export const LAYERS = "layers";

/** A `CodeSha256` as the name of a file. */
export function contentName(codeSha256: string): string {
	return Buffer.from(codeSha256, "base64").toString("hex");
}

/** What was uploaded, as it came. */
export function uploadPath({ data }: Data, codeSha256: string): string {
	return join(data, UPLOADS, contentName(codeSha256));
}

/** The folder of what layers hold together, of these `CodeSha256`, in order: one layer's own, or one for all of them. */
export function layersFolder({ data }: Data, codeSha256s: readonly string[]): string {
	const names = codeSha256s.map(contentName);
	const name = names.length === 1 ? names[0]! : createHash("sha256").update(names.join()).digest("hex");
	return join(data, LAYERS, name);
}

/** Where a function finds the files of its layers (Developer Guide, "Packaging layers"). */
const LAYERS_PATH = "/opt";

/** The folder of an access point. */
export function accessPointFolder({ data }: Data, id: string): string {
	return join(data, "filesystems", id);
}

/** What a function sees beside its buckets: the files of its layers, to read, and its file systems, to read and write. */
export function ownMounts(
	{ layers = [], fileSystems = [] }: Pick<FunctionRecord, "layers" | "fileSystems">,
	config: Pick<Config, "data" | "fileSystemBytes">,
): Mount[] {
	const sums = layers.map((it) => it.codeSha256);
	const opt = sums.length === 0 ? [] : [{ host: layersFolder(config, sums), guest: LAYERS_PATH, readOnly: true }];
	const shared = fileSystems.map(({ id, path }) => ({
		host: accessPointFolder(config, id),
		guest: path,
		readOnly: false,
		maxBytes: config.fileSystemBytes,
	}));
	return [...opt, ...shared];
}
