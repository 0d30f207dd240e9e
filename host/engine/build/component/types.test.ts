import { componentEmbed, componentNew, print } from "@bytecodealliance/jco";
import { beforeAll, describe, expect, it } from "vitest";
import { link } from "../link.ts";
import { parseComponent } from "./parse.ts";
import { type FuncType, flatten, loweredSignature, printFunc, type ValueType } from "./types.ts";

const DECLARATIONS = `
	resource thing;
	record pair { a: u8, b: string }
	record wide { a: u64, b: f32, c: pair }
	record nested { w: wide, x: wide, y: pair }
	variant shape { none, number(u32), text(string), both(pair) }
	variant mixed { a(f32), b(u64), c(f64), d(s32) }
	variant floats { a(f32), b(u32) }
	variant tall { a(tuple<u8, u16, u32>), b(tuple<f32, f64>), c(u64) }
	enum color { red, green, blue }
	flags few { a, b }
	flags many { ${Array.from({ length: 32 }, (_, i) => `g${i}`).join(", ")} }`;

/** Functions of every shape: what they are lowered to is asked of wasm-tools. */
const FUNCTIONS = [
	"func()",
	"func(a: bool)",
	"func(a: s8, b: u8, c: s16, d: u16, e: s32, f: u32)",
	"func(a: s64, b: u64)",
	"func(a: f32, b: f64)",
	"func(a: char)",
	"func(a: string)",
	"func(a: list<u8>)",
	"func(a: list<list<string>>)",
	"func(a: pair)",
	"func(a: wide)",
	"func(a: nested)",
	"func(a: nested, b: nested)",
	"func(a: shape)",
	"func(a: mixed)",
	"func(a: floats)",
	"func(a: tall)",
	"func(a: option<u64>)",
	"func(a: option<option<string>>)",
	"func(a: result)",
	"func(a: result<u64>)",
	"func(a: result<_, f64>)",
	"func(a: result<f32, string>)",
	"func(a: result<f64, u32>)",
	"func(a: tuple<u8, string, f64>)",
	"func(a: color)",
	"func(a: few)",
	"func(a: many)",
	"func(a: thing)",
	"func(a: borrow<thing>)",
	"func(a: list<borrow<thing>>, b: option<thing>)",
	"func(a: string, b: string, c: string, d: string, e: string, f: string, g: string, h: string)",
	"func(a: string, b: string, c: string, d: string, e: string, f: string, g: string, h: string, i: u8)",
	"func(a: u64, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: u8, m: u8, n: u8, o: u8, p: u8)",
	"func() -> bool",
	"func() -> u64",
	"func() -> f32",
	"func() -> string",
	"func() -> list<u32>",
	"func() -> pair",
	"func() -> color",
	"func() -> few",
	"func() -> many",
	"func() -> shape",
	"func() -> result",
	"func() -> result<u32>",
	"func() -> option<u8>",
	"func() -> thing",
	"func() -> tuple<u8>",
	"func() -> tuple<u8, u8>",
	"func(a: string, b: u64) -> result<list<u8>, shape>",
	"func(a: nested, b: wide) -> nested",
];

const LETTERS: Record<string, string> = { i32: "i", i64: "I", f32: "f", f64: "F" };

/** The core types of a module's imported functions by name, out of its text. */
function importedTypes(wat: string): Map<string, string> {
	const types = [...wat.matchAll(/\(type \(;\d+;\) \(func(?: \(param ([^)]*)\))?(?: \(result ([^)]*)\))?\)\)/g)].map(
		([, params = "", results = ""]) => `${letters(params)}->${letters(results)}`,
	);
	const imports = wat.matchAll(/\(import "[^"]*" "([^"]*)" \(func \(;\d+;\)(?: \(type (\d+)\))?/g);
	return new Map([...imports].map(([, name, type]) => [name!, types[Number(type)]!]));
}

function letters(types: string): string {
	return types
		.split(" ")
		.map((it) => LETTERS[it] ?? "")
		.join("");
}

const expected = new Map<string, string>();
const found = new Map<string, FuncType>();

beforeAll(async () => {
	const functions = FUNCTIONS.map((type, i) => `fn${i}: ${type};`).join("\n");
	const witSource = `package t:t; interface x { ${DECLARATIONS}\n${functions} } world w { import x; }`;
	const dummy = await componentEmbed({ witSource, world: "w", dummy: true } as never);
	for (const [name, type] of importedTypes(await print(dummy))) expected.set(name, type);
	const linked = link(parseComponent(await componentNew(dummy, [])));
	for (const { name, type } of linked.hostFunctions.values()) found.set(name, type);
});

describe("a lowered signature is what wasm-tools makes of", () => {
	it.each(FUNCTIONS.map((type, i) => [type, `fn${i}`]))("%s", (_type, name) => {
		expect(expected.get(name)).toBeDefined();
		expect(loweredSignature(found.get(name)!)).toBe(expected.get(name));
	});
});

describe("a printed type", () => {
	it.each([
		["fn0", "func()"],
		["fn8", "func(a: list<list<string>>)"],
		["fn9", "func(a: record { a: u8, b: string })"],
		["fn13", "func(a: variant { none, number(u32), text(string), both(record { a: u8, b: string }) })"],
		["fn19", "func(a: result)"],
		["fn20", "func(a: result<u64, _>)"],
		["fn21", "func(a: result<_, f64>)"],
		["fn24", "func(a: tuple<u8, string, f64>)"],
		["fn25", "func(a: enum { red, green, blue })"],
		["fn26", "func(a: flags { a, b })"],
		["fn30", "func(a: list<borrow<t:t/x#thing>>, b: option<own<t:t/x#thing>>)"],
		["fn47", "func() -> own<t:t/x#thing>"],
	])("%s is its WIT, with all names followed", (name, text) => {
		expect(printFunc(found.get(name)!)).toBe(text);
	});

	it("of a type that doubles with each level is refused before it fills the memory", () => {
		let type: ValueType = "u8";
		for (let i = 0; i < 40; i++) type = { is: "tuple", elements: [type, type] };
		expect(() => printFunc(func(type))).toThrow("too large");
	});
});

function func(type: ValueType): FuncType {
	return { is: "func", async: false, params: [["a", type]], result: null };
}

describe("flattening", () => {
	it("of a list of a known length is that many elements", () => {
		expect(flatten({ is: "list", element: "f32", length: 3 })).toBe("fff");
		expect(loweredSignature(func({ is: "list", element: "u8", length: 16 }))).toBe(`${"i".repeat(16)}->`);
		expect(loweredSignature(func({ is: "list", element: "u8", length: 4_000_000_000 }))).toBe("i->");
	});

	it("of flags beyond 32 takes more words", () => {
		const flags = (count: number): ValueType => ({ is: "flags", labels: Array(count).fill("f") });
		expect([1, 32, 33, 64, 65].map((count) => flatten(flags(count)))).toEqual(["i", "i", "ii", "ii", "iii"]);
	});

	it("stops counting past what is ever passed flat: types that double with each level cost nothing", () => {
		let type: ValueType = "u8";
		for (let i = 0; i < 60; i++)
			type = {
				is: "record",
				fields: [
					["a", type],
					["b", type],
				],
			};
		expect(loweredSignature(func(type))).toBe("i->");
	});
});
