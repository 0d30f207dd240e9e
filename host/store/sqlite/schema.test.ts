import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { StoreError } from "../errors.ts";
import { migrate } from "./schema.ts";

const FIRST = "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1)";
const SECOND = "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x + 1";

const version = (db: DatabaseSync) => db.prepare("PRAGMA user_version").get()?.user_version;

describe("migrate", () => {
	it("takes every step once, from whatever version", () => {
		const db = new DatabaseSync(":memory:");
		migrate(db, [FIRST]);
		expect(version(db)).toBe(1);
		migrate(db, [FIRST, SECOND]);
		migrate(db, [FIRST, SECOND]);
		expect(version(db)).toBe(2);
		expect(db.prepare("SELECT * FROM a").all()).toMatchObject([{ x: 1, y: 2 }]);
	});

	it("takes a step whole or not at all", () => {
		const db = new DatabaseSync(":memory:");
		migrate(db, [FIRST]);
		expect(() => migrate(db, [FIRST, `${SECOND}; INSERT INTO nowhere VALUES (1)`])).toThrow(/nowhere/);
		db.exec("ROLLBACK");
		expect(version(db)).toBe(1);
		expect(db.prepare("SELECT * FROM a").all()).toEqual([expect.not.objectContaining({ y: 2 })]);
	});

	it("refuses a version that it does not know", () => {
		const db = new DatabaseSync(":memory:");
		db.exec("PRAGMA user_version = 3");
		expect(() => migrate(db, [FIRST, SECOND])).toThrow(StoreError);
		expect(version(db)).toBe(3);
	});

	it("makes the schema of the store from nothing, which is sound", () => {
		const db = new DatabaseSync(":memory:");
		migrate(db);
		expect(db.prepare("PRAGMA foreign_key_check").all()).toEqual([]);
		expect(db.prepare("SELECT count(*) AS tables FROM sqlite_schema WHERE type = 'table'").get()).toMatchObject({
			tables: 6,
		});
	});
});
