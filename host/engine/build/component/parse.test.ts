import { parse } from "@bytecodealliance/jco";
import { describe, expect, it } from "vitest";
import { BinaryError } from "../../binary/reader.ts";
import type { Definition } from "./ast.ts";
import { layerOf, parseComponent } from "./parse.ts";

async function definitions(wat: string): Promise<Definition[]> {
	return parseComponent(await parse(`(component ${wat})`)).definitions;
}

/** The types that a component defines. */
async function types(wat: string) {
	return (await definitions(wat)).flatMap((it) => (it.is === "type" ? [it.type] : []));
}

const PREAMBLE = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0];

/** A component of one section. */
function section(id: number, ...content: number[]): Uint8Array {
	return Uint8Array.from([...PREAMBLE, id, content.length, ...content]);
}

describe("the layer", () => {
	it.each([
		["a component", PREAMBLE, "component"],
		["a module", [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], "module"],
		["a component of an older draft", [0, 0x61, 0x73, 0x6d, 0x0c, 0, 1, 0], null],
		["another layer", [0, 0x61, 0x73, 0x6d, 0x0d, 0, 2, 0], null],
		["cut off", [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1], null],
		["empty", [], null],
		["something else", [1, 2, 3, 4, 5, 6, 7, 8], null],
	])("of %s", (_name, bytes, layer) => {
		expect(layerOf(Uint8Array.from(bytes))).toBe(layer);
	});
});

describe("types", () => {
	it("of values, all of them", async () => {
		const found = await types(`
			(type (record (field "a" u8) (field "b" string)))
			(type (variant (case "x") (case "y" s64)))
			(type (list f32)) (type (tuple bool char)) (type (flags "p" "q")) (type (enum "r" "s"))
			(type (option u16)) (type (result)) (type (result s8)) (type (result (error f64)))
			(type (result u32 (error 0))) (type s32) (type (list 0))`);
		expect(found).toEqual([
			{
				is: "record",
				fields: [
					["a", "u8"],
					["b", "string"],
				],
			},
			{
				is: "variant",
				cases: [
					["x", null],
					["y", "s64"],
				],
			},
			{ is: "list", element: "f32", length: null },
			{ is: "tuple", elements: ["bool", "char"] },
			{ is: "flags", labels: ["p", "q"] },
			{ is: "enum", labels: ["r", "s"] },
			{ is: "option", element: "u16" },
			{ is: "result", ok: null, err: null },
			{ is: "result", ok: "s8", err: null },
			{ is: "result", ok: null, err: "f64" },
			{ is: "result", ok: "u32", err: 0 },
			{ is: "primitive", primitive: "s32" },
			{ is: "list", element: 0, length: null },
		]);
	});

	it("of functions, resources and handles", async () => {
		const found = await types(`
			(type $r (resource (rep i32))) (type (own $r)) (type (borrow $r))
			(type (func)) (type (func (param "a" u64) (param "b" 1) (result string)))`);
		expect(found).toEqual([
			{ is: "resource", destructor: null },
			{ is: "own", resource: 0 },
			{ is: "borrow", resource: 0 },
			{ is: "func", async: false, params: [], result: null },
			{
				is: "func",
				async: false,
				params: [
					["a", "u64"],
					["b", 1],
				],
				result: "string",
			},
		]);
	});

	it("of instances and components, with all that they declare", async () => {
		const [, instance, component] = await types(`
			(type $outer u8)
			(type (instance
				(export "r" (type $r (sub resource)))
				(alias outer 1 $outer (type $o))
				(type $l (list $o))
				(export "l" (type (eq $l)))
				(export "f" (func (param "r" (borrow $r))))
				(export "i" (instance))))
			(type (component (import "a" (func)) (export "b" (func))))`);
		expect(instance!.is === "instance" && instance!.decls.map((it) => it.is)).toEqual([
			"export",
			"alias",
			"type",
			"export",
			"type",
			"type",
			"export",
			"type",
			"export",
		]);
		expect(component!.is === "component" && component!.decls.map((it) => it.is)).toEqual([
			"type",
			"import",
			"type",
			"export",
		]);
	});
});

