import { describe, expect, it } from "vitest";
import { encodeKey, isIgnored, matches } from "./key.ts";

const bytes = (text: string): Buffer => Buffer.from(text);

/** As functions decode a key (AWS's own examples): `+` is a space, then percent-decoding. */
const decode = (key: string): string => decodeURIComponent(key.replaceAll("+", " "));

describe("a key", () => {
	it.each([
		["plain.txt", "plain.txt"],
		["a/b/c.txt", "a/b/c.txt"],
		["two words.txt", "two+words.txt"],
		["a+b.txt", "a%2Bb.txt"],
		["100%.txt", "100%25.txt"],
		["new\nline", "new%0Aline"],
		["é.txt", "%C3%A9.txt"],
		["日本.txt", "%E6%97%A5%E6%9C%AC.txt"],
		["🔥", "%F0%9F%94%A5"],
		["a=b&c?d#e", "a%3Db%26c%3Fd%23e"],
		["quote\".'txt", "quote%22.%27txt"],
		["A-z_0.9*~", "A-z_0.9*%7E"],
	])("of %j is %s", (name, key) => {
		expect(encodeKey(bytes(name))).toBe(key);
	});

	it("reads back as the name it was made of", () => {
		const names = [...Array(0x3000).keys()]
			.filter((it) => it > 0 && it !== 0x2f)
			.map((it) => `x${String.fromCodePoint(it)}y`);
		for (const name of names) expect(decode(encodeKey(bytes(name)))).toBe(name);
	});

	it("of a name that is no UTF-8 is its bytes, and its own", () => {
		expect(encodeKey(Buffer.from([0x61, 0xff, 0xfe]))).toBe("a%FF%FE");
		expect(encodeKey(bytes("a\ufffd\ufffd"))).not.toBe("a%FF%FE");
	});

	it("never has a character that a log or a database could trip over", () => {
		const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
		expect(encodeKey(all)).toMatch(/^[A-Za-z0-9%.*_/+-]+$/);
	});
});

describe("names that are no objects", () => {
	it.each([".hidden", ".", ".git", "report.csv.part", "movie.crdownload", "x.tmp", "notes~"])("%s", (name) => {
		expect(isIgnored(bytes(name))).toBe(true);
	});

	it.each(["a.txt", "tmp", "a.tmp.txt", "~a", "part", "a.PART"])("%s is one", (name) => {
		expect(isIgnored(bytes(name))).toBe(false);
	});
});

describe("a filter", () => {
	it.each([
		["", "", "anything", true],
		["in/", "", "in/a.csv", true],
		["in/", "", "input.csv", false],
		["", ".csv", "in/a.csv", true],
		["", ".csv", "a.csv.gz", false],
		["in/", ".csv", "in/a.csv", true],
		["in/", ".csv", "out/a.csv", false],
		["two words", "", "two words.txt", true],
		["é", "é", "é", true],
		["abc", "", "ab", false],
		["", "abc", "bc", false],
	])("of prefix %j and suffix %j against %j: %s", (prefix, suffix, name, expected) => {
		expect(matches(bytes(name), { prefix, suffix })).toBe(expected);
	});
});
