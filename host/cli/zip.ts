/** Zips of a few files, not compressed: the same files are the same bytes. Format: PKWARE's APPNOTE.TXT 6.3. */
import { crc32 } from "node:zlib";

/** 1 January 1980, the first that a zip can say (APPNOTE.TXT 4.4.6). */
const DATE = 0x0021;
/** Version 2.0, on Unix; a regular file that its owner reads and writes, and others read. */
const VERSION = 20;
const MADE_BY = (3 << 8) | VERSION;
const MODE = 0o100644;

/** A zip of these files, by name. */
export function zipOf(files: Readonly<Record<string, Uint8Array>>): Buffer {
	const bodies: Uint8Array[] = [];
	const directory: Buffer[] = [];
	let offset = 0;
	for (const [path, content] of Object.entries(files)) {
		const name = Buffer.from(path);
		const common = commonOf(content, name.length);
		bodies.push(u32(0x04034b50), common, name, content);
		const rest = Buffer.concat([u16(0), u16(0), u16(0), u32(MODE * 2 ** 16), u32(offset)]);
		directory.push(u32(0x02014b50), u16(MADE_BY), common, rest, name);
		offset += 4 + common.length + name.length + content.length;
	}
	const entries = Buffer.concat(directory);
	const count = u16(Object.keys(files).length);
	return Buffer.concat([
		...bodies,
		entries,
		...[u32(0x06054b50), u16(0), u16(0), count, count, u32(entries.length), u32(offset), u16(0)],
	]);
}

/** What a file's header and its entry in the directory share. */
function commonOf(content: Uint8Array, nameLength: number): Buffer {
	const utf8 = 1 << 11;
	const size = u32(content.length);
	const stored = [u16(VERSION), u16(utf8), u16(0), u16(0), u16(DATE)];
	return Buffer.concat([...stored, u32(crc32(content)), size, size, u16(nameLength), u16(0)]);
}

function u16(value: number): Buffer {
	return Buffer.from([value & 0xff, value >>> 8]);
}

function u32(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return bytes;
}
