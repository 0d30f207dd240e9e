import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Store } from "../store/types.ts";
import { createFunctionCache } from "./cache.ts";
import { fakeEngine, temporaryStore, testConfig, testFunction } from "./fakes.ts";

let store: Store;
let dispose: () => Promise<void>;
const config = testConfig();

beforeEach(async () => {
	({ store, dispose } = await temporaryStore());
});
afterEach(() => dispose());

const SECOND = "22222222-2222-4222-8222-222222222222";

async function update(name: string): Promise<void> {
	const record = await store.functions.get(name);
	await store.functions.update({ ...record!, revisionId: SECOND }, record!.revisionId);
}

describe("the function cache", () => {
	it("reads a function once", async () => {
		await store.functions.create(testFunction("f"));
		const get = vi.spyOn(store.functions, "get");
		const cache = createFunctionCache({ config, store, engine: fakeEngine() });
		const [first, second] = await Promise.all([cache.get("f"), cache.get("f")]);
		expect(await cache.get("f")).toBe(first);
		expect(second).toBe(first);
		expect(get).toHaveBeenCalledTimes(1);
	});

	it("does not keep that a function is not there", async () => {
		const cache = createFunctionCache({ config, store, engine: fakeEngine() });
		expect(await Promise.all([cache.get("f"), cache.get("f")])).toEqual([null, null]);
		await store.functions.create(testFunction("f"));
		expect(await cache.get("f")).toMatchObject({ record: { name: "f" } });
	});

	it("gives the new one after a drop, and has the old one's instances retired", async () => {
		await store.functions.create(testFunction("f"));
		const engine = fakeEngine();
		const cache = createFunctionCache({ config, store, engine });
		const old = await cache.get("f");
		await update("f");
		cache.drop("f");
		expect((await cache.get("f"))?.record.revisionId).toBe(SECOND);
		await vi.waitFor(() => expect(engine.retired).toEqual([old!.spec.id]));
	});

	it("leaves instances alone where a change was none of theirs", async () => {
		await store.functions.create(testFunction("f"));
		const engine = fakeEngine();
		const cache = createFunctionCache({ config, store, engine });
		const record = (await store.functions.get("f"))!;
		await store.versions.create({ ...record, version: "1" });
		await store.functions.update({ ...record, updateId: "u", revisionId: SECOND }, record.revisionId);
		const [latest, version] = [await cache.get("f"), await cache.get("f", "1")];
		const tagged = { ...latest!.record, revisionId: "3", tags: { a: "b" } };
		await store.functions.update(tagged, SECOND);
		cache.drop("f");
		expect((await cache.get("f"))?.spec.id).toBe(latest!.spec.id);
		await store.functions.update({ ...tagged, updateId: "v" }, "3");
		cache.drop("f");
		await vi.waitFor(() => expect(engine.retired).toEqual([latest!.spec.id]));
		expect((await cache.get("f", "1"))?.spec.id).toBe(version!.spec.id);
		await store.versions.delete("f", "1");
		cache.drop("f");
		await vi.waitFor(() => expect(engine.retired).toContain(version!.spec.id));
	});

	it("knows versions and aliases, each by its own name", async () => {
		await store.functions.create(testFunction("f"));
		const cache = createFunctionCache({ config, store, engine: fakeEngine() });
		const record = (await store.functions.get("f"))!;
		for (const version of ["1", "2"])
			await store.versions.create({ ...record, version, memoryMb: 128 + Number(version) });
		const alias = { functionName: "f", name: "live", version: "1", description: "", weights: {}, revisionId: "r" };
		await store.aliases.create(alias);
		expect(await cache.get("f", "1")).toMatchObject({ version: "1", record: { memoryMb: 129 } });
		expect(await cache.get("f", "live")).toMatchObject({ version: "1" });
		expect(cache.peek("f", "live")).toMatchObject({ version: "1", logStream: expect.stringContaining("/[1]") });
		expect((await cache.get("f", "$LATEST"))?.version).toBe("$LATEST");
		expect(await cache.get("f", "3")).toBeNull();
		expect(await cache.get("f", "nope")).toBeNull();
		await store.aliases.update({ ...alias, version: "2" });
		cache.drop("f");
		expect(await cache.get("f", "live")).toMatchObject({ version: "2" });
	});

	it("gives nothing after a deletion", async () => {
		await store.functions.create(testFunction("f"));
		const cache = createFunctionCache({ config, store, engine: fakeEngine() });
		await cache.get("f");
		await store.functions.delete("f");
		cache.drop("f");
		expect(await cache.get("f")).toBeNull();
	});

	it("reads again what was dropped while it was read", async () => {
		await store.functions.create(testFunction("f"));
		const engine = fakeEngine();
		const cache = createFunctionCache({ config, store, engine });
		const old = await store.functions.get("f");
		const reading = Promise.withResolvers<void>();
		vi.spyOn(store.functions, "get").mockImplementationOnce(async () => {
			await reading.promise;
			return old;
		});
		const early = cache.get("f");
		await update("f");
		cache.drop("f");
		const late = cache.get("f");
		reading.resolve();
		expect((await early)?.record.revisionId).toBe(SECOND);
		expect((await late)?.record.revisionId).toBe(SECOND);
		// Nobody was given the old spec, so there is nothing to retire.
		expect(engine.retired).toEqual([]);
	});

	it("has a bucket's folder among the mounts as soon as the trigger's change is told", async () => {
		await store.functions.create(testFunction("f"));
		const cache = createFunctionCache({ config, store, engine: fakeEngine() });
		expect((await cache.get("f"))?.spec.mounts).toEqual([]);
		const settings = { bucket: "docs", folder: "/srv/docs" };
		await store.triggers.create({ id: "t", kind: "bucket", functionName: "f", enabled: true, settings, createdAt: "" });
		cache.drop("f");
		expect((await cache.get("f"))?.spec.mounts).toEqual([{ host: "/srv/docs", guest: "/mnt/docs", readOnly: true }]);
	});

	it("lets go of the function longest unused when it is full", async () => {
		for (const name of ["a", "b", "c"]) await store.functions.create(testFunction(name));
		const engine = fakeEngine();
		const cache = createFunctionCache({ config, store, engine }, 2);
		await cache.get("a");
		const b = await cache.get("b");
		await cache.get("a");
		await cache.get("c");
		expect(engine.retired).toEqual([b!.spec.id]);
	});

	it("passes a failure of the store on, and asks again the next time", async () => {
		await store.functions.create(testFunction("f"));
		const cache = createFunctionCache({ config, store, engine: fakeEngine() });
		vi.spyOn(store.functions, "get").mockRejectedValueOnce(new Error("disk"));
		await expect(cache.get("f")).rejects.toThrow("disk");
		expect(await cache.get("f")).not.toBeNull();
	});

	it("names a log stream as Lambda does", async () => {
		await store.functions.create(testFunction("f"));
		const cache = createFunctionCache({ config, store, engine: fakeEngine() });
		expect((await cache.get("f"))?.logStream).toMatch(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
	});
});
