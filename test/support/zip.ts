/** Zips as tests need them, with lies where a test wants them. Format: PKWARE's APPNOTE.TXT 6.3. */
import { crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
	name: string;
	data: Uint8Array;
	/** Not compressed. */
	stored?: boolean;
	/** Type and permissions as Unix has them (stat(2)). */
	mode?: number;
	/** Says it is encrypted. */
	encrypted?: boolean;
	/** The size that the headers say, if not the true one. */
	declaredSize?: number;
	/** The checksum that the headers say, if not the true one. */
	declaredCrc?: number;
}

/** A zip archive of these files. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
	const parts: Buffer[] = [];
	const directory: Buffer[] = [];
	let offset = 0;
	for (const entry of entries) {
		const body = entry.stored ? Buffer.from(entry.data) : deflateRawSync(entry.data);
		const name = Buffer.from(entry.name);
		const common = fieldsOf(entry, body.length, name.length);
		parts.push(Buffer.concat([u32(0x04034b50), common, name, body]));
		const place = Buffer.concat([u16(0), u16(0), u16(0), u32((entry.mode ?? 0) << 16), u32(offset)]);
		directory.push(Buffer.concat([u32(0x02014b50), u16(20), common, place, name]));
		offset += parts.at(-1)!.length;
	}
	const size = directory.reduce((sum, { length }) => sum + length, 0);
	const count = u16(entries.length);
	const end = Buffer.concat([u32(0x06054b50), u16(0), u16(0), count, count, u32(size), u32(offset), u16(0)]);
	return Buffer.concat([...parts, ...directory, end]);
}

/** What a local header and one in the directory share: version, flags, method, time, checksum, sizes, lengths. */
function fieldsOf(entry: ZipEntry, compressed: number, nameLength: number): Buffer {
	return Buffer.concat([
		u16(20),
		u16(entry.encrypted ? 1 : 0),
		u16(entry.stored ? 0 : 8),
		u32(0),
		u32(entry.declaredCrc ?? crc32(entry.data)),
		u32(compressed),
		u32(entry.declaredSize ?? entry.data.length),
		u16(nameLength),
		u16(0),
	]);
}

function u16(value: number): Buffer {
	return Buffer.from(Uint16Array.of(value).buffer);
}

function u32(value: number): Buffer {
	return Buffer.from(Uint32Array.of(value).buffer);
}
