import { appendFile, lstat, mkdtemp, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digest, Settling } from "./complete.ts";
import type { FileSeen } from "./scan.ts";

let folder: string;
let path: string;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "pilot-"));
	path = join(folder, "a");
	await writeFile(path, "content");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function look(): Promise<FileSeen> {
	return { key: "a", path: Buffer.from(path), stats: await lstat(path, { bigint: true }) };
}

const changedAt = (file: FileSeen): number => Number(file.stats.ctimeMs);

describe("a file settles", () => {
	it("when it has not changed for the settle time, by its own change time", async () => {
		const file = await look();
		const settling = new Settling(500);
		expect(settling.isQuiet(file, changedAt(file) + 499)).toBe(false);
		expect(settling.nextAt()).toBe(changedAt(file) + 500);
		expect(settling.isQuiet(file, changedAt(file) + 500)).toBe(true);
	});

	it("at the first look, if it came long ago", async () => {
		const file = await look();
		expect(new Settling(500).isQuiet(file, changedAt(file) + 60_000)).toBe(true);
	});

	it("anew after each change", async () => {
		const settling = new Settling(500);
		const before = await look();
		settling.isQuiet(before, changedAt(before) + 100);
		await appendFile(path, " more");
		const after = await look();
		expect(settling.isQuiet(after, changedAt(after) + 499)).toBe(false);
		expect(settling.isQuiet(after, changedAt(after) + 500)).toBe(true);
	});

	it("by our own looks, if its time is yet to come", async () => {
		const settling = new Settling(500);
		const file = await look();
		const now = changedAt(file) - 3_600_000;
		expect(settling.isQuiet(file, now)).toBe(false);
		expect(settling.isQuiet(file, now + 499)).toBe(false);
		expect(settling.isQuiet(file, now + 500)).toBe(true);
	});

	it("later and later while it is held open, but looked at every ten seconds", async () => {
		const settling = new Settling(500);
		const file = await look();
		let now = changedAt(file) + 500;
		expect(settling.isQuiet(file, now)).toBe(true);
		const waits: number[] = [];
		for (let count = 0; count < 7; count++) {
			settling.putOff(file, now);
			expect(settling.isQuiet(file, now)).toBe(false);
			const next = settling.nextAt()!;
			waits.push(next - now);
			now = next;
			expect(settling.isQuiet(file, now)).toBe(true);
		}
		expect(waits).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
	});

	it("and nothing is waited for once it is delivered or gone", async () => {
		const settling = new Settling(500);
		const file = await look();
		settling.isQuiet(file, changedAt(file));
		settling.done("a");
		expect(settling.nextAt()).toBeNull();
		settling.isQuiet(file, changedAt(file));
		settling.forget((key) => key === "a");
		expect(settling.nextAt()).toBeNull();
	});
});

describe("a digest", () => {
	it("is the MD5 of a file that is as it was seen", async () => {
		expect(await digest(await look())).toBe("9a0364b9e99bb480dd25e1f0284c8555");
	});

	it("is none of a file that changed since, went, or became a link", async () => {
		const seen = await look();
		await appendFile(path, " more");
		expect(await digest(seen)).toBeNull();
		await unlink(path);
		expect(await digest(seen)).toBeNull();
		await writeFile(join(folder, "other"), "content");
		await symlink(join(folder, "other"), path);
		expect(await digest(seen)).toBeNull();
	});
});
