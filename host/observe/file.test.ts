import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RotatedFile } from "./file.ts";

let folder: string;
let path: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "pilot-file-"));
	path = join(folder, "logs", "echo");
});
afterEach(() => rm(folder, { recursive: true }));

const lines = (text: string) => Buffer.from(text);
const current = () => readFileSync(`${path}.log`, "utf8");
const older = () => readFileSync(`${path}.1.log`, "utf8");

describe("a rotated file", () => {
	it("is made with its folder, for its owner alone", async () => {
		const file = new RotatedFile(path, 1000);
		await file.append(lines("one\n"));
		await file.close();
		expect(statSync(join(folder, "logs")).mode & 0o777).toBe(0o700);
		expect(statSync(`${path}.log`).mode & 0o777).toBe(0o600);
	});

	it("is appended to, also by the next host", async () => {
		for (const text of ["one\n", "two\n", "three\n"]) {
			const file = new RotatedFile(path, 1000);
			await file.append(lines(text));
			await file.append(lines(text));
			await file.close();
		}
		expect(current()).toBe("one\none\ntwo\ntwo\nthree\nthree\n");
	});

	it("is rotated before it grows beyond its limit, and keeps one older file", async () => {
		const file = new RotatedFile(path, 10);
		for (const text of ["1111\n", "2222\n", "3333\n", "4444\n", "5555\n"]) await file.append(lines(text));
		await file.close();
		expect(older()).toBe("3333\n4444\n");
		expect(current()).toBe("5555\n");
		expect(readdirSync(join(folder, "logs")).toSorted()).toEqual(["echo.1.log", "echo.log"]);
	});

	it("is rotated by the size that an earlier host left", async () => {
		const first = new RotatedFile(path, 10);
		await first.append(lines("12345678\n"));
		await first.close();
		const second = new RotatedFile(path, 10);
		await second.append(lines("new\n"));
		await second.close();
		expect([older(), current()]).toEqual(["12345678\n", "new\n"]);
	});

	it("takes what is larger than its limit into a file of its own", async () => {
		const file = new RotatedFile(path, 10);
		await file.append(lines("small\n"));
		await file.append(lines("larger than ten\n"));
		await file.append(lines("small\n"));
		await file.close();
		expect([older(), current()]).toEqual(["larger than ten\n", "small\n"]);
	});

	it("ends a line that a killed host left half-way, once", async () => {
		const first = new RotatedFile(path, 1000);
		await first.append(lines("one\n"));
		await first.close();
		appendFileSync(`${path}.log`, "hal");
		const second = new RotatedFile(path, 1000);
		await second.append(lines("two\n"));
		await second.append(lines("three\n"));
		await second.close();
		expect(current()).toBe("one\nhal\ntwo\nthree\n");
	});

	it("is seen as it is at that moment", async () => {
		const file = new RotatedFile(path, 10);
		expect(await file.view()).toEqual([]);
		await file.append(lines("1111\n"));
		await file.append(lines("2222222\n"));
		const view = await file.view();
		expect(view.map(({ size }) => size)).toEqual([5, 8]);
		await file.append(lines("3333\n"));
		const texts = await Promise.all(view.map(({ handle }) => handle.readFile("utf8")));
		// What it showed is still there, whatever became of its name.
		expect(texts).toEqual(["1111\n", "2222222\n"]);
		await Promise.all(view.map(({ handle }) => handle.close()));
		await file.close();
	});

	it("is removed, and made anew by the next line", async () => {
		const file = new RotatedFile(path, 10);
		await file.remove();
		for (const text of ["1111\n", "2222222\n"]) await file.append(lines(text));
		await file.remove();
		expect(readdirSync(join(folder, "logs"))).toEqual([]);
		await file.append(lines("new\n"));
		await file.close();
		expect(current()).toBe("new\n");
	});

	it("comes back where its folder was taken away", async () => {
		const file = new RotatedFile(path, 1000);
		await file.append(lines("one\n"));
		await file.close();
		rmSync(join(folder, "logs"), { recursive: true });
		await file.append(lines("two\n"));
		await file.close();
		expect(current()).toBe("two\n");
	});

	it("rejects where it cannot be written", async () => {
		writeFileSync(join(folder, "logs"), "a file, where the folder should be");
		await expect(new RotatedFile(path, 1000).append(lines("one\n"))).rejects.toThrow(/ENOTDIR/);
	});
});
