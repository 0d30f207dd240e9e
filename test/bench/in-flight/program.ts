/** `program.ts PORT COUNT FOLDER`: so many invocations at once, each waiting on a server of that port. Prints an `InFlightResult`. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openEngine } from "../../../host/engine/worker.ts";
import { taskOf } from "../engine/task.ts";

export interface InFlightResult {
	/** From the first invocation's start to the last one's end, ms. */
	ms: number;
	/** Resident memory at its most, beyond what there was before the first, bytes. */
	moreBytes: number;
	/** Core time of the process in it, ms. */
	cpuMs: number;
	failed: number;
	failure: string | null;
}

const GUEST = new URL("../../guests/rust-outbound/rust-outbound.wasm", import.meta.url);
const [port, count, folder] = process.argv.slice(2) as [string, string, string];

const engine = await openEngine({ folder, idleMs: 600_000, memoryBudget: 8 * 2 ** 30 });
const { digest, kind } = await engine.build(readFileSync(GUEST));
const authority = `127.0.0.1:${port}`;
const limits = { memoryBytes: 128 * 2 ** 20, fuel: null, maxInstances: Number(count) };
const spec = { id: "bench", digest, kind, env: {}, mounts: [], egress: [authority], ...limits };
await engine.prepare(spec);
let failed = 0;
let failure: string | null = null;

async function wait(): Promise<void> {
	let status = 0;
	const task = taskOf(spec, `/${authority}/`);
	const outcome = await engine.invoke({
		...task,
		onResponse(response) {
			status = response.status;
			void task.onResponse!(response);
		},
	});
	if (outcome.ok && status === 200) return;
	failed++;
	failure ??= outcome.ok ? `status ${status}` : outcome.failure.errorMessage;
}

await wait();
await sleep(200);
const before = process.memoryUsage.rss();
let most = before;
const watch = setInterval(() => {
	most = Math.max(most, process.memoryUsage.rss());
}, 50);
const cpu = process.cpuUsage();
const started = performance.now();
await Promise.all(Array.from({ length: Number(count) }, wait));
const ms = performance.now() - started;
const { user, system } = process.cpuUsage(cpu);
clearInterval(watch);
most = Math.max(most, process.memoryUsage.rss());
const result: InFlightResult = { ms, cpuMs: (user + system) / 1000, moreBytes: most - before, failed, failure };
console.log(JSON.stringify(result));
process.exit();
