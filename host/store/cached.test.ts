import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cachedStore } from "./cached.ts";
import { storeContract } from "./contract.ts";
import { openSqliteStore } from "./sqlite.ts";
import { functionRecord, urlRecord } from "./testing/records.ts";
import type { Store } from "./types.ts";

const newFolder = () => mkdtemp(join(tmpdir(), "pilot-store-"));

storeContract("SQLite, look-ups remembered", async () => {
	const folder = await newFolder();
	let store = cachedStore(await openSqliteStore(folder));
	return {
		store,
		async reopen() {
			await store.close();
			store = cachedStore(await openSqliteStore(folder));
			return store;
		},
		async destroy() {
			await store.close();
			await rm(folder, { recursive: true });
		},
	};
});

describe("remembered look-ups", () => {
	let folder: string;
	let inner: Store;
	let store: Store;
	beforeEach(async () => {
		folder = await newFolder();
		inner = await openSqliteStore(folder);
		store = cachedStore(inner);
		await store.functions.create(functionRecord("f"));
		await store.urls.create(urlRecord("f", "f".repeat(32)));
	});
	afterEach(async () => {
		await store.close();
		await rm(folder, { recursive: true });
	});

	it("ask the store once while nothing changes", async () => {
		const get = vi.spyOn(inner.functions, "get");
		const cached = cachedStore(inner);
		await cached.functions.get("f");
		await cached.functions.get("f");
		expect(get).toHaveBeenCalledTimes(1);
	});

	it("ask again for what was not there", async () => {
		expect(await store.functions.get("g")).toBeNull();
		expect(await store.functions.sameLabel("g")).toEqual([]);
		await inner.functions.create(functionRecord("g"));
		expect(await store.functions.get("g")).not.toBeNull();
		expect(await store.functions.sameLabel("g")).toEqual(["g"]);
	});

	it("see each change once it was acknowledged", async () => {
		const before = (await store.functions.get("f"))!;
		await store.functions.update({ ...before, revisionId: "next", memoryMb: 999 }, before.revisionId);
		expect((await store.functions.get("f"))!.memoryMb).toBe(999);
		const url = (await store.urls.byFunction("f", null))!;
		await store.urls.update({ ...url, invokeMode: "RESPONSE_STREAM" });
		expect((await store.urls.byId(url.id))!.invokeMode).toBe("RESPONSE_STREAM");
		await store.functions.delete("f");
		expect(await store.functions.get("f")).toBeNull();
		expect(await store.urls.byId(url.id)).toBeNull();
	});

	it("do not keep what a change has overtaken", async () => {
		const old = (await inner.functions.get("f"))!;
		let answer: (record: typeof old) => void = () => {};
		vi.spyOn(inner.functions, "get").mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
		const cached = cachedStore(inner);
		const slow = cached.functions.get("f");
		await cached.functions.update({ ...old, revisionId: "next", memoryMb: 999 }, old.revisionId);
		answer(old);
		await slow;
		expect((await cached.functions.get("f"))!.memoryMb).toBe(999);
	});

	it("have pages of functions, too, until one changes", async () => {
		const list = vi.spyOn(inner.functions, "list");
		const cached = cachedStore(inner);
		expect(await cached.functions.list(50)).toBe(await cached.functions.list(50));
		await cached.functions.list(1);
		expect(list).toHaveBeenCalledTimes(2);
		await cached.functions.create(functionRecord("g"));
		expect((await cached.functions.list(50)).items.map((it) => it.name)).toEqual(["f", "g"]);
		await cached.functions.delete("f");
		expect((await cached.functions.list(50)).items.map((it) => it.name)).toEqual(["g"]);
		// Who reads large pages reads all, once.
		list.mockClear();
		for (let i = 0; i < 2; i++) await cached.functions.list(1000);
		expect(list).toHaveBeenCalledTimes(2);
	});

	it("hold no more than their bound, whatever names callers make up", async () => {
		for (let i = 0; i < 20_010; i++) await store.functions.get(`no-${i}`);
		expect((await store.functions.get("f"))!.name).toBe("f");
	});
});
