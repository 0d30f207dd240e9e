import { describe, expect, it } from "vitest";
import type { Subject } from "../contract.ts";
import { TABLE_KEYS, TABLE_NAMES, type TableKeys } from "../tables.ts";
import { functionRecord, TABLE_RECORDS } from "../testing/records.ts";
import { AlreadyExists, Changed, type RecordTable, type TableName } from "../types.ts";

/** The tables of records that hang on functions and on the account: each of them does the same. */
export function recordsContract(subject: Subject): void {
	describe.each(TABLE_NAMES)("%s", (name) => tableContract(subject, name));

	const version = (number: number) => TABLE_RECORDS.versions("f", String(number));

	it("lists versions by number, and others by key, in pages", async () => {
		await subject.store.functions.create(functionRecord("f"));
		for (const number of [10, 9, 1, 2]) await subject.store.versions.create(version(number));
		const first = await subject.store.versions.list("f", 3);
		expect(first.items.map((it) => it.version)).toEqual(["1", "2", "9"]);
		const second = await subject.store.versions.list("f", 3, first.next);
		expect(second.items.map((it) => it.version)).toEqual(["10"]);
		expect(second.next).toBeNull();
	});

	it("lists all scopes, one after the other, in pages", async () => {
		for (const name of ["b", "a", "a-1"]) {
			await subject.store.functions.create(functionRecord(name));
			for (const key of ["2", "1"]) await subject.store.versions.create(TABLE_RECORDS.versions(name, key));
		}
		const seen: string[] = [];
		for (let after: string | null = null; ; ) {
			const page = await subject.store.versions.list(null, 2, after);
			seen.push(...page.items.map((it) => `${it.name}:${it.version}`));
			if (page.next === null) break;
			after = page.next;
		}
		expect(seen).toEqual(["a:1", "a:2", "a-1:1", "a-1:2", "b:1", "b:2"]);
	});

	it("lists layer versions from the newest on, and goes on after a key", async () => {
		for (const number of [9, 10, 1, 2])
			await subject.store.layerVersions.create(TABLE_RECORDS.layerVersions("l", `${number}`));
		const numbers = async (after: string | null) => {
			const { items } = await subject.store.layerVersions.list("l", 3, after);
			return items.map((it) => it.version);
		};
		expect(await numbers(null)).toEqual([10, 9, 2]);
		expect(await numbers("9")).toEqual([2, 1]);
		// Of one that is gone, too.
		expect(await numbers("5")).toEqual([2, 1]);
	});

	it("counts the code of versions and layers", async () => {
		await subject.store.functions.create(functionRecord("f", { codeSize: 1 }));
		await subject.store.versions.create({ ...version(1), codeSize: 20 });
		await subject.store.layerVersions.create({ ...TABLE_RECORDS.layerVersions("l", "1"), codeSize: 300 });
		expect(await subject.store.functions.count()).toEqual({ functions: 1, codeBytes: 321 });
		await subject.store.functions.delete("f");
		expect(await subject.store.functions.count()).toEqual({ functions: 0, codeBytes: 300 });
	});

	it("makes changes together or not at all", async () => {
		await subject.store.functions.create(functionRecord("f"));
		const record = functionRecord("f", { revisionId: "2", lastVersion: 1 });
		const publish = () =>
			subject.store.together([
				{ table: "versions", op: "create", record: version(1) },
				{ table: "functions", op: "update", record, expected: "revision-1" },
			]);
		await publish();
		expect(await subject.store.functions.get("f")).toEqual(record);
		await subject.store.versions.delete("f", "1");
		await expect(publish()).rejects.toThrow(Changed);
		expect(await subject.store.versions.get("f", "1")).toBeNull();
	});
}

function tableContract(subject: Subject, name: TableName): void {
	const keys = TABLE_KEYS[name] as TableKeys<object>;
	const key = name === "layerVersions" ? "1" : "k";
	const record = TABLE_RECORDS[name]("f", key) as object;
	const place = [keys.scopeOf(record), keys.keyOf(record)] as const;
	const table = (): RecordTable<object> => subject.store[name];
	const withFunction = () => subject.store.functions.create(functionRecord("f"));

	it("keeps what it is given", async () => {
		await withFunction();
		await table().create(record);
		await subject.reopen();
		expect(await table().get(...place)).toEqual(record);
		expect(await table().get(place[0], "other")).toBeNull();
		expect(await table().list(place[0], 10)).toEqual({ items: [record], next: null });
	});

	it("creates nothing where there is something", async () => {
		await withFunction();
		await table().create(record);
		await expect(table().create({ ...record, mark: 1 })).rejects.toThrow(AlreadyExists);
		expect(await table().get(...place)).toEqual(record);
	});

	it("replaces, and with put creates as well", async () => {
		await withFunction();
		await expect(table().update(record)).rejects.toThrow(Changed);
		await table().put(record);
		await table().update({ ...record, mark: 1 });
		await table().put({ ...record, mark: 2 });
		expect(await table().get(...place)).toEqual({ ...record, mark: 2 });
	});

	it("deletes once", async () => {
		await withFunction();
		await table().put(record);
		expect(await table().delete(...place)).toBe(true);
		expect(await table().delete(...place)).toBe(false);
		expect(await table().get(...place)).toBeNull();
	});

	it("goes with its function, if it has one", async () => {
		if (keys.functionOf(record) === null) {
			await table().put(record);
			await withFunction();
			await subject.store.functions.delete("f");
			expect(await table().get(...place)).toEqual(record);
		} else {
			await expect(table().put(record)).rejects.toThrow(Changed);
			await withFunction();
			await table().put(record);
			await subject.store.functions.delete("f");
			expect(await table().get(...place)).toBeNull();
		}
	});

	it.skipIf(keys.revisionOf === undefined)("replaces what is still at its revision alone", async () => {
		await withFunction();
		await table().create(record);
		const changed = { ...record, revisionId: "2" };
		await table().update(changed, "revision-1");
		await expect(table().update(record, "revision-1")).rejects.toThrow(Changed);
		expect(await table().get(...place)).toEqual(changed);
	});
}
