/** Rounds: each subject is measured once in every round, so that what the machine does meanwhile befalls all of them alike. */

import { median } from "./figures.ts";
import { CONNECTIONS, drive } from "./load/drive.ts";
import type { LoadResult } from "./load/plan.ts";
import { cpuMs } from "./processes.ts";
import type { Server, Subject } from "./servers/server.ts";
import type { Bench, Details } from "./types.ts";

/** Measures each subject once a round; the first round warms up and is not counted. */
export async function rounds<S, R>(
	bench: Bench,
	subjects: readonly S[],
	name: (subject: S) => string,
	measure: (subject: S) => Promise<R>,
): Promise<Map<S, R[]>> {
	const results = new Map<S, R[]>(subjects.map((it) => [it, []]));
	for (let round = 0; round <= bench.rounds; round++) {
		for (const subject of subjects) {
			bench.progress(`${round === 0 ? "warm-up" : `round ${round} of ${bench.rounds}`}: ${name(subject)}`);
			const result = await measure(subject);
			if (round > 0) results.get(subject)!.push(result);
		}
	}
	return results;
}

/** The medians of a subject's rounds. */
export function summary(results: readonly LoadResult[]): LoadResult {
	const of = (key: "perSecond" | "p50" | "p99" | "busy"): number => median(results.map((it) => it[key]));
	return {
		perSecond: of("perSecond"),
		p50: of("p50"),
		p99: of("p99"),
		busy: of("busy"),
		failed: results.reduce((sum, it) => sum + it.failed, 0),
		failure: results.find((it) => it.failure !== null)?.failure ?? null,
	};
}

/** What a load found, and what it cost the server: where the machine is shared, the steadier figure of the two. */
export interface Measured extends LoadResult {
	/** Core time of the server a request, us. */
	cpuUs: number;
}

async function measure(bench: Bench, { pid, subject }: Server): Promise<Measured> {
	const before = cpuMs(pid);
	const result = await drive({ ...load(subject), connections: CONNECTIONS, seconds: bench.seconds, rate: null });
	const requests = result.perSecond * bench.seconds;
	return { ...result, cpuUs: (1000 * (cpuMs(pid) - before)) / requests };
}

/** All of them under full load, in turn. Gives each one's medians; the servers are stopped. */
export async function compareLoads(bench: Bench, servers: readonly Server[]): Promise<Map<string, Measured>> {
	try {
		const results = await rounds(
			bench,
			servers,
			(it) => it.subject.name,
			(it) => measure(bench, it),
		);
		return new Map(
			Array.from(results, ([{ subject }, them]) => [
				subject.name,
				{ ...summary(them), cpuUs: median(them.map((it) => it.cpuUs)) },
			]),
		);
	} finally {
		for (const server of servers) await server.stop();
	}
}

export function load({ port, targets, body }: Subject) {
	return { port, targets, body, requests: null };
}

/** The table of what each server did. */
export function loadDetails(caption: string, results: ReadonlyMap<string, Measured>): Details {
	const header = [
		"server, one core",
		"requests/s",
		"p50, ms",
		"p99, ms",
		"us of CPU a request",
		"failed",
		"generator busy",
	];
	const rows = Array.from(results, ([name, it]) => [
		name,
		Math.round(it.perSecond).toLocaleString("en-US"),
		it.p50.toFixed(2),
		it.p99.toFixed(2),
		it.cpuUs.toFixed(0),
		it.failure === null ? 0 : `${it.failed} (${it.failure})`,
		it.busy.toFixed(2),
	]);
	return { caption, header, rows };
}
