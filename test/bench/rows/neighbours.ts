/** What a function's callers notice of the others on its core: the p99 of a Rust hello at a steady rate beside guests that never end. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { guest, handlerComponent } from "../../support/guests.ts";
import { relative, show } from "../figures.ts";
import { RUST_HTTP } from "../guests.ts";
import { load, rounds, summary } from "../interleave.ts";
import { drive } from "../load/drive.ts";
import type { LoadResult } from "../load/plan.ts";
import { type PilotHost, startPilot } from "../servers/pilot.ts";
import { HELLO_TEXT } from "../servers/server.ts";
import type { Bench, Finding, Row } from "../types.ts";

const RATE = 500;
const CONNECTIONS = 32;
/** A neighbour may be so much slower than alone, or so slow, ms, whichever is more. */
const TIMES = 3;
const FLOOR_MS = 8;
const SETTLE_MS = 1500;
const MEMORY_BUDGET = 6 * 2 ** 30;

interface Case {
	name: string;
	hog: keyof typeof HOGS | null;
	count: number;
}

const CASES: Case[] = [
	{ name: "alone", hog: null, count: 0 },
	{ name: "4 log floods", hog: "flood", count: 4 },
	{ name: "4 that fill 1 GB for ever", hog: "fill", count: 4 },
	{ name: "4 that grow their memory", hog: "grow", count: 4 },
	{ name: "1 endless loop", hog: "loop", count: 1 },
	{ name: "4 endless loops", hog: "loop", count: 4 },
	{ name: "16 endless loops", hog: "loop", count: 16 },
];

/** The hogs: code, and settings of their functions. */
const HOGS = {
	loop: { code: () => guest("loop"), memoryMb: 128 },
	fill: { code: () => fill(), memoryMb: 1024 },
	grow: { code: () => guest("grow"), memoryMb: 1024 },
	flood: { code: () => guest("flood-stderr"), memoryMb: 128 },
};

/** The suite's guest that fills its memory, with a whole gigabyte of it. */
function fill(): Promise<Uint8Array> {
	const wat = readFileSync(new URL("../../guests/hostile/fill.wat", import.meta.url), "utf8");
	return handlerComponent(wat.replace("(i32.const 1500)", "(i32.const 16382)"));
}

export const neighbours: Row = {
	name: "neighbours",
	title: "Neighbours of guests that never end",
	async run(bench) {
		const env = { PILOT_MEMORY_BUDGET: String(MEMORY_BUDGET) };
		const host = await startPilot({ data: join(bench.folder, "neighbours"), env });
		try {
			await deploy(host);
			const results = await rounds(
				bench,
				CASES,
				(it) => it.name,
				(it) => measure(bench, host, it),
			);
			return report(results);
		} finally {
			await host.stop();
		}
	},
};

async function deploy(host: PilotHost): Promise<void> {
	await host.deploy("hello", readFileSync(RUST_HTTP));
	for (const [name, { code, memoryMb }] of Object.entries(HOGS))
		await host.deploy(name, await code(), { MemorySize: memoryMb, Timeout: 120 });
}

/** The rate beside the hogs, which begin a moment before and are still at it when it ends. */
async function measure(bench: Bench, host: PilotHost, { hog, count }: Case): Promise<LoadResult> {
	const stop = new AbortController();
	const hogs = Array.from({ length: count }, () => run(host, hog!, stop.signal));
	await sleep(300);
	const subject = load(host.subject("hello", ["hello"], HELLO_TEXT));
	const plan = { ...subject, connections: CONNECTIONS, seconds: Math.max(2, bench.seconds), rate: RATE };
	const result = await Promise.race([drive(plan), ...hogs.map((it) => it.then(endedEarly))]);
	stop.abort();
	await Promise.all(hogs);
	// What they leave to be done (log files, gigabytes to give back) is not the next case's.
	await sleep(SETTLE_MS);
	return result;
}

/** Resolves with why a hog ended; `aborted` is what it is there for. */
async function run(host: PilotHost, name: string, signal: AbortSignal): Promise<string> {
	try {
		return (await host.invoke(name, "{}", signal)).text;
	} catch (error) {
		if (signal.aborted) return "aborted";
		throw error;
	}
}

function endedEarly(why: string): Promise<never> {
	if (why === "aborted") return new Promise(() => {});
	throw new Error(`a guest that never ends did: ${why}`);
}

function report(results: Map<Case, LoadResult[]>) {
	const medians = new Map(Array.from(results, ([it, them]) => [it, summary(them)]));
	const alone = medians.get(CASES[0]!)!.p99;
	const limit = Math.max(TIMES * alone, FLOOR_MS);
	const goal = `at most ${TIMES} times, or ${FLOOR_MS} ms`;
	const findings = CASES.slice(1).map((it): Finding => {
		const { p99, failed } = medians.get(it)!;
		const against = { name: "alone", value: alone };
		const finding = relative(`a neighbour's p99 beside ${it.name}`, p99, " ms", against, null);
		return { ...finding, goal, met: p99 <= limit && failed === 0 };
	});
	const rows = Array.from(medians, ([{ name }, it]) => {
		const worst = Math.max(...results.get(CASES.find((c) => c.name === name)!)!.map((r) => r.p99));
		return [name, show(it.perSecond), show(it.p50), show(it.p99), show(worst), it.failure ?? it.failed];
	});
	const caption = `Rust hello at ${RATE} requests a second on one core; latency from when a request was due.`;
	const header = ["beside", "requests/s", "p50, ms", "p99, ms", "p99 of the worst round, ms", "failed"];
	return { findings, details: [{ caption, header, rows }] };
}
