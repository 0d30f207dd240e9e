import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "./database.ts";

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "pilot-database-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("openDatabase", () => {
	it.each([
		["synchronous", { synchronous: 2 }],
		["journal_mode", { journal_mode: "wal" }],
		["locking_mode", { locking_mode: "exclusive" }],
		["foreign_keys", { foreign_keys: 1 }],
	])("sets %s", (pragma, value) => {
		const { connection } = openDatabase(folder);
		expect(connection.prepare(`PRAGMA ${pragma}`).get()).toEqual(value);
		connection.close();
	});

	it("keeps those settings for a database that is there", () => {
		openDatabase(folder).connection.close();
		const { connection } = openDatabase(folder);
		expect(connection.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
		connection.close();
	});
});