describe("definitions", () => {
	it("of modules, core instances and aliases of what they export", async () => {
		const found = await definitions(`
			(core module $m (import "ns" "f" (func)) (memory (export "memory") 1) (func (export "g")))
			(core module $n (func (export "f")))
			(core instance $in (instantiate $n))
			(core instance $im (instantiate $m (with "ns" (instance $in))))
			(alias core export $im "memory" (core memory $mem))
			(alias core export $im "g" (core func $g))
			(core instance (export "x" (memory $mem)) (export "y" (func $g)))`);
		expect(found.map((it) => it.is)).toEqual([
			"core module",
			"core module",
			"core instance",
			"core instance",
			"alias",
			"alias",
			"core exports",
		]);
		expect(found[3]).toEqual({ is: "core instance", module: 0, args: [["ns", 0]] });
		expect(found[4]).toEqual({
			is: "alias",
			alias: { is: "core export", sort: "memory", instance: 1, name: "memory" },
		});
		expect(found[6]).toEqual({
			is: "core exports",
			exports: [
				["x", "memory", 0],
				["y", "func", 0],
			],
		});
	});

	it("of canonical functions, with all options", async () => {
		const found = await definitions(`
			(type $r (resource (rep i32)))
			(import "f" (func $f (param "s" string) (result string)))
			(core module $m (memory (export "memory") 1)
				(func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
				(func (export "h") (param i32 i32) (result i32) unreachable) (func (export "post") (param i32)))
			(core instance $i (instantiate $m))
			(alias core export $i "memory" (core memory $mem)) (alias core export $i "realloc" (core func $realloc))
			(alias core export $i "post" (core func $post))
			(core func (canon lower (func $f) string-encoding=utf16 (memory $mem) (realloc $realloc)))
			(core func (canon lower (func $f) string-encoding=latin1+utf16 (memory $mem) (realloc $realloc)))
			(func (param "s" string) (result string)
				(canon lift (core func $i "h") (memory $mem) (realloc $realloc) (post-return $post)))
			(core func (canon resource.new $r)) (core func (canon resource.rep $r)) (core func (canon resource.drop $r))`);
		const canons = found.flatMap((it) => (it.is === "canon" ? [it.canon] : []));
		expect(canons.map((it) => it.is)).toEqual([
			"lower",
			"lower",
			"lift",
			"resource.new",
			"resource.rep",
			"resource.drop",
		]);
		const encodings = canons.flatMap((it) => ("options" in it ? [it.options.encoding] : []));
		expect(encodings).toEqual(["utf16", "latin1+utf16", "utf8"]);
		const lift = canons[2]!;
		if (lift.is !== "lift") throw new Error("no lift");
		const { memory, realloc, postReturn } = lift.options;
		expect([memory, realloc, postReturn].every((it) => it !== null)).toBe(true);
	});

	it("of components and instances within, imports and exports", async () => {
		const found = await definitions(`
			(import "a" (func $a)) (import "t" (type $t (sub resource))) (import "i" (instance $i (export "x" (func))))
			(component $c (import "a" (func)) (export "b" (func 0)))
			(instance $made (instantiate $c (with "a" (func $a))))
			(alias export $made "b" (func $b))
			(instance (export "y" (func $b)))
			(export "z" (func $b)) (export "w" (instance $made))`);
		const of = (is: string) => found.filter((it) => it.is === is);
		expect(of("import").map((it) => it.is === "import" && [it.name, it.desc.is])).toEqual([
			["a", "func"],
			["t", "type"],
			["i", "instance"],
		]);
		const [inner] = of("component");
		expect(inner?.is === "component" && inner.component.definitions.map((it) => it.is)).toEqual([
			"type",
			"import",
			"export",
		]);
		expect(of("instance")).toEqual([
			{ is: "instance", component: 0, args: [["a", { core: false, sort: "func", index: 0 }]] },
		]);
		expect(of("exports")).toEqual([{ is: "exports", exports: [["y", { core: false, sort: "func", index: 1 }]] }]);
		expect(of("export").map((it) => it.is === "export" && it.name)).toEqual(["z", "w"]);
	});

	it("of core types, however they are made, are read past", async () => {
		const found = await definitions(`
			(core type (func (param i32 (ref null func) (ref any)) (result i64)))
			(core type (sub (struct (field (mut i32)) (field i8))))
			(core rec (type $a (array (mut (ref null $a)))) (type (sub final (func))))
			(core type $m (module (type (func)) (alias outer 1 0 (type)) (import "a" "b" (func (type 0)))
				(import "a" "t" (table 1 2 funcref)) (export "m" (memory 1)) (export "g" (global (mut i32))) (export "e" (tag (type 0)))))
			(type (instance (core type (func (result i32))) (core type (module)) (type u8) (export "t" (type (eq 0)))))
			(type string)`);
		expect(found.filter((it) => it.is === "type")).toHaveLength(2);
		expect(found.at(-1)).toEqual({ is: "type", type: { is: "primitive", primitive: "string" } });
		const [instance] = found.flatMap((it) => (it.is === "type" && it.type.is === "instance" ? [it.type.decls] : []));
		expect(instance!.map((it) => it.is)).toEqual(["core type", "core type", "type", "export"]);
	});

	it("custom sections are passed over", () => {
		expect(parseComponent(section(0, 1, 0x61, 9, 9, 9)).definitions).toEqual([]);
	});
});

