/** Does anything stay behind? Invocations and instances in great number, and what the process holds before and after. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parse } from "@bytecodealliance/jco";
import type { Look } from "../../faults/child-host.ts";
import { absolute, show } from "../figures.ts";
import { RUST_HTTP } from "../guests.ts";
import { drive } from "../load/drive.ts";
import { residentBytes } from "../processes.ts";
import { type PilotHost, startPilot } from "../servers/pilot.ts";
import { HELLO_TEXT } from "../servers/server.ts";
import type { Bench, Finding, Row } from "../types.ts";

const LOOK = fileURLToPath(new URL("../../faults/look.ts", import.meta.url));
const SIZES = {
	full: { invocations: 1_000_000, instances: 20_000 },
	short: { invocations: 100_000, instances: 5_000 },
	quick: { invocations: 10_000, instances: 500 },
};
/** What comes first, so that caches and code are where they stay: a share of the whole. */
const WARM_UP = 0.1;
const LIMIT_SECONDS = 3600;

/** A command: each invocation has an instance of its own, which then ends. */
const ONCE = `(module
	(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
	(memory (export "memory") 17)
	(data (i32.const 64) "\\"ok\\"")
	(func (export "_start")
		(i32.store (i32.const 0) (i32.const 64))
		(i32.store (i32.const 4) (i32.const 4))
		(drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`;

interface Seen extends Look {
	resident: number;
}

export const soak: Row = {
	name: "soak",
	title: "Soak",
	async run(bench) {
		const size = bench.soak ? SIZES.full : bench.quick ? SIZES.quick : SIZES.short;
		const flags = ["--expose-gc", "--import", LOOK];
		const host = await startPilot({ data: join(bench.folder, "soak"), flags, ipc: true });
		try {
			await host.deploy("hello", readFileSync(RUST_HTTP));
			await host.deploy("once", await parse(ONCE));
			await load(bench, host, size, WARM_UP);
			const before = await look(host);
			await load(bench, host, size, 1);
			return report(size, before, await look(host));
		} finally {
			await host.stop();
		}
	},
};

async function load(bench: Bench, host: PilotHost, size: typeof SIZES.full, share: number): Promise<void> {
	const parts = [
		{ name: "hello", body: HELLO_TEXT, requests: size.invocations * share, what: "invocations" },
		{ name: "once", body: '"ok"', requests: size.instances * share, what: "instances made and dropped" },
	];
	for (const { name, body, requests, what } of parts) {
		bench.progress(`${share < 1 ? "warm-up: " : ""}${requests.toLocaleString("en-US")} ${what}`);
		const { port, targets } = host.subject(name, [name], body);
		const plan = { port, targets, body, connections: 32, seconds: LIMIT_SECONDS, requests, rate: null };
		const { failed, failure } = await drive(plan);
		if (failed > 0) throw new Error(`${failed} ${what} failed: ${failure}`);
	}
}

/** What it holds when it has had time to put things away. */
async function look({ child, pid }: PilotHost): Promise<Seen> {
	const ask = async (): Promise<Look> => {
		const answer = once(child, "message");
		child.send("look");
		return (await answer)[0] as Look;
	};
	// The first collection makes garbage of what only garbage held.
	await ask();
	await sleep(3000);
	return { ...(await ask()), resident: residentBytes(pid) };
}

function report(size: typeof SIZES.full, before: Seen, after: Seen) {
	const [invocations, instances] = [size.invocations, size.instances].map((it) => it.toLocaleString("en-US"));
	const label = `after ${invocations} invocations and ${instances} instances`;
	const growth = (100 * (after.resident - before.resident)) / before.resident;
	const resources = (it: Seen): string => JSON.stringify(it.resources).replace(/["{}]/g, "").replaceAll(",", ", ");
	const more = Object.entries(after.resources).filter(([type, count]) => count > (before.resources[type] ?? 0));
	const same = more.length === 0 && after.listeners <= before.listeners;
	const kept: Finding = {
		figure: `${label}: handles, timers, listeners`,
		value: same ? "no more than before" : `${resources(after)}, ${after.listeners} listeners`,
		against: `${resources(before)}, ${before.listeners} listeners`,
		ratio: null,
		goal: "back to where they were",
		met: same,
	};
	const megabytes = (bytes: number): string => show(bytes / 2 ** 20);
	return {
		findings: [absolute(`${label}: growth of resident memory`, growth, " %", { atMost: 15 }), kept],
		details: [
			{
				caption: `After a warm-up of ${WARM_UP * 100} % of that, and after all of it.`,
				header: ["when", "resident, MiB", "V8's heap, MiB", "buffers, MiB"],
				rows: [["warm", before] as const, ["at the end", after] as const].map(([when, it]) => [
					when,
					megabytes(it.resident),
					megabytes(it.heapUsed),
					megabytes(it.external),
				]),
			},
		],
	};
}
