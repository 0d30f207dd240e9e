/** Invokes one function in an engine of this process's own: reads an `EnginePlan`, prints an `EngineResult`. */
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import type { ArtifactInfo, Engine, FunctionSpec, Outcome } from "../../../host/engine/types.ts";
import { openEngine } from "../../../host/engine/worker.ts";
import { quantile } from "../figures.ts";
import type { EnginePlan, EngineResult } from "./plan.ts";
import { taskOf } from "./task.ts";

const plan = JSON.parse(await text(process.stdin)) as EnginePlan;
const engine = await openEngine({ folder: plan.folder, idleMs: 600_000, memoryBudget: 4 * 2 ** 30 });
const artifact = await engine.build(readFileSync(plan.code));
const { measure } = plan;
const event = Buffer.from(plan.event);
/** Core time of what was measured, us. */
let cpu = 0;
const times =
	measure.kind === "instances"
		? await newInstances(engine, artifact, measure.count)
		: await invocations(engine, artifact, measure);
const result: EngineResult = {
	p50: quantile(times, 0.5),
	p99: quantile(times, 0.99),
	cpu: cpu / 1000 / times.length,
	mean: times.reduce((sum, it) => sum + it, 0) / times.length,
};
console.log(JSON.stringify(result));
process.exit();

function specOf({ digest, kind }: ArtifactInfo, settings: Partial<FunctionSpec> = {}): FunctionSpec {
	const limits = { memoryBytes: 256 * 2 ** 20, fuel: null, maxInstances: 1 };
	return { id: "bench", digest, kind, env: {}, mounts: [], ...limits, ...settings };
}

async function invoke(spec: FunctionSpec): Promise<Outcome> {
	const outcome = await engine.invoke(taskOf(spec, "/", event));
	if (!outcome.ok) throw new Error(`the guest failed: ${outcome.failure.errorMessage}`);
	return outcome;
}

/** What callers waited for a new instance. The version is retired after each, so that the next finds none. */
async function newInstances(engine: Engine, artifact: ArtifactInfo, count: number): Promise<number[]> {
	const spec = specOf(artifact);
	await engine.prepare(spec);
	const times: number[] = [];
	let warm = process.cpuUsage();
	for (let i = 0; i < count * 2; i++) {
		if (i === count) warm = process.cpuUsage();
		engine.retire(spec.id);
		const { initMs } = (await invoke(spec)).usage;
		if (initMs === null) throw new Error("an old instance served");
		// The first half brings code and memories to where they will be.
		if (i >= count) times.push(initMs);
	}
	cpu = since(warm);
	return times;
}

/** From one invocation's start to the next one's: what is done to an instance between them is in it. */
async function invocations(
	engine: Engine,
	artifact: ArtifactInfo,
	{ isolation, seconds }: Extract<EnginePlan["measure"], { kind: "isolation" }>,
): Promise<number[]> {
	const spec = specOf(artifact, { isolation });
	await engine.prepare(spec);
	const run = async (ms: number): Promise<number[]> => {
		const times: number[] = [];
		let last = performance.now();
		for (const end = last + ms; last < end; ) {
			await invoke(spec);
			const now = performance.now();
			times.push(now - last);
			last = now;
		}
		return times;
	};
	await run((seconds * 1000) / 2);
	const warm = process.cpuUsage();
	const times = await run(seconds * 1000);
	cpu = since(warm);
	return times;
}

function since(start: NodeJS.CpuUsage): number {
	const { user, system } = process.cpuUsage(start);
	return user + system;
}
