/** Every core signature against an independent source: the imports of a module that wasm-tools makes from the WIT. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { componentEmbed, componentNew } from "@bytecodealliance/jco";
import { beforeAll, describe, expect, it } from "vitest";
import { Reader } from "../binary/reader.ts";
import { admit } from "../build/admit.ts";
import { hostFunction } from "./lookup.ts";
import { interfaces } from "./registry.ts";

const LETTERS: Record<number, string> = { 127: "i", 126: "I", 125: "f", 124: "F" };
/** Every world of WASI 0.2 that there is, by package. */
const WORLDS = ["cli", "clocks", "filesystem", "http", "io", "random", "sockets"];

/** jco's copy of WASI 0.2.12 as one text of nested packages, under another version, with a world that imports all of it. */
function witSource(version = "0.2.12"): string {
	const folder = join(
		dirname(fileURLToPath(import.meta.resolve("@bytecodealliance/jco"))),
		"../lib/wit/builtin/0.2.12",
	);
	const packages = readdirSync(folder).map((name) =>
		readFileSync(join(folder, name, "package.wit"), "utf8").replace(/^package ([^;]+);/m, "package $1 {"),
	);
	const world = WORLDS.map((it) => `include wasi:${it}/imports@0.2.12;`).join(" ");
	const all = "world everything { include imported; } world runs { include imported; export wasi:cli/run@0.2.12; }";
	const text = `package test:all;\nworld imported { ${world} } ${all}\n${packages.map((it) => `${it}\n}`).join("\n")}`;
	return text.replaceAll("@0.2.12", `@${version}`).replaceAll(/@since\([^)]*\)/g, `@since(version = ${version})`);
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

function drops(imports: ReadonlyMap<string, string>): string[] {
	return [...imports.keys()].filter((name) => name.endsWith("_drop"));
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
		const all = [...functionImports(module)].filter(([name]) => known.has(name.split("/")[0]!));
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
		expect(host.sort()).toEqual(drops(expected).sort());
	});

	it.each(Array.from({ length: 14 }, (_, patch) => `0.2.${patch}`))(
		"are those of %s, admitted as a whole",
		async (version) => {
			for (const it of interfaces)
				for (const name of Object.keys(it.functions))
					expect(hostFunction(`${it.name}@${version}`, name)).toBe(it.functions[name]);
			const features = { tag: "all" } as const;
			const module = await componentEmbed({ witSource: witSource(version), dummy: true, world: "runs", features });
			const { kind, linked } = await admit(await componentNew(module, []));
			expect([kind.name, linked.hostFunctions.size]).toEqual(["cli", expected.size - drops(expected).length]);
		},
	);

	it("are given once each", () => {
		const names = interfaces.map((it) => it.name);
		expect(names).toEqual([...new Set(names)]);
	});
});
