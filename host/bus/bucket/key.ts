/** Names of files as keys of objects. */

/** What S3's notifications leave as it is in a key; `/` too. */
const PLAIN = /[A-Za-z0-9.*_/-]/;
/** Of the byte, as it stands in an encoded key. */
const ENCODED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
	const character = String.fromCharCode(byte);
	if (character === " ") return "+";
	return PLAIN.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
});

/**
 * A path inside the bucket as S3's notifications write a key: percent-encoded, a space as `+`. Made of the name's bytes,
 * so that each name has its own key, also one that is no UTF-8; and plain ASCII, so that no name can break a log or a database.
 */
export function encodeKey(path: Uint8Array): string {
	return Array.from(path, (byte) => ENCODED[byte]).join("");
}

/** Endings that say "not finished yet": editors, browsers and downloaders rename when they are done. */
const UNFINISHED = [".tmp", ".part", ".crdownload", "~"].map((it) => Buffer.from(it));

/** Hidden files and folders, and names of unfinished files, are no objects. */
export function isIgnored(name: Buffer): boolean {
	return name[0] === 0x2e || UNFINISHED.some((ending) => endsWith(name, ending));
}

export interface KeyFilter {
	prefix: string;
	suffix: string;
}

/** Compares the key as it is before encoding, as S3 does. */
export function matches(path: Buffer, { prefix, suffix }: KeyFilter): boolean {
	const start = Buffer.from(prefix);
	return path.subarray(0, start.length).equals(start) && endsWith(path, Buffer.from(suffix));
}

function endsWith(bytes: Buffer, ending: Buffer): boolean {
	return bytes.length >= ending.length && bytes.subarray(bytes.length - ending.length).equals(ending);
}
