import { describe, expect, it } from "vitest";
import { asBytes, decodeUtf8, encodeUtf8, fromBinary, TextDecoder, TextEncoder, toBinary } from "./text.ts";

const native = {
	encoder: new globalThis.TextEncoder(),
	decoder: new globalThis.TextDecoder("utf-8", { ignoreBOM: true }),
};

describe("UTF-8", () => {
	const texts = [
		"",
		"plain",
		"é",
		"日本語",
		"😀 and more",
		"\u0000\u007f\u0080\u07ff\u0800\uffff",
		"\ufeffbom",
		"x".repeat(100_000),
	];

	it.each(texts)("goes both ways: text %#", (text) => {
		expect(encodeUtf8(text)).toEqual(native.encoder.encode(text));
		expect(decodeUtf8(encodeUtf8(text))).toBe(text);
	});

	it("writes a lone surrogate as U+FFFD, as the standard has it", () => {
		for (const text of ["\ud800", "a\udc00b", "\ud83d\ud83d\ude00"]) {
			expect(encodeUtf8(text)).toEqual(native.encoder.encode(text));
		}
	});

	const broken = [
		[0xff],
		[0x80],
		[0xc0, 0xaf],
		[0xe2, 0x82],
		[0xe2, 0x82, 0x41],
		[0xed, 0xa0, 0x80],
		[0xe0, 0x80, 0xaf],
		[0xf0, 0x90, 0x80],
		[0xf4, 0x90, 0x80, 0x80],
		[0x41, 0xf0, 0x9f, 0x98, 0x42],
		[0xf5, 0x80, 0x80, 0x80],
	];

	it.each(broken.map((bytes) => [bytes]))("reads broken bytes %j as the platform does", (bytes) => {
		expect(decodeUtf8(Uint8Array.from(bytes))).toBe(native.decoder.decode(Uint8Array.from(bytes)));
		expect(() => decodeUtf8(Uint8Array.from(bytes), true)).toThrow(TypeError);
	});

	it("reads a thousand random pieces as the platform does", () => {
		let seed = 7;
		const next = () => {
			seed = (seed * 48_271) % 2_147_483_647;
			return seed;
		};
		for (let i = 0; i < 1000; i++) {
			const bytes = Uint8Array.from(
				{ length: next() % 12 },
				() => [0x41, 0x80, 0xc3, 0xe2, 0xed, 0xf0, 0xf4, 0x9f][next() % 8]!,
			);
			expect(decodeUtf8(bytes)).toBe(native.decoder.decode(bytes));
		}
	});
});

describe("bytes as code units", () => {
	it("go both ways", () => {
		const all = Uint8Array.from({ length: 256 }, (_, it) => it);
		expect(toBinary(all)).toHaveLength(256);
		expect(fromBinary(toBinary(all))).toEqual(all);
	});

	it("refuse what is no byte", () => {
		expect(() => fromBinary("€")).toThrow();
	});
});

describe("TextDecoder and TextEncoder", () => {
	it("are UTF-8 and say so", () => {
		expect(new TextDecoder("UTF8").encoding).toBe("utf-8");
		expect(new TextEncoder().encoding).toBe("utf-8");
		expect(() => new TextDecoder("latin1")).toThrow(RangeError);
	});

	it("drop a byte order mark unless told to keep it", () => {
		const bytes = new TextEncoder().encode("\ufeffa");
		expect(new TextDecoder().decode(bytes)).toBe("a");
		expect(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)).toBe("\ufeffa");
	});

	it("take buffers and views, nothing, and no parts", () => {
		const bytes = Uint8Array.from([0, 0x61, 0x62, 0]);
		expect(new TextDecoder().decode(bytes.subarray(1, 3))).toBe("ab");
		expect(new TextDecoder().decode(new DataView(bytes.buffer, 1, 1))).toBe("a");
		expect(new TextDecoder().decode(Uint8Array.from([0x63]).buffer)).toBe("c");
		expect(new TextDecoder().decode()).toBe("");
		expect(() => new TextDecoder().decode(bytes, { stream: true })).toThrow(TypeError);
		expect(asBytes(undefined)).toHaveLength(0);
	});
});
