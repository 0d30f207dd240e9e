import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StoreError } from "../errors.ts";
import { Committer } from "./commit.ts";
import { type Database, openDatabase } from "./database.ts";

let folder: string;
let database: Database;
let committer: Committer;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "pilot-commit-"));
	database = openDatabase(folder);
	database.connection.exec("CREATE TABLE numbers (value INTEGER PRIMARY KEY) STRICT");
	committer = new Committer(database);
});
afterEach(async () => {
	committer.close();
	await rm(folder, { recursive: true });
});

/** Changes that put a number each. */
function inserter(): (value: number) => Promise<number> {
	const insert = committer.prepare("INSERT INTO numbers (value) VALUES (?)");
	return (value) =>
		committer.change(() => {
			insert.run(value);
			return value;
		});
}
const values = async () => {
	const rows = await committer.all<{ value: number }>(committer.prepare("SELECT value FROM numbers ORDER BY value"));
	return rows.map((row) => row.value);
};
const logBytes = async () => (await stat(join(folder, "pilot.db-wal"))).size;

describe("group commit", () => {
	it("gives each caller what its own change gave", async () => {
		const put = inserter();
		expect(await Promise.all([put(3), put(1), put(2)])).toEqual([3, 1, 2]);
		expect(await values()).toEqual([1, 2, 3]);
	});

	it("makes one transaction of what is asked for in one turn", async () => {
		const put = inserter();
		await put(0);
		const before = await logBytes();
		await put(1);
		const one = (await logBytes()) - before;
		await Promise.all(Array.from({ length: 20 }, (_, index) => put(index + 2)));
		// A transaction writes each page that it changed to the log once.
		expect((await logBytes()) - before - one).toBe(one);
	});

	it("undoes all statements of a change that throws, and none of its neighbours'", async () => {
		const put = inserter();
		const insert = committer.prepare("INSERT INTO numbers (value) VALUES (?)");
		const half = committer.change(() => {
			insert.run(10);
			throw new RangeError("half-way");
		});
		const results = await Promise.allSettled([put(1), half, put(2), put(1)]);
		expect(results.map((it) => it.status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
		await expect(half).rejects.toThrow(RangeError);
		expect(await values()).toEqual([1, 2]);
	});

	it("says which folder an error of SQLite concerns, and keeps it as the cause", async () => {
		const put = inserter();
		await put(1);
		const again = put(1);
		await expect(again).rejects.toThrow(StoreError);
		await expect(again).rejects.toMatchObject({ message: expect.stringContaining(folder), cause: { errcode: 1555 } });
	});

	it("takes changes that changes ask for", async () => {
		const put = inserter();
		await put(1).then(() => Promise.all([put(2), put(3)]));
		expect(await values()).toEqual([1, 2, 3]);
	});

	it("rejects every change when no transaction can begin, and goes on afterwards", async () => {
		const put = inserter();
		database.connection.exec("BEGIN");
		const results = await Promise.allSettled([put(1), put(2), put(3)]);
		expect(results.map((it) => it.status)).toEqual(["rejected", "rejected", "rejected"]);
		database.connection.exec("ROLLBACK");
		await put(4);
		expect(await values()).toEqual([4]);
	});

	it("commits what was asked for before it was closed, and refuses what comes after", async () => {
		const put = inserter();
		const before = [put(1), put(2)];
		committer.close();
		await expect(put(3)).rejects.toThrow(StoreError);
		expect(await Promise.all(before)).toEqual([1, 2]);
	});
});
