import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { folderOf } from "../testing/pilot.ts";
import { bundle } from "./bundle.ts";
import { RUNTIME } from "./sdk.ts";
import { sourceLines } from "./source-lines.ts";

const open: (() => void)[] = [];
afterEach(() => {
	for (const close of open.splice(0)) close();
});

async function bundled(files: Record<string, string>) {
	const { folder, remove } = folderOf(files);
	open.push(remove);
	return { folder, ...(await bundle(join(folder, "index.ts"))) };
}

const handler = "export const handler = async (event: unknown): Promise<unknown> => event;\n";

describe("a bundle", () => {
	it("holds all modules, without types, and lists the files it is from", async () => {
		const { folder, code, inputs } = await bundled({
			"index.ts": 'import { twice } from "./lib/twice.ts";\nexport const handler = (n: number): number => twice(n);\n',
			"lib/twice.ts": "export const twice = (n: number): number => n * 2;\nexport const unused = 'not in it';\n",
		});
		expect(code).toContain("n * 2");
		expect(code).not.toContain("not in it");
		expect(code).not.toContain(": number");
		expect(inputs).toEqual(expect.arrayContaining([join(folder, "index.ts"), join(folder, "lib/twice.ts"), RUNTIME]));
		expect(inputs.every((it) => it.startsWith("/"))).toBe(true);
	});

	it("has no async function left, neither the user's nor the bundler's own", async () => {
		const { code } = await bundled({
			"index.ts": `const first = await Promise.resolve(1);
async function* numbers() { yield first; }
export const handler = async () => { for await (const n of numbers()) return n; };`,
		});
		expect(code).not.toMatch(/\basync\s*(function|\(|[A-Za-z_$]+\s*=>)/);
		expect(code).not.toMatch(/\bawait\b/);
	});

	it("imports nothing but WASI", async () => {
		const { code } = await bundled({ "index.ts": handler });
		const imported = [...code.matchAll(/^import .* from "([^"]+)"/gm)].map(([, it]) => it!);
		expect(imported.length).toBeGreaterThan(0);
		expect(imported.every((it) => it.startsWith("wasi:"))).toBe(true);
	});

	it("maps Node's files and buffers onto the SDK", async () => {
		const { code } = await bundled({
			"index.ts": `import { readFile } from "node:fs/promises";\nimport { Buffer } from "buffer";
export const handler = async () => Buffer.from(await readFile("/mnt/a"));`,
		});
		expect(code).toContain("readFileSync");
	});

	it("carries a table of the user's lines", async () => {
		const { code } = await bundled({ "index.ts": `// one\n// two\n${handler}` });
		const table = JSON.parse(/__pilotSources = (.*);/.exec(code)![1]!);
		expect(table.sources).toEqual(["index.ts"]);
		expect(table.places.length).toBeGreaterThan(0);
		expect(table.places.every(([, , , line]: number[]) => line === 3 || line === 0)).toBe(true);
	});
});

describe("a mistake is shown with its place and without a stack", () => {
	it.each([
		["no handler", { "index.ts": "export const other = 1;" }, /index\.ts does not export a function named handler/],
		["a syntax error", { "index.ts": "export const handler = (;" }, /index\.ts:1/],
		["a module that is not there", { "index.ts": 'import "./gone.ts";\nexport const handler = 1;' }, /gone\.ts/],
		[
			"a package that is not there",
			{ "index.ts": 'import "no-such-package";\nexport const handler = 1;' },
			/no-such-package/,
		],
		[
			"a module of Node's",
			{ "index.ts": 'import "node:net";\nexport const handler = 1;' },
			/imports node:net: .*node:fs/,
		],
		[
			"an export that is not there",
			{ "index.ts": 'import { b } from "./a.ts";\nexport const handler = () => b;', "a.ts": "export const a = 1;" },
			/"b" is not exported/,
		],
	])("%s", async (_name, files, message) => {
		const error = await bundled(files as Record<string, string>).catch((it) => it);
		expect(error.name).toBe("CliError");
		expect(error.message).toMatch(message);
		expect(error.message).not.toMatch(/^\s+at /m);
	});
});

describe("the table of lines", () => {
	it("keeps a place for each line of the user's, and one where other code begins", () => {
		// Line 1: other code. Line 2: user's line 5, then its line 6. Line 3: other code, then user's line 6.
		const mappings = "AAAA;ACIA,GACA;ADLA,ICKA";
		const lines = sourceLines({ sources: ["/sdk/a.ts", "/p/src/b.ts"], mappings }, "/p", (it) => it.startsWith("/p/"));
		expect(lines).toEqual({
			sources: ["src/b.ts"],
			places: [
				[2, 0, 0, 5],
				[2, 3, 0, 6],
				[3, 0, -1, 0],
				[3, 4, 0, 6],
			],
		});
	});

	it("reads numbers of several digits and negative ones", () => {
		const mappings = [
			[0, 0, 974, 0],
			[16, 0, -974, 0],
			[100_000, 0, 70_000, 5],
		].map((segment) => segment.map(encodeVlq).join(""));
		const { places } = sourceLines({ sources: ["/p/a.ts"], mappings: mappings.join(",") }, "/p", () => true);
		expect(places).toEqual([
			[1, 0, 0, 975],
			[1, 16, 0, 1],
			[1, 100_016, 0, 70_001],
		]);
	});

	it("is empty where nothing is the user's", () => {
		expect(sourceLines({ sources: ["/a"], mappings: "AAAA;;AACA" }, "/", () => false)).toEqual({
			sources: [],
			places: [],
		});
	});
});

/** Base64 VLQ, as a source map writes a number. */
function encodeVlq(number: number): string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	let rest = number < 0 ? (-number << 1) | 1 : number << 1;
	let text = "";
	do {
		text += digits[(rest & 31) | (rest > 31 ? 32 : 0)];
		rest >>>= 5;
	} while (rest > 0);
	return text;
}
