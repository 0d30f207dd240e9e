/** Zips that callers send. Hostile, so bounded at every step. */
import { crc32 } from "node:zlib";
import { type Entry, fromBufferPromise, type ZipFile } from "yauzl";
import { invalid, ServiceError } from "../errors.ts";

/** Bytes of a direct upload (Lambda quotas: 50 MB zipped). */
export const MAX_UPLOAD = 50 * 1024 * 1024;
/** Bytes of all that a zip holds, unzipped (Lambda quotas: 250 MB). */
export const MAX_UNZIPPED = 250 * 1024 * 1024;
/** Machine code does not shrink to less than a hundredth; what does is a bomb, once it is over `FREE_BYTES`. */
const MAX_RATIO = 100;
const FREE_BYTES = 16 * 1024 * 1024;

const NOT_A_ZIP = "Could not unzip uploaded file. Please check your file, then try to upload again.";
const TOO_LARGE = `Unzipped size must be smaller than ${MAX_UNZIPPED} bytes`;

/** An open zip, and what it says it holds. */
export interface Zip {
	file: ZipFile;
	entries: Entry[];
	/** Bytes of all of it, as declared; `inflate` gives no more than that. */
	unzippedSize: number;
}

/** Opens a zip of at most `maxEntries` files for `read`. Throws InvalidParameterValueException that says what is wrong with it. */
export async function readZip<T>(bytes: Uint8Array, maxEntries: number, read: (zip: Zip) => Promise<T>): Promise<T> {
	checkUploadSize(bytes);
	let zip: Zip;
	try {
		zip = await open(bytes, maxEntries);
	} catch (error) {
		throw error instanceof ServiceError ? error : invalid(reasonOf(error));
	}
	return read(zip);
}

/** Throws InvalidParameterValueException. */
export function checkUploadSize(bytes: Uint8Array): void {
	if (bytes.length > MAX_UPLOAD) throw invalid(`Zipped size must be smaller than ${MAX_UPLOAD} bytes`);
}

async function open(bytes: Uint8Array, maxEntries: number): Promise<Zip> {
	// Sizes are checked while reading: what an entry declares is the sender's word.
	const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
	const file = await fromBufferPromise(buffer, { validateEntrySizes: true });
	if (file.entryCount === 0) throw invalid("Uploaded file must be a non-empty zip");
	if (file.entryCount > maxEntries) throw invalid(`The zip holds more than ${maxEntries} files`);
	const entries: Entry[] = [];
	let unzippedSize = 0;
	for await (const entry of file.eachEntry()) {
		unzippedSize += entry.uncompressedSize;
		entries.push(entry);
	}
	if (unzippedSize > MAX_UNZIPPED) throw invalid(TOO_LARGE);
	return { file, entries, unzippedSize };
}

/** yauzl refuses names that lead out of a folder, and says which. */
function reasonOf(error: unknown): string {
	const leadsOut = error instanceof Error && /^(invalid relative path|absolute path): (.*)/s.exec(error.message);
	return leadsOut ? `The zip holds a file whose name leads out of it: ${leadsOut[2]!.slice(0, 100)}` : NOT_A_ZIP;
}

/** What an entry holds; at most `most` bytes, unless given what a zip may hold. Throws InvalidParameterValueException. */
export async function inflate({ file }: Zip, entry: Entry, most = MAX_UNZIPPED): Promise<Buffer> {
	if (entry.isEncrypted()) throw invalid(`The file ${nameOf(entry)} in the zip is encrypted`);
	try {
		return await read(file, entry, Math.min(most, Math.max(FREE_BYTES, entry.compressedSize * MAX_RATIO)), most);
	} catch (error) {
		throw error instanceof ServiceError ? error : invalid(NOT_A_ZIP);
	}
}

async function read(file: ZipFile, entry: Entry, dense: number, most: number): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of await file.openReadStreamPromise(entry)) {
		size += chunk.length;
		// Leaving the loop destroys the stream.
		if (size > dense) throw invalid(dense === most ? tooLarge(entry, most) : tooDense(entry));
		chunks.push(chunk);
	}
	const content = Buffer.concat(chunks, size);
	if (crc32(content) !== entry.crc32) throw invalid(NOT_A_ZIP);
	return content;
}

function tooDense(entry: Entry): string {
	return `The file ${nameOf(entry)} in the zip unzips to more than ${MAX_RATIO} times its size`;
}

function tooLarge(entry: Entry, most: number): string {
	return most === MAX_UNZIPPED ? TOO_LARGE : `The file ${nameOf(entry)} in the zip has more than ${most} bytes`;
}

/** Names in a zip may have 64 KB. */
export function nameOf({ fileName }: Entry): string {
	return fileName.slice(0, 100);
}
