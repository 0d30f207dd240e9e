import { describe, expect, it } from "vitest";
import { lastBytes, wholeEnd } from "./utf8.ts";

const text = "aé漢🕯";
const bytes = new TextEncoder().encode(text);

describe("lastBytes", () => {
	it.each([
		[0, ""],
		[1, ""],
		[3, ""],
		[4, "🕯"],
		[6, "🕯"],
		[7, "漢🕯"],
		[8, "漢🕯"],
		[9, "é漢🕯"],
		[10, text],
		[99, text],
	])("of %i bytes is %j", (limit, expected) => {
		expect(new TextDecoder().decode(lastBytes(bytes, limit))).toBe(expected);
	});

	it("cuts bytes that are no UTF-8 where it is told to, nearly", () => {
		expect(lastBytes(new Uint8Array(100).fill(0x80), 50).length).toBeGreaterThanOrEqual(47);
	});
});

describe("wholeEnd", () => {
	it.each([
		[0, 0],
		[1, 1],
		[2, 1],
		[3, 3],
		[5, 3],
		[6, 6],
		[9, 6],
		[10, 10],
		[99, 10],
	])("at %i is %i", (limit, expected) => {
		expect(wholeEnd(bytes, limit)).toBe(expected);
	});

	it("ends bytes that are no UTF-8 where it is told to", () => {
		expect(wholeEnd(new Uint8Array(100).fill(0x80), 50)).toBe(50);
	});
});