describe("malformed bytes", () => {
	it.each([
		["an empty file", new Uint8Array(), "unexpected end"],
		["a core module", Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), "not a component"],
		["a section that does not exist", section(12), "section 12 is not supported"],
		["the values section", section(9, 0), "section 9 is not supported"],
		["a section longer than the file", Uint8Array.from([...PREAMBLE, 7, 100, 0]), "unexpected end"],
		["a section with a rest", section(7, 1, 0x7f, 0), "section size mismatch"],
		["more items than bytes", section(7, 0xff, 0xff, 0xff, 0xff, 0x0f), "length out of bounds"],
		["a count that is too long", section(7, 0xff, 0xff, 0xff, 0xff, 0xff, 1), "integer"],
		["an unknown type", section(7, 1, 0x3e), "unknown type 0x3e"],
		["an unknown primitive", section(7, 1, 0x70, 0x60), "unknown primitive"],
		["a name that is no UTF-8", section(7, 1, 0x6e, 1, 1, 0xff), "malformed UTF-8"],
		["a variant with a refinement", section(7, 1, 0x71, 1, 1, 0x61, 0, 1), "refinement"],
		["a malformed option", section(7, 1, 0x6a, 2, 0), "malformed option"],
		["named results", section(7, 1, 0x40, 0, 1, 1), "named results"],
		["a resource of i64", section(7, 1, 0x3f, 0x7e, 0), "not represented as i32"],
		["an unknown declaration", section(7, 1, 0x42, 1, 9), "unknown declaration"],
		["an unknown core type in an instance type", section(7, 1, 0x42, 1, 0, 0x61, 0, 0), "unknown core type"],
		["an unknown core type", section(3, 1, 0x61), "unknown core type"],
		["a module type that imports what there is not", section(3, 1, 0x50, 1, 0, 0, 0, 9), "unknown kind of import"],
		["a module type that declares what there is not", section(3, 1, 0x50, 1, 9), "unknown declaration"],
		["core types with a rest", section(3, 1, 0x60, 0, 0, 0), "section size mismatch"],
		["an alias of no kind", section(6, 1, 1, 7, 0, 0), "malformed alias"],
		["an alias of a core item by a component's", section(6, 1, 1, 1, 0, 0), "malformed alias"],
		["an unknown sort", section(6, 1, 9, 0, 0, 0), "unknown sort"],
		["an unknown core sort", section(6, 1, 0, 9, 1, 0, 0), "unknown core sort"],
		["a core argument that is no instance", section(2, 1, 0, 0, 1, 1, 0x61, 0x11, 0), "not an instance"],
		["an async built-in", section(8, 1, 5), "it uses task.cancel, which is part of the component model's async ABI"],
		[
			"an async option",
			section(8, 1, 1, 0, 0, 1, 6),
			"the option async, which is part of the component model's async ABI",
		],
		["an unknown form of name", section(10, 1, 3, 1, 0x61, 1, 0), "unknown form"],
		["an unknown description", section(10, 1, 0, 1, 0x61, 9, 0), "unknown description"],
		["a malformed type bound", section(10, 1, 0, 1, 0x61, 3, 7), "malformed type bound"],
	])("%s", (_name, bytes, words) => {
		expect(() => parseComponent(bytes)).toThrow(BinaryError);
		expect(() => parseComponent(bytes)).toThrow(words);
	});

	it("cut off anywhere are an error or fewer definitions, never anything else", async () => {
		const code = await parse(`(component
			(type $t (instance (export "f" (func (param "a" (list u8)))))) (import "i" (instance $i (type $t)))
			(core module $m (memory (export "memory") 1)) (core instance $c (instantiate $m))
			(alias core export $c "memory" (core memory $mem))
			(core func (canon lower (func $i "f") (memory $mem))))`);
		const whole = parseComponent(code).definitions.length;
		for (let length = 0; length < code.length; length++) {
			try {
				expect(parseComponent(code.subarray(0, length)).definitions.length).toBeLessThanOrEqual(whole);
			} catch (error) {
				expect(error).toBeInstanceOf(BinaryError);
			}
		}
	});
});

