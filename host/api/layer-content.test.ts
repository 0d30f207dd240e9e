import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ZipEntry, zipOf } from "../../test/support/zip.ts";
import { keepUpload, neededContent, sweepContent } from "../content.ts";
import { layersFolder } from "../invoker/content.ts";
import { mergeLayers, restoreLayers, unpackLayer } from "./layer-content.ts";
import { sha256 } from "./upload.ts";
import { MAX_UNZIPPED, MAX_UPLOAD } from "./zip.ts";

let data: { data: string };
beforeEach(() => {
	data = { data: mkdtempSync(join(tmpdir(), "pilot-layers-")) };
});
afterEach(() => rmSync(data.data, { recursive: true }));

const text = (content: string) => Buffer.from(content);
const file = (name: string, content = name, more: Partial<ZipEntry> = {}): ZipEntry => ({
	name,
	data: text(content),
	...more,
});
const folder = (name: string): ZipEntry => ({ name, data: text(""), stored: true });

/** Publishes a zip of these files; gives its `CodeSha256`. */
async function unpacked(...entries: ZipEntry[]): Promise<string> {
	const zip = zipOf(entries);
	await keepUpload(data, sha256(zip), zip);
	await unpackLayer(data, sha256(zip), zip);
	return sha256(zip);
}

/** All files of a folder with their content, and empty folders with a slash. */
function tree(path: string, prefix = ""): Record<string, string> {
	const found: Record<string, string> = {};
	const entries = readdirSync(path, { withFileTypes: true });
	if (entries.length === 0 && prefix !== "") found[prefix] = "";
	for (const entry of entries) {
		const inner = join(path, entry.name);
		if (entry.isDirectory()) Object.assign(found, tree(inner, `${prefix}${entry.name}/`));
		else found[prefix + entry.name] = readFileSync(inner, "utf8");
	}
	return found;
}
const at = (...list: string[]) => layersFolder(data, list);
const mode = (path: string) => statSync(path).mode & 0o777;
const left = () => readdirSync(join(data.data, "layers"));

describe("a layer's zip", () => {
	it("is unpacked, with its folders, for the owner alone", async () => {
		const zip = zipOf([
			folder("empty/"),
			file("a.txt"),
			file("deep/er/b.txt", "b", { stored: true }),
			file("zero", ""),
		]);
		expect(await unpackLayer(data, sha256(zip), zip)).toBe("a.txt".length + 1);
		const path = at(sha256(zip));
		expect(tree(path)).toEqual({ "empty/": "", "a.txt": "a.txt", "deep/er/b.txt": "b", zero: "" });
		expect([mode(path), mode(join(path, "deep")), mode(join(path, "a.txt"))]).toEqual([0o700, 0o700, 0o600]);
	});

	it("keeps what may be executed", async () => {
		const sum = await unpacked(file("run", "", { mode: 0o100755 }), file("read", "", { mode: 0o100644 }));
		expect([mode(join(at(sum), "run")), mode(join(at(sum), "read"))]).toEqual([0o700, 0o600]);
	});

	it("is unpacked once, whoever sends it at the same time", async () => {
		const zip = zipOf(Array.from({ length: 100 }, (_, n) => file(`${n}.txt`)));
		await Promise.all([1, 2, 3].map(() => unpackLayer(data, sha256(zip), zip)));
		expect(Object.keys(tree(at(sha256(zip))))).toHaveLength(100);
		expect(left()).toHaveLength(1);
	});

	const many = Array.from({ length: 20_001 }, (_, n) => folder(`${n}/`));
	it.each<[string, Uint8Array, string | RegExp]>([
		["no zip", text("no zip at all"), /^Could not unzip uploaded file/],
		["nothing", text(""), /^Could not unzip uploaded file/],
		["an empty zip", zipOf([]), "Uploaded file must be a non-empty zip"],
		["a zip cut short", zipOf([file("a.txt")]).subarray(10), /^Could not unzip uploaded file/],
		["one over 50 MB", Buffer.alloc(MAX_UPLOAD + 1), "Zipped size must be smaller than 52428800 bytes"],
		["too many files", zipOf(many), "The zip holds more than 20000 files"],
		["..", zipOf([file("a/../../b")]), "The zip holds a file whose name leads out of it: a/../../b"],
		["a backslash that leads out", zipOf([file("..\\b")]), "The zip holds a file whose name leads out of it: ../b"],
		["an absolute path", zipOf([file("/etc/passwd")]), "The zip holds a file whose name leads out of it: /etc/passwd"],
		["a drive", zipOf([file("C:/x")]), "The zip holds a file whose name leads out of it: C:/x"],
		["a link", zipOf([file("l", "/etc", { mode: 0o120777 })]), /^l in the zip is a link/],
		["a link called a folder", zipOf([file("l/", "/etc", { mode: 0o120777 })]), /^l\/ in the zip is a link/],
		["a device", zipOf([file("d", "", { mode: 0o020666 })]), "d in the zip is no file and no folder"],
		["a pipe", zipOf([file("p", "", { mode: 0o010666 })]), "p in the zip is no file and no folder"],
		["one name twice", zipOf([file("a"), file("b"), file("a")]), "The zip holds a twice"],
		["one name twice, written otherwise", zipOf([file("x/a"), file("x/./a")]), "The zip holds x/./a twice"],
		["a file that is a folder, too", zipOf([file("a"), file("a/b")]), "The zip holds a as a file and as a folder"],
		["a name with NUL", zipOf([file("a\0b")]), "The name of a file in the zip has a NUL in it"],
		["no name", zipOf([file(".")]), "A file in the zip has no name"],
		["a long name", zipOf([file("n".repeat(256))]), /^The name of a file in the zip is too long: nnn/],
		["a long path", zipOf([file("n/".repeat(600))]), /^The name of a file in the zip is too long: n\/n/],
		["a deep path", zipOf([file(`${"n/".repeat(64)}n`)]), /^The name of a file in the zip is too long/],
		["an encrypted file", zipOf([file("e", "x", { encrypted: true })]), "The file e in the zip is encrypted"],
		["a false checksum", zipOf([file("a", "x", { declaredCrc: 1 })]), /^Could not unzip uploaded file/],
		["a false size", zipOf([file("a", "xx", { declaredSize: 1 })]), /^Could not unzip uploaded file/],
		[
			"a size over 250 MB",
			zipOf([file("a", "x", { declaredSize: MAX_UNZIPPED + 1 })]),
			/^Unzipped size must be smaller/,
		],
		[
			"250 MB in many files",
			zipOf(Array.from({ length: 11 }, (_, n) => file(`${n}`, "x", { declaredSize: 25 * 2 ** 20 }))),
			/^Unzipped size must be smaller/,
		],
	])("is refused if it is or holds %s, and leaves nothing", async (_, bytes, message) => {
		mkdirSync(join(data.data, "layers"));
		const refusal = await unpackLayer(data, sha256(bytes), bytes).catch((error) => error);
		expect(refusal).toMatchObject({ name: "InvalidParameterValueException" });
		expect(refusal.message).toMatch(message);
		expect(left()).toEqual([]);
	});

	it("is refused if it is a bomb, and leaves nothing", async () => {
		const zip = zipOf([file("first"), { name: "bomb", data: Buffer.alloc(100 * 2 ** 20) }]);
		await expect(unpackLayer(data, sha256(zip), zip)).rejects.toThrow("unzips to more than 100 times its size");
		expect(left()).toEqual([]);
	});
});

