/** The part of Node's `Buffer` that handlers use: text and bytes, base64 and hex, joining and comparing. */
import { decodeUtf8, encodeUtf8, fromBinary, toBinary } from "./text.ts";

type Encoding = "utf8" | "utf-8" | "base64" | "base64url" | "hex" | "latin1" | "binary" | "ascii";

const ENCODERS: Record<string, (text: string) => Uint8Array<ArrayBuffer>> = {
	utf8: encodeUtf8,
	base64: fromBase64,
	hex: fromHex,
	latin1: (text) => Uint8Array.from(text, (it) => it.charCodeAt(0)),
};

const DECODERS: Record<string, (bytes: Uint8Array) => string> = {
	utf8: (bytes) => decodeUtf8(bytes),
	base64: (bytes) => btoa(toBinary(bytes)),
	base64url: (bytes) => btoa(toBinary(bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, ""),
	hex: (bytes) => Array.from(bytes, (it) => it.toString(16).padStart(2, "0")).join(""),
	latin1: toBinary,
};

const ALIASES: Record<string, string> = { "utf-8": "utf8", binary: "latin1", ascii: "latin1" };

// @ts-expect-error Node's `from` takes other arguments than TypedArray's.
export class Buffer extends Uint8Array<ArrayBuffer> {
	/** Bytes of a text in an encoding; a copy of bytes; or a view of an ArrayBuffer. */
	static override from(value: string | ArrayBuffer | ArrayLike<number>, encoding: Encoding = "utf8"): Buffer {
		if (typeof value === "string") return view(pick(ENCODERS, encoding)(value));
		if (value instanceof ArrayBuffer) return new Buffer(value);
		return view(Uint8Array.from(value));
	}

	static alloc(size: number, fill = 0): Buffer {
		return view(new Uint8Array(size).fill(fill));
	}

	static isBuffer(value: unknown): value is Buffer {
		return value instanceof Buffer;
	}

	static byteLength(value: string | ArrayBufferView | ArrayBuffer, encoding: Encoding = "utf8"): number {
		return typeof value === "string" ? Buffer.from(value, encoding).length : value.byteLength;
	}

	static concat(parts: readonly Uint8Array[], length = parts.reduce((sum, it) => sum + it.length, 0)): Buffer {
		const joined = Buffer.alloc(length);
		let at = 0;
		for (const part of parts) {
			joined.set(part.subarray(0, length - at), at);
			at = Math.min(at + part.length, length);
		}
		return joined;
	}

	override toString(encoding: Encoding = "utf8", start = 0, end = this.length): string {
		return decode(this.subarray(start, end), encoding);
	}

	equals(other: Uint8Array): boolean {
		return this.length === other.length && this.every((it, index) => it === other[index]);
	}

	toJSON(): { type: "Buffer"; data: number[] } {
		return { type: "Buffer", data: Array.from(this) };
	}
}

function pick<T>(table: Record<string, T>, encoding: string): T {
	const name = encoding.toLowerCase();
	const found = table[ALIASES[name] ?? name] ?? (name === "base64url" ? table.base64 : undefined);
	if (!found) throw new TypeError(`Unknown encoding: ${encoding}`);
	return found;
}

/** Bytes as text in an encoding. */
export function decode(bytes: Uint8Array, encoding: Encoding): string {
	return pick(DECODERS, encoding)(bytes);
}

function view(bytes: Uint8Array<ArrayBuffer>): Buffer {
	return new Buffer(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** As Node does: either alphabet, padding or not, ends at the first `=`, other characters passed over. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> {
	const clean = text
		.replace(/=.*$/s, "")
		.replaceAll("-", "+")
		.replaceAll("_", "/")
		.replace(/[^A-Za-z0-9+/]/g, "");
	return fromBinary(atob(clean.length % 4 === 1 ? clean.slice(0, -1) : clean));
}

/** As Node does: stops at the first pair that is not hex. */
function fromHex(text: string): Uint8Array<ArrayBuffer> {
	const valid = /^(?:[0-9a-f]{2})*/i.exec(text)![0];
	return Uint8Array.from(valid.match(/../g) ?? [], (it) => Number.parseInt(it, 16));
}
