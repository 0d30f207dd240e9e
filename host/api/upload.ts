/** What was uploaded as `ZipFile`: a zip that holds one .wasm, or the bare .wasm. Hostile, so bounded at every step. */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { type Entry, fromBufferPromise, type ZipFile } from "yauzl";
import { ServiceError } from "../errors.ts";

/** Bytes of a direct upload (Lambda quotas: 50 MB zipped). */
export const MAX_UPLOAD = 50 * 1024 * 1024;
/** Bytes of all that a zip holds, unzipped (Lambda quotas: 250 MB). */
export const MAX_UNZIPPED = 250 * 1024 * 1024;
/** Files in a zip. A function is one file; this leaves room for what build tools add. */
const MAX_ENTRIES = 10_000;
/** Machine code does not shrink to less than a hundredth; what does is a bomb, once it is over `FREE_BYTES`. */
const MAX_RATIO = 100;
const FREE_BYTES = 16 * 1024 * 1024;

export interface Upload {
	/** The component or core module. */
	wasm: Uint8Array;
	/** base64 of the SHA-256 of what was uploaded. */
	codeSha256: string;
	/** Bytes that were uploaded. */
	codeSize: number;
}

/** Takes the .wasm out of an upload. Throws InvalidParameterValueException that says what is wrong with it. */
export async function readUpload(bytes: Uint8Array): Promise<Upload> {
	if (bytes.length > MAX_UPLOAD) throw invalid(`Zipped size must be smaller than ${MAX_UPLOAD} bytes`);
	if (bytes.length === 0) throw invalid("Uploaded file must be a non-empty zip, or a .wasm file");
	const wasm = isWasm(bytes) ? bytes : await unzip(bytes);
	return { wasm, codeSha256: createHash("sha256").update(bytes).digest("base64"), codeSize: bytes.length };
}

function isWasm(bytes: Uint8Array): boolean {
	return bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
}

const NOT_A_ZIP = "Could not unzip uploaded file. Please check your file, then try to upload again.";

async function unzip(bytes: Uint8Array): Promise<Uint8Array> {
	try {
		// Sizes are checked while reading: what an entry declares is the sender's word.
		const zip = await fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), {
			validateEntrySizes: true,
		});
		const entry = await findWasm(zip);
		return await inflate(zip, entry);
	} catch (error) {
		if (error instanceof ServiceError) throw error;
		throw new ServiceError("InvalidParameterValueException", NOT_A_ZIP);
	}
}

async function findWasm(zip: ZipFile): Promise<Entry> {
	if (zip.entryCount === 0) throw invalid("Uploaded file must be a non-empty zip");
	if (zip.entryCount > MAX_ENTRIES) throw invalid(`The zip holds more than ${MAX_ENTRIES} files`);
	const found: Entry[] = [];
	let declared = 0;
	for await (const entry of zip.eachEntry()) {
		declared += entry.uncompressedSize;
		if (isComponent(entry.fileName)) found.push(entry);
	}
	if (declared > MAX_UNZIPPED) throw invalid(TOO_LARGE);
	const [entry] = found;
	if (!entry) throw invalid("The zip holds no .wasm file: one is expected, a component or a core module");
	if (found.length > 1) throw invalid(`The zip holds ${found.length} .wasm files (${namesOf(found)}): one is expected`);
	if (entry.isEncrypted()) throw invalid(`The file ${nameOf(entry)} in the zip is encrypted`);
	return entry;
}

const TOO_LARGE = `Unzipped size must be smaller than ${MAX_UNZIPPED} bytes`;

/** macOS puts a file of attributes beside every file it zips: `__MACOSX/._main.wasm`. */
function isComponent(fileName: string): boolean {
	return /\.wasm$/i.test(fileName) && !fileName.startsWith("__MACOSX/");
}

function namesOf(entries: readonly Entry[]): string {
	const names = entries.slice(0, 3).map(nameOf);
	return names.join(", ") + (entries.length > names.length ? ", …" : "");
}

/** Names in a zip may have 64 KB. */
function nameOf({ fileName }: Entry): string {
	return fileName.slice(0, 100);
}

async function inflate(zip: ZipFile, entry: Entry): Promise<Uint8Array> {
	const most = Math.min(MAX_UNZIPPED, Math.max(FREE_BYTES, entry.compressedSize * MAX_RATIO));
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of await zip.openReadStreamPromise(entry)) {
		size += chunk.length;
		// Leaving the loop destroys the stream.
		if (size > most) throw invalid(most === MAX_UNZIPPED ? TOO_LARGE : tooDense(entry));
		chunks.push(chunk);
	}
	if (size === 0) throw invalid(`The file ${nameOf(entry)} in the zip is empty`);
	const wasm = Buffer.concat(chunks, size);
	if (crc32(wasm) !== entry.crc32) throw invalid(NOT_A_ZIP);
	return wasm;
}

function tooDense(entry: Entry): string {
	return `The file ${nameOf(entry)} in the zip unzips to more than ${MAX_RATIO} times its size`;
}

function invalid(message: string): ServiceError {
	return new ServiceError("InvalidParameterValueException", message);
}
