import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clearAside, isBeingWritten, writeWhole, writeWholeFolder } from "./disk.ts";

let folder: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "pilot-disk-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (...path: string[]) => join(folder, ...path);
const mode = (path: string) => statSync(path).mode & 0o777;
const text = (content: string) => Buffer.from(content);

describe("a file", () => {
	it("is written whole, for its owner alone, and nothing is left beside it", async () => {
		await writeWhole(at("a"), text("content"));
		expect(readFileSync(at("a"), "utf8")).toBe("content");
		expect(mode(at("a"))).toBe(0o600);
		expect(readdirSync(folder)).toEqual(["a"]);
	});

	it("replaces what was there, at once: a reader sees the old or the new", async () => {
		const contents = ["a".repeat(100_000), "b".repeat(200_000)];
		await writeWhole(at("f"), text(contents[0]!));
		let writing = true;
		const writes = (async () => {
			for (let i = 1; i < 20; i++) await writeWhole(at("f"), text(contents[i % 2]!));
			writing = false;
		})();
		while (writing) {
			expect(contents).toContain(readFileSync(at("f"), "utf8"));
			await new Promise((resolve) => setImmediate(resolve));
		}
		await writes;
	});

	it("that cannot be written leaves what was there, and nothing beside it", async () => {
		writeFileSync(at("file"), "x");
		await expect(writeWhole(at("file", "below"), text("y"))).rejects.toMatchObject({ code: "ENOTDIR" });
		await expect(writeWhole(at("none", "f"), text("y"))).rejects.toMatchObject({ code: "ENOENT" });
		expect(readdirSync(folder)).toEqual(["file"]);
	});

	it("may be written many times at once: one of them is there", async () => {
		await Promise.all(Array.from({ length: 10 }, (_, i) => writeWhole(at("f"), text(String(i).repeat(1000)))));
		expect(readFileSync(at("f"), "utf8")).toMatch(/^(\d)\1{999}$/);
		expect(readdirSync(folder)).toEqual(["f"]);
	});
});

describe("a folder", () => {
	const files = (content: string) =>
		new Map([
			["one", text(content)],
			["two", text(`${content}!`)],
		]);

	it("is written with all its files, for its owner alone", async () => {
		await writeWholeFolder(at("d"), files("x"));
		expect(readdirSync(at("d")).sort()).toEqual(["one", "two"]);
		expect([mode(at("d")), mode(at("d", "one")), mode(at("d", "two"))]).toEqual([0o700, 0o600, 0o600]);
		expect(readdirSync(folder)).toEqual(["d"]);
	});

	it("replaces the files of one that was there", async () => {
		await writeWholeFolder(at("d"), files("old"));
		await writeWholeFolder(at("d"), files("new"));
		expect(readFileSync(at("d", "two"), "utf8")).toBe("new!");
		expect(readdirSync(folder)).toEqual(["d"]);
	});

	it("may be written many times at once, and is whole", async () => {
		await Promise.all(Array.from({ length: 10 }, () => writeWholeFolder(at("d"), files("same"))));
		expect(readFileSync(at("d", "one"), "utf8")).toBe("same");
		expect(readdirSync(at("d")).sort()).toEqual(["one", "two"]);
		expect(readdirSync(folder)).toEqual(["d"]);
	});

	it("that cannot be written leaves nothing", async () => {
		await expect(writeWholeFolder(at("d"), new Map([["a/b", text("x")]]))).rejects.toMatchObject({ code: "ENOENT" });
		expect(readdirSync(folder)).toEqual([]);
	});
});

describe("what is half-written", () => {
	const aside = (pid: number): string => `f.${pid}.${randomUUID()}.tmp`;

	it("is left to the process that writes it, and cleared away once that is gone", async () => {
		const gone = spawnSync(process.execPath, ["--version"]).pid;
		const [own, parents] = [aside(process.pid), aside(process.ppid)];
		for (const name of [own, parents, aside(gone), "older.tmp", "whole"]) writeFileSync(at(name), "");
		mkdirSync(at(`d${aside(gone)}`));
		await clearAside(folder);
		expect(readdirSync(folder).sort()).toEqual([own, parents, "whole"].sort());
		expect(["whole", "older.tmp", own].map(isBeingWritten)).toEqual([false, false, true]);
	});

	it("is not touched while it becomes whole, however often others clear", async () => {
		const writes = Array.from({ length: 20 }, (_, i) => writeWhole(at(`f${i}`), text("x".repeat(100_000))));
		for (let i = 0; i < 20; i++) await clearAside(folder);
		await Promise.all(writes);
		expect(readdirSync(folder)).toHaveLength(20);
	});
});
