/** Every core signature against an independent source: the imports of a module that wasm-tools makes from the WIT. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { componentEmbed } from "@bytecodealliance/jco";
import { beforeAll, describe, expect, it } from "vitest";
import { Reader } from "../binary/reader.ts";
import { interfaces } from "./registry.ts";

const LETTERS: Record<number, string> = { 127: "i", 126: "I", 125: "f", 124: "F" };
/** Unstable, and not part of what the host promises. */
const LEFT_OUT = /^wasi:clocks\/timezone/;

/** jco's copy of WASI 0.2.12 as one text of nested packages, with a world that imports all of it. */
function witSource(): string {
	const folder = join(
		dirname(fileURLToPath(import.meta.resolve("@bytecodealliance/jco"))),
		"../lib/wit/builtin/0.2.12",
	);
	const packages = readdirSync(folder).map((name) =>
		readFileSync(join(folder, name, "package.wit"), "utf8").replace(/^package ([^;]+);/m, "package $1 {"),
	);
	const world = ["cli/imports", "http/imports"].map((it) => `include wasi:${it}@0.2.12;`).join(" ");
	return `package test:all;\nworld everything { ${world} }\n${packages.map((it) => `${it}\n}`).join("\n")}`;
}

/** The function imports of a core module: `module name` -> core signature. */
function functionImports(module: Uint8Array): Map<string, string> {
	const reader = new Reader(module, 8);
	const letters = (it: Reader) => it.vec((type) => LETTERS[type.byte()]).join("");
	let types: string[] = [];
	const imports = new Map<string, string>();
	while (!reader.done) {
		const id = reader.byte();
		const section = reader.sub(reader.u32());
		if (id === 1) types = section.vec((it) => `${it.byte() === 0x60 ? letters(it) : "?"}->${letters(it)}`);
		if (id !== 2) continue;
		section.vec((it) => {
			// Both are written `cm32p2|wasi:io/poll@0.2` and `pollable_drop` in the build-target mangling that a dummy has.
			const name = `${it.name().replace(/^cm32p2\||@.*/g, "")} ${it.name()}`;
			expect(it.byte()).toBe(0);
			imports.set(name, types[it.u32()]!);
		});
	}
	return imports;
}

describe("core signatures", () => {
	let expected: Map<string, string>;

	beforeAll(async () => {
		const module = await componentEmbed({
			witSource: witSource(),
			dummy: true,
			world: "everything",
			features: { tag: "all" },
		});
		const known = new Set(interfaces.map((it) => it.name.split("/")[0]));
		const all = [...functionImports(module)].filter(([name]) => !LEFT_OUT.test(name) && known.has(name.split("/")[0]!));
		expected = new Map(all);
	});

	it("are those of the WIT, with no function missing and none misspelt", () => {
		const host = interfaces.flatMap((it) =>
			Object.entries(it.functions).map(([name, { core }]) => [`${it.name} ${name}`, core] as const),
		);
		const functions = [...expected].filter(([name]) => !name.endsWith("_drop"));
		expect(Object.fromEntries(host)).toEqual(Object.fromEntries(functions));
		expect(functions.length).toBeGreaterThan(80);
	});

	it("have a resource for every drop, of the same name as its kind", () => {
		const host = interfaces.flatMap((it) =>
			Object.entries(it.resources).map(([name, kind]) => {
				expect(kind.name).toBe(`${it.name}#${name}`);
				return `${it.name} ${name}_drop`;
			}),
		);
		const drops = [...expected.keys()].filter((name) => name.endsWith("_drop"));
		expect(host.sort()).toEqual(drops.sort());
	});

	it("are given once each", () => {
		const names = interfaces.map((it) => it.name);
		expect(names).toEqual([...new Set(names)]);
	});
});
