import { parse } from "@bytecodealliance/jco";
import { describe, expect, it } from "vitest";
import { numberImports } from "./number-imports.ts";

const WAT = `(module
	(import "a" "f" (func $f (param i32) (result i32)))
	(import "__proto__" "constructor" (global $g i32))
	(import "a" "f" (func $h (param i64)))
	(import "m" "memory" (memory 1))
	(func (export "run") (result i32) (call $h (i64.const 7)) (i32.add (call $f (i32.const 1)) (global.get $g))))`;

describe("numberImports", () => {
	it("gives each import its number, and changes nothing else", async () => {
		const bytes = numberImports(await parse(WAT));
		const module = new WebAssembly.Module(bytes as BufferSource);
		expect(WebAssembly.Module.imports(module).map(({ module, name, kind }) => [module, name, kind])).toEqual([
			["0", "0", "function"],
			["0", "1", "global"],
			["0", "2", "function"],
			["0", "3", "memory"],
		]);
		const seen: bigint[] = [];
		const imports = [
			(it: number) => it + 10,
			30,
			(it: bigint) => seen.push(it),
			new WebAssembly.Memory({ initial: 1 }),
		];
		const { exports } = new WebAssembly.Instance(module, [imports] as unknown as WebAssembly.Imports);
		expect((exports.run as () => number)()).toBe(41);
		expect(seen).toEqual([7n]);
	});

	it("leaves a module without imports as it is", async () => {
		const bytes = await parse('(module (func (export "f")))');
		expect(Buffer.compare(numberImports(bytes), bytes)).toBe(0);
	});
});