describe("nesting", () => {
	function components(depth: number): Uint8Array {
		let bytes = PREAMBLE;
		for (let i = 0; i < depth; i++) {
			const length = bytes.length;
			bytes = [...PREAMBLE, 4, (length & 0x7f) | 0x80, length >> 7, ...bytes];
		}
		return Uint8Array.from(bytes);
	}

	/** Component types in component types. */
	function typesIn(depth: number): Uint8Array {
		const content = [1, ...Array.from({ length: depth }, () => [0x41, 1, 1]).flat(), 0x7f];
		return Uint8Array.from([...PREAMBLE, 7, (content.length & 0x7f) | 0x80, content.length >> 7, ...content]);
	}

	it("of components has an end", () => {
		expect(parseComponent(components(50)).definitions).toHaveLength(1);
		expect(() => parseComponent(components(51))).toThrow("components nested too deep");
	});

	it("of types has an end", () => {
		expect(parseComponent(typesIn(100)).definitions).toHaveLength(1);
		expect(() => parseComponent(typesIn(101))).toThrow("types nested too deep");
	});

	it("that was malformed is forgotten: what is read next is not deeper for it", () => {
		const broken = section(7, 1, 0x42, 1, 1, 0x42, 1, 9);
		for (let i = 0; i < 200; i++) expect(() => parseComponent(broken)).toThrow("unknown declaration");
		expect(parseComponent(typesIn(100)).definitions).toHaveLength(1);
	});
});

it("the room for definitions does not count modules, and counts all components together", () => {
	const module = [1, 0x80, 0x80, 0x80, 4];
	const large = new Uint8Array(PREAMBLE.length + module.length + (8 << 20));
	large.set([...PREAMBLE, ...module]);
	expect(parseComponent(large).definitions).toHaveLength(1);
	// 3 MiB of primitive types, in two components each.
	const size = 3 << 20;
	const types = new Uint8Array(size).fill(0x7f);
	const head = [7, 0x84, 0x80, 0xc0, 1, 0x80, 0x80, 0xc0, 1];
	const one = Buffer.concat([Buffer.from([...PREAMBLE, ...head]), types]);
	expect(parseComponent(one).definitions).toHaveLength(size);
	const inner = Buffer.concat([Buffer.from([4, 0x91, 0x80, 0xc0, 1]), one]);
	expect(() => parseComponent(Buffer.concat([one, inner]))).toThrow("too large to be linked");
});
