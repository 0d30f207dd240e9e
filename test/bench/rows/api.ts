/** The Lambda API: control calls against bare Hono with the same bytes, Invoke against the function's URL, and a payload of 6 MB. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { guest } from "../../support/guests.ts";
import { absolute, median, quantile, relative, show } from "../figures.ts";
import { RUST_HTTP } from "../guests.ts";
import { rounds } from "../interleave.ts";
import { peakOf, residentBytes } from "../processes.ts";
import { type Call, call } from "../servers/call.ts";
import { startHonoApi } from "../servers/hono-api.ts";
import { type PilotHost, startPilot } from "../servers/pilot.ts";
import type { Bench, Finding, Row } from "../types.ts";

const F = "/2015-03-31/functions";
/** Bytes of the largest payload, with its quotes. */
const LARGE = 6 * 1024 * 1024;
const CALLS = 400;
const QUICK_CALLS = 20;
const LARGE_CALLS = 10;

/** What is compared, and with what. */
interface Pair {
	what: string;
	ours: Call;
	peer: Call;
	peerName: string;
	goal: number;
	calls: number;
}

export const api: Row = {
	name: "api",
	title: "The Lambda API",
	async run(bench) {
		const host = await startPilot({ data: join(bench.folder, "api") });
		try {
			return await measure(bench, host);
		} finally {
			await host.stop();
		}
	},
};

async function measure(bench: Bench, host: PilotHost) {
	await host.deploy("hello", readFileSync(RUST_HTTP));
	await host.deploy("echo", await guest("echo"));
	for (let n = 0; n < 49; n++) await host.deploy(`f${n}`, await guest("echo"));
	const memory = await payloadMemory(host);
	const configure = JSON.stringify({ Timeout: 5, MemorySize: 256 });
	const ours = (method: string, path: string, body = ""): Call => ({ port: host.port, method, path, body });
	const control: [what: string, Call][] = [
		["GetFunction", ours("GET", `${F}/hello`)],
		["ListFunctions, one page of 50", ours("GET", F)],
		["UpdateFunctionConfiguration", ours("PUT", `${F}/f0/configuration`, configure)],
	];
	const answers: Record<string, string> = {};
	for (const [, it] of control) answers[it.path] = (await call(it)).body.toString();
	const hono = await startHonoApi(answers);
	try {
		const pairs = pairsOf(bench, host, hono.port, control);
		const results = await rounds(bench, pairs, (it) => it.what, compare);
		return {
			findings: [...pairs.map((it) => finding(it, results.get(it)!)), memory],
			details: [details(pairs, results)],
		};
	} finally {
		await hono.stop();
	}
}

function pairsOf(bench: Bench, host: PilotHost, peerPort: number, control: [string, Call][]): Pair[] {
	const calls = bench.quick ? QUICK_CALLS : CALLS;
	const large = `"${"x".repeat(LARGE - 2)}"`;
	const invoke = (name: string, body: string): Call => ({
		port: host.port,
		method: "POST",
		path: `${F}/${name}/invocations`,
		body,
	});
	const event = '{"key":"value"}';
	return [
		...control.map(([what, ours]) => ({
			what,
			ours,
			peer: { ...ours, port: peerPort },
			peerName: "bare Hono, same bytes",
			goal: 3,
			calls,
		})),
		{
			what: "Invoke, without keys",
			ours: invoke("echo", event),
			peer: { port: host.port, method: "POST", path: "/", host: "echo.localhost", body: event },
			peerName: "its URL",
			goal: 1.5,
			calls,
		},
		{
			what: "Invoke, 6 MB there and back",
			ours: invoke("echo", large),
			peer: { port: peerPort, method: "POST", path: "/echo", body: large },
			peerName: "bare Hono reading and returning it",
			goal: 2,
			calls: Math.min(calls, LARGE_CALLS),
		},
	];
}

interface Compared {
	ours: number;
	peer: number;
	p99: number;
}

/** In turn, so that what the machine does meanwhile is done to both. */
async function compare({ ours, peer, calls }: Pair): Promise<Compared> {
	const times: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
	for (let n = 0; n < calls; n++) {
		times.ours.push((await call(ours)).ms);
		times.peer.push((await call(peer)).ms);
	}
	return { ours: median(times.ours), peer: median(times.peer), p99: quantile(times.ours, 0.99) };
}

const of = (results: readonly Compared[], key: keyof Compared): number => median(results.map((it) => it[key]));

function finding({ what, peerName, goal }: Pair, results: readonly Compared[]): Finding {
	const against = { name: peerName, value: of(results, "peer") };
	return relative(`API, ${what}: p50`, of(results, "ours"), " ms", against, { atMost: goal });
}

/**
 * What payloads of 6 MB take, one after the other, at their peak, beyond what a host had that never saw a large one. Measured
 * first: memory that was touched once stays resident, and a later payload would find it there.
 */
async function payloadMemory(host: PilotHost): Promise<Finding> {
	const path = `${F}/echo/invocations`;
	const invoke = (body: string) => call({ port: host.port, method: "POST", path, body });
	for (let n = 0; n < 50; n++) await invoke('{"key":"value"}');
	const peak = peakOf(host.pid);
	const before = residentBytes(host.pid);
	for (let n = 0; n < 5; n++) await invoke(`"${"x".repeat(LARGE - 2)}"`);
	const taken = (peak() - before) / LARGE;
	return absolute("API, Invoke with 6 MB: memory at its peak, of the payload's size", taken, "", { atMost: 4 });
}

function details(pairs: readonly Pair[], results: ReadonlyMap<Pair, Compared[]>) {
	return {
		caption: "One caller, one call after the other, ours and the peer's in turn; medians of the rounds.",
		header: ["call", "p50, ms", "p99, ms", "peer", "its p50, ms"],
		rows: pairs.map((it) => {
			const them = results.get(it)!;
			return [it.what, show(of(them, "ours")), show(of(them, "p99")), it.peerName, show(of(them, "peer"))];
		}),
	};
}
