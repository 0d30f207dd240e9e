/**
 * UTF-8 (encoding.spec.whatwg.org). QuickJS has no TextDecoder, and a loop over 6 MB takes it most of a second: so the
 * work is done by its built-in functions, which are written in C. Base64 is the way from bytes to a string of bytes:
 * 25 ms for 6 MB, where `charCodeAt` takes 750.
 */

interface Base64Bytes extends Uint8Array<ArrayBuffer> {
	toBase64(): string;
}

const Bytes = Uint8Array as unknown as {
	fromBase64(text: string): Uint8Array<ArrayBuffer>;
};

/** Bytes as code units of 0 to 255. */
export function toBinary(bytes: Uint8Array): string {
	return atob((bytes as Base64Bytes).toBase64());
}

/** Code units of 0 to 255 as bytes. Throws on others. */
export function fromBinary(text: string): Uint8Array<ArrayBuffer> {
	return Bytes.fromBase64(btoa(text));
}

/** A lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
	return fromBinary(unescape(encodeURIComponent(text.toWellFormed())));
}

/** Throws TypeError for bytes that are not UTF-8 if `fatal`; else they become U+FFFD. */
export function decodeUtf8(bytes: Uint8Array, fatal = false): string {
	const binary = toBinary(bytes);
	// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is asked for.
	if (/^[\x00-\x7f]*$/.test(binary)) return binary;
	try {
		return decodeURIComponent(escape(binary));
	} catch {
		if (fatal) throw new TypeError("The encoded data is not valid UTF-8");
		return decodeLossily(bytes);
	}
}

/** The standard's decoder, byte by byte: each maximal part of a broken sequence is one U+FFFD. */
function decodeLossily(bytes: Uint8Array): string {
	const parts: string[] = [];
	let at = 0;
	while (at < bytes.length) {
		const { code, length } = readCodePoint(bytes, at);
		parts.push(String.fromCodePoint(code));
		at += length;
	}
	return parts.join("");
}

const BROKEN = 0xfffd;

function readCodePoint(bytes: Uint8Array, at: number): { code: number; length: number } {
	const first = bytes[at]!;
	if (first < 0x80) return { code: first, length: 1 };
	const extra =
		first >= 0xc2 && first <= 0xdf ? 1 : first >= 0xe0 && first <= 0xef ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0;
	if (extra === 0) return { code: BROKEN, length: 1 };
	let code = first & (0x3f >> extra);
	// The second byte's range excludes overlong forms, surrogates and what is beyond U+10FFFF.
	let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
	let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
	for (let i = 1; i <= extra; i++) {
		const next = bytes[at + i];
		if (next === undefined || next < low || next > high) return { code: BROKEN, length: i };
		code = (code << 6) | (next & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	return { code, length: extra + 1 };
}

export class TextEncoder {
	get encoding() {
		return "utf-8";
	}

	encode(text = ""): Uint8Array<ArrayBuffer> {
		return encodeUtf8(String(text));
	}
}

/** UTF-8 only, and a whole text at a time. */
export class TextDecoder {
	declare fatal: boolean;
	declare ignoreBOM: boolean;

	constructor(label = "utf-8", options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
		if (!/^\s*(utf-?8|unicode-1-1-utf-8)\s*$/i.test(label)) {
			throw new RangeError(`The encoding ${label} is not supported, only utf-8`);
		}
		this.fatal = options.fatal === true;
		this.ignoreBOM = options.ignoreBOM === true;
	}

	get encoding() {
		return "utf-8";
	}

	decode(input?: ArrayBuffer | ArrayBufferView, options: { stream?: boolean } = {}): string {
		if (options.stream) throw new TypeError("TextDecoder cannot decode in parts here");
		const text = decodeUtf8(asBytes(input), this.fatal);
		return !this.ignoreBOM && text.startsWith("\ufeff") ? text.slice(1) : text;
	}
}

/** The bytes of a buffer or a view of one. */
export function asBytes(input: ArrayBufferLike | ArrayBufferView | undefined): Uint8Array {
	if (input === undefined) return new Uint8Array();
	return ArrayBuffer.isView(input)
		? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
		: new Uint8Array(input);
}
