import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { acceptanceData } from "../../test/support/acceptance.ts";
import { jsonFault } from "./json.ts";

const bytes = (text: string) => Buffer.from(text);

const YES = [
	..."{} [] 0 -0 1.5 -1.5e3 1E+2 1e-2 true false null".split(" "),
	'""',
	'"\\u00e9\\n\\"\\\\\\/"',
	'"é€😀"',
	" [ 1 , 2 ] \n",
	'{"a":{"b":[{},[],null]},"a":1}',
	'{"":0}',
	`${"[".repeat(100_000)}${"]".repeat(100_000)}`,
	`${'{"a":'.repeat(1000)}1${"}".repeat(1000)}`,
];

const NO: [string, RegExp][] = [
	["", /end-of-input/],
	[" ", /end-of-input/],
	["[", /end-of-input/],
	['"a', /end-of-input/],
	['{"a"', /end-of-input/],
	["tru", /end-of-input/],
	["1 2", /byte 2/],
	["01", /byte 1/],
	["-", /end-of-input/],
	["1.", /end-of-input/],
	[".5", /byte 0/],
	["1e", /end-of-input/],
	["+1", /byte 0/],
	["NaN", /byte 0/],
	["[1,]", /byte 3/],
	["[,1]", /byte 1/],
	["[1 2]", /byte 3/],
	['{"a":1,}', /byte 7/],
	["{a:1}", /byte 1/],
	['{"a" 1}', /byte 5/],
	["{]", /byte 1/],
	["[}", /byte 1/],
	["[1}", /byte 2/],
	['"\\x"', /byte 1/],
	['"\\u12g4"', /byte 1/],
	['"\n"', /byte 1/],
	["\ufeff{}", /byte 0/],
	["\u00a0{}", /byte 0/],
	["[".repeat(100_000), /end-of-input/],
	['[{"":'.repeat(50_000), /end-of-input/],
];

describe("JSON by its bytes", () => {
	it.each(YES.map((text) => [text.slice(0, 40), text]))("takes %s", (_, text) => {
		expect(jsonFault(bytes(text))).toBeNull();
	});

	it.each(NO.map(([text, where]) => [text.slice(0, 40), text, where] as const))("refuses %j", (_, text, where) => {
		expect(jsonFault(bytes(text))).toMatch(where);
	});

	it("refuses what is not UTF-8", () => {
		expect(jsonFault(Uint8Array.of(0x22, 0xff, 0x22))).toBe("Invalid UTF-8");
		expect(jsonFault(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22))).toBe("Invalid UTF-8");
	});

	it("agrees with JSON.parse on texts cut and mended at random", () => {
		const seed = '{"a":[1,-2.5e+3,"\\u00e9\\\\x",true,false,null,{"b":{}},[]],"c":"\\"" }';
		const alphabet = '{}[]",:0123.-+eEtrufalsn\\ \n';
		let state = 42;
		const random = (below: number) => {
			state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
			return (state >> 8) % below;
		};
		for (let round = 0; round < 20_000; round++) {
			const at = random(seed.length);
			const text = seed.slice(0, at) + alphabet[random(alphabet.length)] + seed.slice(at + random(3));
			expect(jsonFault(bytes(text)) === null, text).toBe(parses(text));
		}
	});
});

function parses(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

const suite = acceptanceData("json/test_parsing");

// JSONTestSuite (https://github.com/nst/JSONTestSuite).
describe.skipIf(!suite)("JSONTestSuite", () => {
	const files = suite ? readdirSync(suite) : [];
	it.each(files.filter((name) => /^[yn]_/.test(name)))("%s", (name) => {
		expect(jsonFault(readFileSync(`${suite}/${name}`)) === null).toBe(name.startsWith("y_"));
	});
});
