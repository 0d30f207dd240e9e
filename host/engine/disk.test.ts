import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeWhole, writeWholeFolder } from "./disk.ts";

let root: string;
beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "pilot-disk-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const at = (...names: string[]): string => join(root, ...names);
const files = (content: string): Map<string, Uint8Array> =>
	new Map(["a", "b", "c"].map((name) => [name, Buffer.from(name + content)]));

describe("a whole file", () => {
	it("replaces the one before, with its mode, and leaves nothing beside it", async () => {
		await writeWhole(at("file"), Buffer.from("first"));
		await writeWhole(at("file"), Buffer.from("second"), 0o640);
		expect(readFileSync(at("file"), "utf8")).toBe("second");
		expect(statSync(at("file")).mode & 0o777).toBe(0o640);
		expect(readdirSync(root)).toEqual(["file"]);
	});

	it("that cannot be put in its place leaves what was there", async () => {
		await writeWholeFolder(at("taken"), files("1"));
		await expect(writeWhole(at("taken"), Buffer.from("x"))).rejects.toThrow();
		expect(readFileSync(at("taken", "a"), "utf8")).toBe("a1");
		expect(readdirSync(root)).toEqual(["taken"]);
	});
});

describe("a whole folder", () => {
	it("is there with all its files, its owner's alone", async () => {
		await writeWholeFolder(at("folder"), files("1"));
		expect(readdirSync(at("folder")).sort()).toEqual(["a", "b", "c"]);
		expect(statSync(at("folder")).mode & 0o777).toBe(0o700);
		expect(statSync(at("folder", "a")).mode & 0o777).toBe(0o600);
	});

	it("replaces the files of one that is there, of which none is missing at any time", async () => {
		await writeWholeFolder(at("folder"), files("0"));
		let over = false;
		const writing = (async () => {
			for (let round = 1; round <= 30; round++) await writeWholeFolder(at("folder"), files(String(round)));
			over = true;
		})();
		for (let looks = 0; !over || looks < 10; looks++)
			expect((await readdir(at("folder"))).sort()).toEqual(["a", "b", "c"]);
		await writing;
		expect(readFileSync(at("folder", "c"), "utf8")).toBe("c30");
		expect(readdirSync(root)).toEqual(["folder"]);
	});

	it("may be written by several at once", async () => {
		await Promise.all(Array.from({ length: 8 }, () => writeWholeFolder(at("folder"), files("same"))));
		expect(readFileSync(at("folder", "b"), "utf8")).toBe("bsame");
		expect(readdirSync(root)).toEqual(["folder"]);
	});

	it("that cannot have its place leaves nothing beside it", async () => {
		writeFileSync(at("taken"), "a file");
		await expect(writeWholeFolder(at("taken"), files("1"))).rejects.toThrow();
		expect(readFileSync(at("taken"), "utf8")).toBe("a file");
		expect(readdirSync(root)).toEqual(["taken"]);
	});
});
