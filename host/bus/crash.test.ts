/** What was acknowledged survives `kill -9`: a real process on a real store is killed, again and again, at points fixed by a seed. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

let root: string;
let deliveries: string;
let children: ChildProcess[];

beforeEach(async () => {
	root = await mkdtemp(join(tmpdir(), "pilot-"));
	deliveries = join(root, "deliveries");
	children = [];
});
afterEach(async () => {
	await Promise.all(children.map(kill));
	await rm(root, { recursive: true, force: true });
});

interface Host {
	child: ChildProcess;
	ready: Promise<void>;
	/** Ids of events that were acknowledged so far. */
	accepted: string[];
}

function boot(options: { trigger?: object; count?: number; rate?: number } = {}): Host {
	const { trigger, count = 0, rate = 1 } = options;
	const program = join(import.meta.dirname, "crash-host.ts");
	const args = [
		join(root, "data"),
		deliveries,
		trigger ? JSON.stringify(trigger) : "none",
		String(count),
		String(rate),
	];
	const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
	children.push(child);
	const ready = Promise.withResolvers<void>();
	child.on("exit", (code) => ready.reject(new Error(`the host ended with ${code}`)));
	// A host may be killed before it is ready, and then nobody waits for it.
	ready.promise.catch(() => {});
	const accepted: string[] = [];
	createInterface({ input: child.stdout! }).on("line", (line) => {
		if (line === "ready") ready.resolve();
		else accepted.push(line.slice("accepted ".length));
	});
	return { child, ready: ready.promise, accepted };
}

async function kill(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const exit = once(child, "exit");
	child.kill("SIGKILL");
	await exit;
}

interface Delivery {
	f: string;
	id: string;
	payload: Record<string, unknown>;
}

async function delivered(): Promise<Delivery[]> {
	const text = await readFile(deliveries, "utf8").catch(() => "");
	return text
		.split("\n")
		.filter(Boolean)
		.map((line) => JSON.parse(line) as Delivery);
}

/** Numbers from 0 to 1, the same at every run (mulberry32). */
function random(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

const LONG = { timeout: 60_000, interval: 20 };

describe("after kill -9", () => {
	it("each acknowledged event and its destination's is delivered at least once", async () => {
		const next = random(1);
		const acknowledged: string[] = [];
		const kills = 6;
		for (let round = 0; round < kills; round++) {
			const host = boot({ count: 100_000 });
			await host.ready;
			const enough = 1 + Math.floor(next() * 150);
			await vi.waitFor(() => expect(host.accepted.length).toBeGreaterThanOrEqual(enough), LONG);
			await kill(host.child);
			acknowledged.push(...host.accepted);
		}
		await boot().ready;
		await vi.waitFor(async () => {
			const all = await delivered();
			const byF = new Set(all.filter((it) => it.f === "f").map((it) => it.id));
			const byG = new Set(all.filter((it) => it.f === "g").map((it) => requestOf(it)));
			expect(acknowledged.filter((id) => !byF.has(id) || !byG.has(id))).toEqual([]);
		}, LONG);
		const all = await delivered();
		// Again is only what ran, or had run and was not yet forgotten, when the host was killed: 64 at once at most.
		expect(all.length).toBeLessThanOrEqual(2 * (new Set(all.map((it) => it.id)).size + kills * 64));
	}, 120_000);

	it("each complete file has its event, also one that came while no host ran", async () => {
		const next = random(2);
		const folder = join(root, "bucket");
		await mkdir(folder);
		const settings = { bucket: "docs", folder, settleMs: 10, rescanMs: 500 };
		const trigger = { kind: "bucket", functionName: "f", settings };
		const first = boot({ trigger });
		await first.ready;
		await kill(first.child);
		const contents = new Map<string, string>();
		for (let round = 0; round < 6; round++) {
			const host = boot();
			if (next() < 0.7) await host.ready;
			for (let count = Math.floor(next() * 40); count > 0; count--) await put(folder, contents, next());
			await sleep(next() * 100);
			await kill(host.child);
			await put(folder, contents, next());
		}
		await boot().ready;
		await vi.waitFor(async () => {
			const etags = new Set((await delivered()).filter((it) => it.f === "f").map(objectOf));
			const missing = [...contents].filter(([name, content]) => !etags.has(`${name} ${md5(content)}`));
			expect(missing).toEqual([]);
		}, LONG);
	}, 120_000);

	it("no tick is accepted twice, and the last one is delivered", async () => {
		const next = random(3);
		const rate = 1500;
		const trigger = { kind: "schedule", functionName: "f", settings: { expression: "rate(1 minute)" } };
		for (let round = 0; round < 6; round++) {
			const host = boot({ trigger, rate });
			await host.ready;
			await sleep(next() * 400);
			await kill(host.child);
		}
		const before = (await delivered()).length;
		await boot({ trigger, rate }).ready;
		await vi.waitFor(async () => expect((await delivered()).length).toBeGreaterThan(before + 10), LONG);
		const ticks = (await delivered()).filter((it) => it.f === "f");
		const idsByTime = new Map<unknown, Set<string>>();
		for (const { id, payload } of ticks)
			idsByTime.set(payload.time, (idsByTime.get(payload.time) ?? new Set()).add(id));
		expect([...idsByTime].filter(([, ids]) => ids.size > 1)).toEqual([]);
		expect(idsByTime.size).toBeGreaterThan(10);
	}, 120_000);
});

function requestOf({ payload }: Delivery): string {
	return (payload.requestContext as { requestId: string }).requestId;
}

function objectOf({ payload }: Delivery): string {
	const [record] = payload.Records as { s3: { object: { key: string; eTag: string } } }[];
	return `${record!.s3.object.key} ${record!.s3.object.eTag}`;
}

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

/** A new file, written in place or renamed to it. */
async function put(folder: string, contents: Map<string, string>, number: number): Promise<void> {
	const name = `file-${contents.size}`;
	const content = `${name} ${number}`;
	contents.set(name, content);
	if (number < 0.5) return writeFile(join(folder, name), content);
	await writeFile(join(folder, `.${name}`), content);
	await rename(join(folder, `.${name}`), join(folder, name));
}