describe("several layers", () => {
	it("are put together in order, a later file in the place of an earlier one", async () => {
		const one = await unpacked(file("both", "1"), file("d/x", "1"), file("only-1"));
		const two = await unpacked(file("both", "2"), file("d/y", "2"), folder("empty/"));
		await mergeLayers(data, [one, two]);
		await mergeLayers(data, [two, one]);
		expect(tree(at(one, two))).toEqual({ both: "2", "d/x": "1", "d/y": "2", "only-1": "only-1", "empty/": "" });
		expect(tree(at(two, one)).both).toBe("1");
		expect(tree(at(one))).toEqual({ both: "1", "d/x": "1", "only-1": "only-1" });
	});

	it("may have a folder where another has a file", async () => {
		const asFile = await unpacked(file("x"), file("a/b/c"));
		const asFolder = await unpacked(file("x/y"), file("a"));
		await mergeLayers(data, [asFile, asFolder]);
		await mergeLayers(data, [asFolder, asFile]);
		expect(tree(at(asFile, asFolder))).toEqual({ "x/y": "x/y", a: "a" });
		expect(tree(at(asFolder, asFile))).toEqual({ x: "x", "a/b/c": "a/b/c" });
	});

	it("take no room of their own", async () => {
		const [one, two] = [await unpacked(file("a")), await unpacked(file("b"))];
		await mergeLayers(data, [one, two]);
		expect(statSync(join(at(one, two), "a")).ino).toBe(statSync(join(at(one), "a")).ino);
	});
});

describe("a start", () => {
	const layers = (...sums: string[]) =>
		sums.map((codeSha256) => ({ arn: "", codeSha256, codeSize: 1, unzippedSize: 1 }));

	it("removes what nothing needs, and makes again what is missing", async () => {
		const [one, two, gone] = [await unpacked(file("a")), await unpacked(file("b")), await unpacked(file("c"))];
		await mergeLayers(data, [one, two]);
		await mergeLayers(data, [one, gone]);
		await keepUpload(data, sha256(text("code")), text("code"));
		const needed = neededContent(data, [{ codeSha256: sha256(text("code")), layers: layers(one, two) }], []);
		for (const lost of [at(one), at(one, two)]) rmSync(lost, { recursive: true });
		mkdirSync(join(data.data, "layers", "half.99999999.00000000-0000-0000-0000-000000000000.tmp"));
		await sweepContent(data, needed);
		await restoreLayers(data, needed);
		expect(
			left()
				.map((name) => join(data.data, "layers", name))
				.sort(),
		).toEqual([at(one), at(two), at(one, two)].sort());
		expect(tree(at(one, two))).toEqual({ a: "a", b: "b" });
		expect(readdirSync(join(data.data, "uploads"))).toHaveLength(3);
	});

	it("keeps a layer that a version has, and one that nobody uses", async () => {
		const [used, published] = [await unpacked(file("a")), await unpacked(file("b"))];
		const needed = neededContent(data, [{ codeSha256: "", layers: layers(used) }], [{ codeSha256: published }]);
		await sweepContent(data, needed);
		expect(left()).toHaveLength(2);
	});

	it("goes on where a layer's zip is lost", async () => {
		const needed = neededContent(data, [{ codeSha256: "", layers: layers(sha256(text("?"))) }], []);
		await sweepContent(data, needed);
		await restoreLayers(data, needed);
		expect(left()).toEqual([]);
	});
});
