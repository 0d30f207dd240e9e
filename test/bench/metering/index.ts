/**
 * What metering costs: each workload plain and metered in this V8, and under wasmtime with its fuel and without, all in
 * turn. `node test/bench/metering/index.ts [NAME...]` prints the table by itself.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instantiateMetered } from "../../support/metered.ts";
import { findWasmtime } from "../../support/wasmtime.ts";
import { countExactly, EXACT } from "./exact.ts";
import { type EngineRun, quickjsRuns } from "./quickjs.ts";
import { type Timer, wasmtimeTimer } from "./wasmtime.ts";
import { IMPORTS, runOf, type Workload, workloads } from "./workloads.ts";

/** As the engine's. */
const SLICE = 100_000;
/** Runs before the first that counts, by which V8 has compiled all there is. */
const WARM_UP = 12;
const RUNS = 5;
/** The name of the one workload that is no module: QuickJS running a program, in the engine. */
const QUICKJS = "quickjs";

export interface MeteringResult {
	name: string;
	/** Medians, ms. */
	plain: number;
	metered: number;
	/** Medians of each round's metered by unmetered; null without wasmtime. */
	ratio: number;
	wasmtime: number | null;
	/** Fuel by the exact cost of what was executed; null where that cannot be counted. */
	overcharge: number | null;
	/** Bytes of the metered module by those of the module. */
	growth: number;
}

const median = (list: number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1]!;
const geomean = (list: number[]): number => Math.exp(list.reduce((sum, it) => sum + Math.log(it), 0) / list.length);

/** The least time of some runs, ms. */
function least(run: () => unknown): number {
	let best = Number.POSITIVE_INFINITY;
	for (let i = 0; i < RUNS; i++) {
		const start = performance.now();
		run();
		best = Math.min(best, performance.now() - start);
	}
	return best;
}

const plainRun = (bytes: Uint8Array<ArrayBuffer>) =>
	runOf(new WebAssembly.Instance(new WebAssembly.Module(bytes), IMPORTS).exports);

/** Fuel used by exact cost, over a run of the workload that is short: the exact count takes long. */
export function overcharge({ bytes, times }: Workload): number {
	const some = Math.ceil(times / 50);
	const counted = new WebAssembly.Instance(new WebAssembly.Module(countExactly(bytes)), IMPORTS).exports;
	const metered = instantiateMetered(bytes, { imports: IMPORTS });
	if (runOf(counted)(some) !== runOf(metered.exports)(some))
		throw new Error("metered, a workload computes something else");
	return metered.fuel() / Number((counted[EXACT] as WebAssembly.Global).value);
}

interface Timers {
	plain: Timer;
	fuelled: Timer;
}

async function measure(workload: Workload, rounds: number, wasmtime: Timers | null): Promise<MeteringResult> {
	const { name, bytes, times } = workload;
	const plain = plainRun(bytes);
	const instance = instantiateMetered(bytes, { imports: IMPORTS, slice: SLICE });
	const metered = runOf(instance.exports);
	for (let i = 0; i < WARM_UP; i++)
		if (plain(times) !== metered(times)) throw new Error(`${name} computes something else`);
	const found = { plain: [] as number[], metered: [] as number[], ratio: [] as number[], wasmtime: [] as number[] };
	for (let round = 0; round < rounds; round++) {
		const before = least(() => plain(times));
		const after = least(() => metered(times));
		found.plain.push(before);
		found.metered.push(after);
		found.ratio.push(after / before);
		if (wasmtime !== null) found.wasmtime.push((await wasmtime.fuelled(workload)) / (await wasmtime.plain(workload)));
	}
	return {
		name,
		plain: median(found.plain),
		metered: median(found.metered),
		ratio: median(found.ratio),
		wasmtime: wasmtime === null ? null : median(found.wasmtime),
		overcharge: overcharge(workload),
		growth: instance.metered.bytes.length / bytes.length,
	};
}

/** Runs of QuickJS before the first that counts, and of those of which the least counts: each takes 3 ms. */
const QUICKJS_WARM_UP = 200;
const QUICKJS_RUNS = 40;

async function measureQuickjs(rounds: number, folder: string): Promise<MeteringResult> {
	const { plain, metered, growth } = await quickjsRuns(folder);
	const found = { plain: [] as number[], metered: [] as number[], ratio: [] as number[] };
	const best = async (run: EngineRun): Promise<number> => {
		const times: number[] = [];
		for (let i = 0; i < QUICKJS_RUNS; i++) times.push(await run.time());
		return Math.min(...times);
	};
	for (let i = 0; i < QUICKJS_WARM_UP; i++) {
		await plain.time();
		await metered.time();
	}
	for (let round = 0; round < rounds; round++) {
		found.plain.push(await best(plain));
		found.metered.push(await best(metered));
		found.ratio.push(found.metered[round]! / found.plain[round]!);
	}
	await plain.close();
	await metered.close();
	const medians = { plain: median(found.plain), metered: median(found.metered), ratio: median(found.ratio) };
	return { name: QUICKJS, ...medians, wasmtime: null, overcharge: null, growth };
}

/** Measures the workloads, or those named. `progress` is told each one's name. */
export async function measureMetering(
	rounds: number,
	only: readonly string[] = [],
	progress: (text: string) => void = () => {},
): Promise<MeteringResult[]> {
	const all = only.length === 1 && only[0] === QUICKJS ? [] : workloads(only);
	const path = findWasmtime();
	const folder = mkdtempSync(join(tmpdir(), "pilot-metering-"));
	try {
		const timer = (fuel: boolean) => wasmtimeTimer(path!, all, folder, { fuel });
		const timers = path === null ? null : { plain: timer(false), fuelled: timer(true) };
		const results: MeteringResult[] = [];
		for (const workload of all) {
			progress(workload.name);
			results.push(await measure(workload, rounds, timers));
		}
		if (only.length === 0 || only.includes(QUICKJS)) {
			progress(QUICKJS);
			results.push(await measureQuickjs(rounds, folder));
		}
		return results;
	} finally {
		rmSync(folder, { recursive: true });
	}
}

export interface MeteringSummary {
	geomean: number;
	worst: number;
	/** Of wasmtime's fuel; null without wasmtime. */
	wasmtime: number | null;
	wasmtimeWorst: number | null;
	overcharge: number;
	worstOvercharge: number;
}

export function summarise(results: readonly MeteringResult[]): MeteringSummary {
	const of = (key: "ratio" | "overcharge") => results.map((it) => it[key]).filter((it) => it !== null);
	const fuelled = results.map((it) => it.wasmtime).filter((it) => it !== null);
	return {
		geomean: geomean(of("ratio")),
		worst: Math.max(...of("ratio")),
		wasmtime: fuelled.length === 0 ? null : geomean(fuelled),
		wasmtimeWorst: fuelled.length === 0 ? null : Math.max(...fuelled),
		overcharge: geomean(of("overcharge")),
		worstOvercharge: Math.max(...of("overcharge")),
	};
}

if (import.meta.main) {
	const results = await measureMetering(Number(process.env.BENCH_ROUNDS ?? 5), process.argv.slice(2), (name) => {
		process.stderr.write(`${name} `);
	});
	console.table(
		results.map(({ name, ...them }) => ({
			name,
			...Object.fromEntries(Object.entries(them).map(([key, it]) => [key, it === null ? null : Number(it.toFixed(2))])),
		})),
	);
	console.table(summarise(results));
}
