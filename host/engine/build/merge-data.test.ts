import { parse } from "@bytecodealliance/jco";
import { describe, expect, it } from "vitest";
import { sectionOf } from "./core-imports.ts";
import { mergeData } from "./merge-data.ts";
import { meter } from "./meter/index.ts";

const segments = (bytes: Uint8Array): number => sectionOf(bytes, 11)?.u32() ?? 0;

/** What the memory holds once the module is instantiated. */
function memoryOf(bytes: Uint8Array, imports: WebAssembly.Imports = {}): Buffer {
	const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), imports);
	return Buffer.from((exports.m as WebAssembly.Memory).buffer);
}

const module = (data: string, memory = '(memory (export "m") 1)'): Promise<Uint8Array> =>
	parse(`(module ${memory} ${data})`);
const at = (offset: number, text: string): string => `(data (i32.const ${offset}) "${text}")`;

describe("data segments", () => {
	it.each([
		["that touch become one", [at(8, "ab"), at(10, "cd")], 1],
		["that are near become one", [at(8, "ab"), at(30, "cd"), at(286, "ef")], 1],
		["that are further apart stay", [at(8, "ab"), at(267, "cd"), at(1000, "ef"), at(1003, "gh")], 3],
		["are put in order", [at(300, "cd"), at(8, "ab"), at(12, "x"), at(302, "ef")], 2],
		["may be empty", [at(8, ""), at(8, "ab"), at(10, ""), at(10, "c")], 1],
		["reach the memory's end", [at(65_530, "ab"), at(65_534, "cd")], 1],
	])("%s", async (_name, data, count) => {
		const before = await module(data.join(" "));
		const after = mergeData(before);
		expect(segments(after)).toBe(count);
		expect(memoryOf(after).equals(memoryOf(before))).toBe(true);
	});

	it("of thousands of pieces become few", async () => {
		const data = Array.from({ length: 3000 }, (_, i) => at(64 + i * 20, "\\01\\02\\00\\03"));
		const before = await module(data.join(" "));
		const after = mergeData(before);
		expect(segments(after)).toBe(1);
		expect(memoryOf(after).equals(memoryOf(before))).toBe(true);
	});

	it.each([
		["that write over each other", `${at(8, "abcdef")} ${at(10, "x")}`],
		["that lie at the same place", `${at(8, "a")} ${at(8, "b")}`],
		["that are passive", `(data "a") ${at(8, "a")} ${at(9, "b")}`],
		["at places that are not constant", `(global i32 (i32.const 8)) (data (global.get 0) "a") ${at(9, "b")}`],
		["of a second memory", `(memory 1) ${at(8, "a")} (data (memory 1) (i32.const 9) "b")`],
	])("%s stay as they are", async (_name, data) => {
		const before = await module(data);
		expect(mergeData(before)).toBe(before);
	});

	it("in a memory that may hold something already stay as they are", async () => {
		const before = await module(`${at(8, "a")} ${at(20, "b")}`, '(import "x" "m" (memory 1)) (export "m" (memory 0))');
		expect(mergeData(before)).toBe(before);
	});

	it("beyond the memory trap as before", async () => {
		const before = await module(`${at(65_530, "abc")} ${at(65_534, "def")}`);
		const after = mergeData(before);
		expect(segments(after)).toBe(1);
		for (const bytes of [before, after]) expect(() => memoryOf(bytes)).toThrow(WebAssembly.RuntimeError);
	});

	it("and their count agree, where a module says it", async () => {
		const before = await module(
			`${at(8, "a")} ${at(20, "b")} (func (memory.copy (i32.const 0) (i32.const 8) (i32.const 1)))`,
		);
		// As clang writes it for any module that may use bulk memory.
		const counted = Buffer.from(before);
		const code = sectionOf(before, 10)!;
		const start = before.lastIndexOf(10, code.pos - 1);
		const bytes = Buffer.concat([counted.subarray(0, start), Buffer.from([12, 1, 2]), counted.subarray(start)]);
		const after = mergeData(bytes);
		expect([segments(after), sectionOf(after, 12)!.u32()]).toEqual([1, 1]);
		expect(memoryOf(after).equals(memoryOf(bytes))).toBe(true);
	});
});

describe("code that names a segment", () => {
	it.each([
		["memory.init", "(memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0))", true],
		["data.drop", "(data.drop 0)", true],
		["memory.copy", "(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))", false],
		["a constant that looks like it", "(drop (i32.const 0x47c))", false],
	])("%s is known", async (_name, instruction, names) => {
		const { meta } = meter(await module(`${at(8, "a")} (func ${instruction})`));
		expect(meta.features.includes("names-data")).toBe(names);
	});
});
