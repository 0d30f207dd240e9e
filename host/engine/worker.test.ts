import { mkdtempSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testEngine } from "../../test/support/engine.ts";
import { guest } from "../../test/support/guests.ts";
import { snapshotKey } from "./maker.ts";
import { testSpec } from "./testing.ts";

let folder: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "pilot-worker-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const GONE = { instances: 0, busy: 0, memoryBytes: 0 };

describe("preparing", () => {
	it("gives all memory back where there is none for the instance that the snapshot is compared with", async () => {
		// `count` has two pages: room for one instance, not for two.
		const test = await testEngine({ folder, memoryBudget: 200_000 });
		const spec = await test.spec(await guest("count"));
		await expect(test.engine.prepare(spec)).rejects.toMatchObject({ name: "EngineBusy" });
		expect(test.engine.stats()).toEqual(GONE);
		await test.close();
	});

	it("gives all memory back where the snapshot cannot be written", async () => {
		const test = await testEngine({ folder });
		const spec = await test.spec(await guest("count"));
		await rm(join(folder, "snapshots"), { recursive: true });
		await expect(test.engine.prepare(spec)).rejects.toMatchObject({ code: "ENOENT" });
		expect(test.engine.stats()).toEqual(GONE);
		await test.close();
	});
});

describe("closing", () => {
	it("ends who waits for an instance of a retired version, too", async () => {
		const test = await testEngine({ folder });
		const spec = await test.spec(await guest("loop"), { maxInstances: 1 });
		const first = test.invoke(spec, "", { timeoutMs: 60_000 });
		const second = test.invoke(spec, "", { timeoutMs: 60_000 });
		await new Promise((resolve) => setTimeout(resolve, 100));
		test.engine.retire(spec.id);
		await test.engine.close(50);
		for (const run of [first, second]) expect(await run).toMatchObject({ failure: { kind: "cancelled" } });
		expect(test.engine.stats()).toEqual(GONE);
	});

	it("ends one whose instance is still being made", async () => {
		const test = await testEngine({ folder });
		const spec = await test.spec(await guest("loop"));
		const run = test.invoke(spec, "", { timeoutMs: 60_000 });
		await test.engine.close(0);
		expect(await run).toMatchObject({ failure: { kind: "cancelled" } });
		expect(test.engine.stats()).toEqual(GONE);
	});

	it("lets nothing begin afterwards", async () => {
		const test = await testEngine({ folder });
		const spec = await test.spec(await guest("ok"));
		await test.engine.close(0);
		expect(await test.invoke(spec, "")).toMatchObject({ failure: { kind: "cancelled" } });
		expect(test.engine.stats()).toEqual(GONE);
	});
});

describe("a retired version", () => {
	it("counts as long as its instances run", async () => {
		const test = await testEngine({ folder });
		const spec = await test.spec(await guest("loop"));
		const run = test.invoke(spec, "", { timeoutMs: 300 });
		await new Promise((resolve) => setTimeout(resolve, 100));
		test.engine.retire(spec.id);
		expect(test.engine.stats()).toMatchObject({ instances: 1, busy: 1 });
		await run;
		expect(test.engine.stats()).toEqual(GONE);
		await test.close();
	});
});

describe("the key of a snapshot", () => {
	const spec = testSpec({ env: { A: "1", B: "2" } });

	it("does not depend on the order of the environment, nor on limits that initialisation cannot see", () => {
		expect(snapshotKey({ ...spec, env: { B: "2", A: "1" } })).toBe(snapshotKey(spec));
		expect(snapshotKey({ ...spec, id: "other", fuel: 7, maxInstances: 1 })).toBe(snapshotKey(spec));
	});

	it.each([
		["the environment", { env: { A: "1" } }],
		["a value in it", { env: { A: "1", B: "3" } }],
		["the code", { digest: "sha256:1" }],
		["the mounts", { mounts: [{ host: "/a", guest: "/b", readOnly: true }] }],
		["the memory", { memoryBytes: 1 }],
	])("depends on %s", (_name, settings) => {
		expect(snapshotKey({ ...spec, ...settings })).not.toBe(snapshotKey(spec));
	});
});
