import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSqliteStore } from "./sqlite.ts";
import { MUTATIONS } from "./testing/mutations.ts";
import type { Store } from "./types.ts";

const WRITER = fileURLToPath(new URL("testing/writer.ts", import.meta.url));

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function randomFrom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** Runs a writer until it has said `lines` lines and `delayMs` more, kills it, and gives all that it said. */
async function killAfter(folder: string, prefix: string, names: string[], lines: number, delayMs: number) {
	const child: ChildProcess = spawn(process.execPath, [WRITER, folder, prefix, ...names], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	const exit = once(child, "exit");
	let said = "";
	let seen = 0;
	const enough = Promise.withResolvers<void>();
	child.stdout!.setEncoding("utf8").on("data", (text: string) => {
		said += text;
		seen += text.split("\n").length - 1;
		if (seen >= lines) enough.resolve();
	});
	await Promise.race([enough.promise, exit]);
	await new Promise((resolve) => setTimeout(resolve, delayMs));
	child.kill("SIGKILL");
	const [, signal] = await exit;
	expect(signal).toBe("SIGKILL");
	// What lies in the pipe was acknowledged too.
	if (!child.stdout!.readableEnded) await once(child.stdout!, "close");
	return said;
}

function parse(said: string): { begun: [string, string][]; done: [string, string][] } {
	const begun: [string, string][] = [];
	const done: [string, string][] = [];
	for (const line of said.split("\n").slice(0, -1)) {
		const [word, name, key] = line.split(" ");
		if (word === "begun") begun.push([name!, key!]);
		if (word === "done") done.push([name!, key!]);
	}
	return { begun, done };
}

async function expectKept(store: Store, said: string): Promise<number> {
	const { begun, done } = parse(said);
	for (const [name, key] of done)
		expect([name, key, await MUTATIONS.get(name)!.state(store, key)]).toEqual([name, key, "after"]);
	for (const [name, key] of begun)
		expect([name, key, await MUTATIONS.get(name)!.state(store, key)]).not.toContain("torn");
	return done.length;
}

let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "pilot-kill-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("kill -9", () => {
	const random = randomFrom(26);

	it.each([...MUTATIONS.keys()])("loses nothing that %s acknowledged", async (name) => {
		const own = join(folder, name);
		const said = await killAfter(own, "k", [name], 40, random() * 40);
		const store = await openSqliteStore(own);
		expect(await expectKept(store, said)).toBeGreaterThan(10);
		await store.close();
	});

	it("loses nothing over one kill after another on the same folder", async () => {
		const own = join(folder, "mixed");
		let all = "";
		for (let round = 0; round < 8; round++)
			all += await killAfter(own, `r${round}`, [...MUTATIONS.keys()], 10 + random() * 100, random() * 30);
		const store = await openSqliteStore(own);
		expect(await expectKept(store, all)).toBeGreaterThan(100);
		await store.close();
	}, 60_000);
});
