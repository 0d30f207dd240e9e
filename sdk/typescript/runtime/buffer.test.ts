import { Buffer as NodeBuffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { Buffer } from "./buffer.ts";

const ENCODINGS = ["utf8", "utf-8", "base64", "base64url", "hex", "latin1", "binary"] as const;

describe("Buffer", () => {
	it.each(ENCODINGS)("writes %s as Node.js does", (encoding) => {
		const bytes = Uint8Array.from({ length: 256 }, (_, it) => it);
		expect(Buffer.from(bytes).toString(encoding)).toBe(NodeBuffer.from(bytes).toString(encoding));
	});

	it.each([
		["aGVsbG8=", "base64"],
		["aGVsbG8", "base64"],
		["a GVs\nbG8=", "base64"],
		["aGVsbG8=ignored", "base64"],
		["_-8", "base64"],
		["a", "base64"],
		["_-8", "base64url"],
		["68656c6c6f", "hex"],
		["686x6c", "hex"],
		["abc", "hex"],
		["zoë 😀", "utf8"],
		["zoë", "latin1"],
	] as const)("reads %j as %s as Node.js does", (text, encoding) => {
		expect([...Buffer.from(text, encoding)]).toEqual([...NodeBuffer.from(text, encoding)]);
	});

	it("is a Uint8Array; parts of it too are Buffers", () => {
		const buffer = Buffer.from("hello");
		expect(buffer).toBeInstanceOf(Uint8Array);
		expect(Buffer.isBuffer(buffer.subarray(1))).toBe(true);
		expect(Buffer.isBuffer(new Uint8Array())).toBe(false);
		expect(buffer.toString("utf8", 1, 3)).toBe("el");
	});

	it("views an ArrayBuffer and copies an array", () => {
		const { buffer } = Uint8Array.from([1, 2]);
		const view = Buffer.from(buffer);
		new Uint8Array(buffer)[0] = 9;
		expect([...view]).toEqual([9, 2]);
		const source = Uint8Array.from([1]);
		const copy = Buffer.from(source);
		source[0] = 5;
		expect([...copy]).toEqual([1]);
	});

	it("joins parts, cut to a length or filled up to it", () => {
		const parts = [Uint8Array.from([1, 2]), Uint8Array.from([3])];
		expect([...Buffer.concat(parts)]).toEqual([1, 2, 3]);
		expect([...Buffer.concat(parts, 2)]).toEqual([1, 2]);
		expect([...Buffer.concat(parts, 5)]).toEqual([1, 2, 3, 0, 0]);
	});

	it("has alloc, byteLength, equals and toJSON", () => {
		expect([...Buffer.alloc(2, 7)]).toEqual([7, 7]);
		expect(Buffer.byteLength("é")).toBe(2);
		expect(Buffer.from("a").equals(Uint8Array.from([0x61]))).toBe(true);
		expect(Buffer.from("a").equals(Uint8Array.from([0x62]))).toBe(false);
		expect(JSON.stringify(Buffer.from("a"))).toBe('{"type":"Buffer","data":[97]}');
	});

	it("refuses an encoding that it does not know", () => {
		expect(() => Buffer.from("x", "utf16le" as never)).toThrow("Unknown encoding: utf16le");
		expect(() => Buffer.from("x").toString("toString" as never)).toThrow(TypeError);
	});
});
