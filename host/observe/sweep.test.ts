import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fileName } from "./names.ts";
import { sweepLogs } from "./sweep.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "pilot-sweep-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(...names: string[]): void {
	for (const name of names) writeFileSync(join(folder, name), "");
}

it("removes the logs of functions that are gone, both files, and keeps the others", async () => {
	write(
		"kept.log",
		"kept.1.log",
		"gone.log",
		"gone.1.log",
		"kept-not.log",
		`${fileName("Kept")}.log`,
		`${fileName("Gone")}.log`,
	);
	await sweepLogs(folder, ["kept", "Kept", "never-invoked"]);
	expect(readdirSync(folder).sort()).toEqual([`${fileName("Kept")}.log`, "kept.log", "kept.1.log"].sort());
});

it("leaves alone what is no log", async () => {
	write("notes.txt", "gone.log");
	mkdirSync(join(folder, "folder.log"));
	await sweepLogs(folder, []);
	expect(readdirSync(folder).sort()).toEqual(["folder.log", "notes.txt"]);
});

it("has nothing to do where there are no logs", async () => {
	await expect(sweepLogs(join(folder, "none"), ["f"])).resolves.toBeUndefined();
});
