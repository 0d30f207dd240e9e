/** Warm HTTP hello through the gateway, metered and with its log lines, against the peers: each server alone on one core. */
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { relative } from "../figures.ts";
import { quickjs, RUST_HTTP } from "../guests.ts";
import { compareLoads, loadDetails } from "../interleave.ts";
import type { LoadResult } from "../load/plan.ts";
import { startHono } from "../servers/hono.ts";
import { asServer, startPilot } from "../servers/pilot.ts";
import { HELLO_JSON, HELLO_TEXT, type Server } from "../servers/server.ts";
import { startWasmtime, wasmtimeFor } from "../servers/wasmtime.ts";
import { startWorkerd, workerdFor } from "../servers/workerd.ts";
import type { Bench, Finding, Row } from "../types.ts";

const RUST = "Pilotlight, Rust";
const QUICKJS = "Pilotlight, QuickJS";
const ISOLATED = "Pilotlight, Rust, isolation `request`";
const FRESH = "wasmtime serve";
const REUSED = "wasmtime serve, 1,000 reuses";

export const hello: Row = {
	name: "hello",
	title: "Warm HTTP hello",
	async run(bench) {
		const results = await compareLoads(bench, await startAll(bench));
		const caption = "32 keep-alive connections, server and load generator on a core each, medians of the rounds.";
		return { findings: findings(results), details: [loadDetails(caption, results)] };
	},
};

/** A host for each language: what one leaves in the heap and in the compiled code is not the other's. */
async function startOurs(bench: Bench): Promise<Server[]> {
	const one = async (name: string, path: string, body: string, settings: object = {}): Promise<Server> => {
		const host = await startPilot({ data: join(bench.folder, name.replaceAll(/\W+/g, "-")) });
		await host.deploy("hello", readFileSync(path), settings);
		return asServer(host, host.subject(name, ["hello"], body));
	};
	return [
		await one(RUST, RUST_HTTP, HELLO_TEXT),
		await one(ISOLATED, RUST_HTTP, HELLO_TEXT, { Isolation: "request" }),
		await one(QUICKJS, await quickjs("hello"), HELLO_JSON),
	];
}

async function startAll(bench: Bench): Promise<Server[]> {
	const servers = [await startHono(), ...(await startOurs(bench))];
	const wasmtime = await wasmtimeFor(bench);
	if (wasmtime !== null) {
		servers.push(await startWasmtime(wasmtime, RUST_HTTP, 1000), await startWasmtime(wasmtime, RUST_HTTP, null));
	}
	const workerd = workerdFor(bench);
	const folder = join(bench.folder, "workerd");
	await mkdir(folder, { recursive: true });
	if (workerd !== null) servers.push(await startWorkerd(workerd, folder));
	return servers;
}

function findings(results: Map<string, LoadResult>): Finding[] {
	const compare = (ours: string, peer: string, key: "perSecond" | "p99", goal: Parameters<typeof relative>[4]) => {
		const [a, b] = [results.get(ours), results.get(peer)];
		if (a === undefined || b === undefined) return [];
		const [unit, what] = key === "p99" ? [" ms", "p99"] : ["/s", "requests"];
		const figure = `warm HTTP hello, ${ours.replace("Pilotlight, ", "")}: ${what}`;
		return [relative(figure, a[key], unit, { name: peer, value: b[key] }, goal)];
	};
	return [
		...compare(RUST, "bare Hono", "perSecond", { atLeast: 0.7 }),
		...compare(RUST, REUSED, "perSecond", { atLeast: 1 }),
		...compare(RUST, "bare Hono", "p99", { atMost: 2 }),
		...compare(ISOLATED, FRESH, "perSecond", { atLeast: 2 }),
		...compare(QUICKJS, "workerd", "perSecond", { atLeast: 1 }),
	];
}
