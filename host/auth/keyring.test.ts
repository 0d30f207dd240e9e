import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CachedStore, cachedStore } from "../store/cached.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { createKey, Keyring, listKeys, removeKey } from "./keyring.ts";
import { fileSeal, type Seal } from "./seal.ts";

let folder: string;
let store: CachedStore;
let seal: Seal;
beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "pilot-keyring-"));
	store = cachedStore(await openSqliteStore(folder));
	seal = fileSeal(join(folder, "key"));
});
afterEach(async () => {
	await store.close();
	rmSync(folder, { recursive: true });
});

const wanted = { account: "111122223333", description: "d" };

describe("keys", () => {
	it("are found with their secret, and known of at once", async () => {
		const ring = new Keyring(store, seal);
		expect([await ring.any(), await ring.any()]).toEqual([false, false]);
		const { id, secret, account } = await createKey(store, seal, wanted);
		expect(await ring.any()).toBe(true);
		expect(await ring.find(id)).toEqual({ id, secret, account });
		expect(await ring.find("AKIANOPE")).toBeNull();
		expect(await removeKey(store, id)).toBe(true);
		expect([await ring.find(id), await ring.any(), await removeKey(store, id)]).toEqual([null, false, false]);
	});

	it("are remembered while nothing changes", async () => {
		const { id } = await createKey(store, seal, wanted);
		let reads = 0;
		const counted = {
			generation: () => store.generation(),
			accessKeys: {
				get(scope: string, key: string) {
					reads++;
					return store.accessKeys.get(scope, key);
				},
				list(scope: string | null, limit: number) {
					reads++;
					return store.accessKeys.list(scope, limit);
				},
			},
		};
		const ring = new Keyring(counted, seal);
		for (let n = 0; n < 3; n++) expect([await ring.any(), (await ring.find(id))!.id]).toEqual([true, id]);
		expect(reads).toBe(2);
		await createKey(store, seal, wanted);
		await ring.any();
		expect(reads).toBe(3);
	});

	it("are listed without their secrets, all of them", async () => {
		for (let n = 0; n < 120; n++) await createKey(store, seal, wanted);
		const keys = await listKeys(store);
		expect(new Set(keys.map(({ id }) => id)).size).toBe(120);
		expect(Object.keys(keys[0]!).toSorted()).toEqual(["account", "createdAt", "description", "id"]);
	});

	it.each(["", "12", "1111222233334", "11112222333x"])("are for no account %j", async (account) => {
		await expect(createKey(store, seal, { account, description: "" })).rejects.toThrow("12 digits");
	});
});
