import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSqliteStore } from "../store/sqlite.ts";
import { eventInvokeRecord, functionRecord, TABLE_RECORDS, urlRecord } from "../store/testing/records.ts";
import { AlreadyExists, Changed, type RecordTable, type Store } from "../store/types.ts";
import { accountStore } from "./account-store.ts";

const [OURS, THEIRS] = ["111111111111", "222222222222"];

let folder: string;
let store: Store;
const viewOf = (account: string, all = false) =>
	accountStore(store, { account, region: "eu-west-1", ownAccount: OURS, all });
beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "pilot-accounts-"));
	store = await openSqliteStore(folder);
});
afterEach(async () => {
	await store.close();
	rmSync(folder, { recursive: true });
});

describe("functions of another account", () => {
	it("are not there, and cannot be changed", async () => {
		const [ours, theirs] = [viewOf(OURS), viewOf(THEIRS)];
		await theirs.functions.create(functionRecord("f"));
		expect(await store.functions.get("f")).toMatchObject({ account: THEIRS, region: "eu-west-1" });
		expect((await theirs.functions.get("f"))?.name).toBe("f");
		expect(await ours.functions.get("f")).toBeNull();
		expect((await ours.functions.list(10)).items).toEqual([]);
		expect(await ours.functions.delete("f")).toBe(false);
		await expect(ours.functions.update(functionRecord("f"), "revision-1")).rejects.toThrow(Changed);
		await expect(ours.functions.create(functionRecord("f"))).rejects.toThrow(AlreadyExists);
		expect(await theirs.functions.delete("f")).toBe(true);
	});

	it("hide what hangs on them", async () => {
		const [ours, theirs] = [viewOf(OURS), viewOf(THEIRS)];
		await theirs.functions.create(functionRecord("f"));
		await theirs.urls.create(urlRecord("f", "a".repeat(32)));
		await theirs.eventInvoke.put(eventInvokeRecord("f"));
		expect(await ours.urls.byFunction("f", null)).toBeNull();
		expect(await ours.urls.list("f")).toEqual([]);
		expect(await ours.urls.delete("f", null)).toBe(false);
		await expect(ours.urls.create(urlRecord("f", "b".repeat(32)))).rejects.toThrow(Changed);
		expect(await ours.eventInvoke.get("f", "$LATEST")).toBeNull();
		await expect(ours.eventInvoke.put(eventInvokeRecord("f"))).rejects.toThrow(Changed);
		const alias = { functionName: "f", name: "a", version: "1", description: "", weights: {}, revisionId: "r" };
		await expect(ours.aliases.create(alias)).rejects.toThrow(Changed);
		await expect(ours.together([{ table: "aliases", op: "create", record: alias }])).rejects.toThrow(Changed);
		await theirs.aliases.create(alias);
		expect(await ours.aliases.get("f", "a")).toBeNull();
		expect((await ours.aliases.list("f", 10)).items).toEqual([]);
		expect(await ours.aliases.delete("f", "a")).toBe(false);
		expect(await theirs.aliases.get("f", "a")).toEqual(alias);
	});

	it("made with their first version bear one account", async () => {
		const record = functionRecord("f");
		await viewOf(THEIRS).together([
			{ table: "functions", op: "create", record },
			{ table: "versions", op: "create", record: { ...record, version: "1" } },
		]);
		expect((await store.versions.get("f", "1"))?.account).toBe(THEIRS);
	});

	it("do not leave holes in pages", async () => {
		for (let n = 0; n < 30; n++)
			await viewOf(n % 3 === 0 ? OURS : THEIRS).functions.create(functionRecord(`f${n + 10}`));
		const names: string[] = [];
		let after: string | null = null;
		let pages = 0;
		do {
			const page: Awaited<ReturnType<Store["functions"]["list"]>> = await viewOf(OURS).functions.list(4, after);
			names.push(...page.items.map(({ name }) => name));
			after = page.next;
			pages++;
		} while (after !== null);
		expect(names).toEqual(Array.from({ length: 10 }, (_, n) => `f${n * 3 + 10}`));
		expect(pages).toBeLessThanOrEqual(3 + 1);
	});
});

describe("records of an account", () => {
	it.each(["layers", "layerVersions", "codeSigningConfigs", "mappings"] as const)("%s are its own", async (name) => {
		const table = (view: Store) => view[name] as unknown as RecordTable<object>;
		const record = TABLE_RECORDS[name]("k", "7") as object;
		await table(viewOf(THEIRS)).create(record);
		expect((await table(viewOf(THEIRS)).list(null, 10)).items).toEqual([{ ...record, account: THEIRS }]);
		expect((await table(viewOf(OURS)).list(null, 10)).items).toEqual([]);
		await expect(table(viewOf(OURS)).put(record)).rejects.toThrow("Another account");
		expect((await table(viewOf(OURS, true)).list(null, 10)).items).toHaveLength(1);
	});
});

describe("what bears no account", () => {
	it("is the host's own", async () => {
		await store.functions.create(functionRecord("old"));
		expect(await viewOf(OURS).functions.get("old")).not.toBeNull();
		expect(await viewOf(THEIRS).functions.get("old")).toBeNull();
		expect(await viewOf(THEIRS, true).functions.get("old")).not.toBeNull();
	});
});
