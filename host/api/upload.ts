/** What was uploaded as `ZipFile` of a function: a zip that holds one .wasm, or the bare .wasm. */
import { createHash } from "node:crypto";
import type { Entry } from "yauzl";
import { invalid } from "../errors.ts";
import { bundleName } from "../signing/sign.ts";
import { MAX_BUNDLE } from "../signing/verify.ts";
import { checkUploadSize, inflate, nameOf, readZip, type Zip } from "./zip.ts";

/** Files in a zip. A function is one file; this leaves room for what build tools add. */
const MAX_ENTRIES = 10_000;

export interface Upload {
	/** The component or core module. */
	wasm: Uint8Array;
	/** base64 of the SHA-256 of what was uploaded. */
	codeSha256: string;
	/** Bytes that were uploaded. */
	codeSize: number;
	/** The sigstore bundle beside it in the zip; null if there is none. One that is too large is cut short, so that it is none. */
	bundle: Uint8Array | null;
}

/** Takes the .wasm out of an upload. Throws InvalidParameterValueException that says what is wrong with it. */
export async function readUpload(bytes: Uint8Array): Promise<Upload> {
	checkUploadSize(bytes);
	if (bytes.length === 0) throw invalid("Uploaded file must be a non-empty zip, or a .wasm file");
	const code = isWasm(bytes) ? { wasm: bytes, bundle: null } : await readZip(bytes, MAX_ENTRIES, unzip);
	return { ...code, codeSha256: sha256(bytes), codeSize: bytes.length };
}

/** As `CodeSha256` has it: base64. */
export function sha256(bytes: Uint8Array): string {
	return createHash("sha256").update(bytes).digest("base64");
}

function isWasm(bytes: Uint8Array): boolean {
	return bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
}

async function unzip(zip: Zip): Promise<Pick<Upload, "wasm" | "bundle">> {
	const entry = componentIn(zip);
	const wasm = await inflate(zip, entry);
	if (wasm.length === 0) throw invalid(`The file ${nameOf(entry)} in the zip is empty`);
	return { wasm, bundle: await bundleOf(zip, entry) };
}

/** No reason to refuse code by itself: who wants no signature looks at none. */
async function bundleOf(zip: Zip, { fileName }: Entry): Promise<Uint8Array | null> {
	const entry = zip.entries.find((it) => it.fileName === bundleName(fileName));
	return entry ? inflate(zip, entry, MAX_BUNDLE).catch(() => Uint8Array.of()) : null;
}

function componentIn({ entries }: Zip): Entry {
	const found = entries.filter((it) => isComponent(it.fileName));
	const [entry] = found;
	if (!entry) throw invalid("The zip holds no .wasm file: one is expected, a component or a core module");
	if (found.length > 1) throw invalid(`The zip holds ${found.length} .wasm files (${namesOf(found)}): one is expected`);
	return entry;
}

/** macOS puts a file of attributes beside every file it zips: `__MACOSX/._main.wasm`. */
function isComponent(fileName: string): boolean {
	return /\.wasm$/i.test(fileName) && !fileName.startsWith("__MACOSX/");
}

function namesOf(entries: readonly Entry[]): string {
	const names = entries.slice(0, 3).map(nameOf);
	return names.join(", ") + (entries.length > names.length ? ", …" : "");
}
