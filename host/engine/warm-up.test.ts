import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answer, testEngine } from "../../test/support/engine.ts";
import { guest } from "../../test/support/guests.ts";
import { ArtifactStore } from "./artifact-store.ts";
import { InstanceMaker } from "./maker.ts";
import { testShared } from "./testing.ts";
import { warmUp } from "./warm-up.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "pilot-warm-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Opens the folder as an engine does, and warms up. */
async function warmed() {
	const store = await ArtifactStore.open(folder);
	const shared = testShared();
	const maker = new InstanceMaker(store, shared, 64 * 2 ** 20, () => false);
	await warmUp(store, maker, shared);
	return { maker, shared };
}

async function deploy(...names: string[]): Promise<void> {
	const test = await testEngine({ folder });
	for (const name of names) await test.engine.build(await guest(name));
	await test.close();
}

describe("an engine that opens", () => {
	it("has what it can load loaded, and no instance left of it", async () => {
		await deploy("ok", "echo");
		const { maker, shared } = await warmed();
		// Compiled code is counted once its promise is settled.
		await new Promise(setImmediate);
		expect(maker.cachedBytes).toBeGreaterThan(0);
		expect(shared.memory.usedBytes).toBe(0);
	});

	it("runs no code of a guest's: one whose start never ends holds nothing up", async () => {
		await deploy("start-loop");
		await warmed();
	});

	it("does nothing in an empty folder", async () => {
		expect((await warmed()).maker.cachedBytes).toBe(0);
	});

	it("builds nothing, and serves what was damaged all the same", async () => {
		await deploy("ok");
		const [name] = readdirSync(join(folder, "artifacts"));
		writeFileSync(join(folder, "artifacts", name!, "module-0.wasm"), "damaged");
		expect((await warmed()).maker.cachedBytes).toBe(0);
		const test = await testEngine({ folder });
		expect(answer(await test.invoke(await test.spec(await guest("ok")), ""))).toBe('"ok"');
		await test.close();
	});
});
