/**
 * When a built component is still good: its sources, the SDK's, and the tools are what they were. The record of a build
 * lies beside its output and lists the files by digest, so that a look needs no bundler.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";

export interface Output {
	/** Absolute path of the component. */
	path: string;
	/** Bytes. */
	size: number;
	/** SHA-256 in base64: Lambda's `CodeSha256`. */
	sha256: string;
}

interface BuildRecord {
	/** Names and versions of all tools. */
	tools: string;
	/** SHA-256 in hex, by path from the record's folder. */
	inputs: Record<string, string>;
	output: { file: string; size: number; sha256: string };
}

/** The last build's output, if nothing it was made from has changed since; else null. */
export function readCached(recordPath: string, tools: string): Output | null {
	const folder = dirname(recordPath);
	try {
		const record = JSON.parse(readFileSync(recordPath, "utf8")) as BuildRecord;
		if (record.tools !== tools) return null;
		for (const [path, digest] of Object.entries(record.inputs)) {
			if (digestFile(resolve(folder, path)) !== digest) return null;
		}
		const path = resolve(folder, record.output.file);
		const code = readFileSync(path);
		// Read, not only looked up: an output that was cut short or edited is built again.
		if (sha256(code, "base64") !== record.output.sha256) return null;
		return { path, size: code.length, sha256: record.output.sha256 };
	} catch {
		// No record, an unreadable one, a file that went: all mean the same.
		return null;
	}
}

export interface BuildInputs {
	tools: string;
	/** Absolute paths. */
	files: readonly string[];
	/** When the first of them was read, ms since the epoch. */
	readAt: number;
}

/** Writes the output and its record; the record last, so that it never stands for an output that is not there. */
export function writeCached(
	recordPath: string,
	{ tools, files, readAt }: BuildInputs,
	file: string,
	code: Uint8Array,
): Output {
	const folder = dirname(recordPath);
	mkdirSync(folder, { recursive: true });
	const output = { file, size: code.length, sha256: sha256(code, "base64") };
	const digests = files.map((path) => [relative(folder, path), isNewer(path, readAt) ? CHANGED : digestFile(path)]);
	replace(resolve(folder, file), code);
	const record: BuildRecord = { tools, inputs: Object.fromEntries(digests), output };
	replace(recordPath, `${JSON.stringify(record, null, "\t")}\n`);
	return { path: resolve(folder, file), size: output.size, sha256: output.sha256 };
}

/** Stands for a file that was saved while it was built: which of the two contents was read is not known. */
const CHANGED = "changed while it was built";

function isNewer(path: string, time: number): boolean {
	return statSync(path).mtimeMs >= time;
}

/** A reader sees the old file or the new one, and never a part. */
function replace(path: string, content: Uint8Array | string): void {
	const temporary = `${path}.${process.pid}.tmp`;
	writeFileSync(temporary, content);
	renameSync(temporary, path);
}

function digestFile(path: string): string {
	return sha256(readFileSync(path), "hex");
}

export function sha256(bytes: Uint8Array, encoding: "hex" | "base64"): string {
	return createHash("sha256").update(bytes).digest(encoding);
}
