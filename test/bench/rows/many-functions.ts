/** Thousands of functions, each with a warm instance: what they take, and whether a caller of any of them notices the others. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { absolute, relative, show } from "../figures.ts";
import { RUST_HTTP } from "../guests.ts";
import { load, rounds, summary } from "../interleave.ts";
import { drive } from "../load/drive.ts";
import { residentBytes } from "../processes.ts";
import { type PilotHost, startPilot } from "../servers/pilot.ts";
import { each, request } from "../servers/request.ts";
import { HELLO_TEXT } from "../servers/server.ts";
import type { Bench, Row } from "../types.ts";

const COUNT = 10_000;
const QUICK_COUNT = 500;
const RATE = 500;
/** Instances stay, and there is room for all: 1.2 MB each as V8 counts them, of which they touch little. */
const ENV = { PILOT_IDLE_MS: "86400000", PILOT_MEMORY_BUDGET: String(32 * 2 ** 30) };

export const manyFunctions: Row = {
	name: "many-functions",
	title: "10,000 functions, one warm instance each",
	async run(bench) {
		const count = bench.quick ? QUICK_COUNT : COUNT;
		const host = await startPilot({
			data: join(bench.folder, "many"),
			core: null,
			workers: availableParallelism(),
			env: ENV,
		});
		try {
			const empty = residentBytes(host.pid);
			const names = Array.from({ length: count }, (_, i) => `f${i}`);
			await deployAll(bench, host, names);
			const deployed = residentBytes(host.pid);
			await warmAll(bench, host, names);
			const warm = residentBytes(host.pid);
			return await measure(bench, host, names, { empty, deployed, warm });
		} finally {
			await host.stop();
		}
	},
};

async function deployAll(bench: Bench, host: PilotHost, names: readonly string[]): Promise<void> {
	const code = readFileSync(RUST_HTTP);
	await each(names, 4, async (name, i) => {
		if (i % 100 === 0) bench.progress(`deployed ${i} of ${names.length}`);
		await host.deploy(name, code);
	});
}

/** Twice: the second time finds what the first made. */
async function warmAll(bench: Bench, host: PilotHost, names: readonly string[]): Promise<void> {
	for (const pass of [1, 2]) {
		await each(names, 4, async (name, i) => {
			if (i % 100 === 0) bench.progress(`warming, pass ${pass}: ${i} of ${names.length}`);
			const { body } = await request(host.port, `${name}.localhost`);
			if (body !== HELLO_TEXT) throw new Error(`${name} answered ${body}`);
		});
	}
}

async function measure(
	bench: Bench,
	host: PilotHost,
	names: readonly string[],
	{ empty, deployed, warm }: { empty: number; deployed: number; warm: number },
) {
	const subjects = [host.subject("one function", ["f0"], HELLO_TEXT), host.subject("random ones", names, HELLO_TEXT)];
	const results = await rounds(
		bench,
		subjects,
		(it) => it.name,
		(it) => drive({ ...load(it), connections: 32, seconds: bench.seconds, rate: RATE }),
	);
	const [one, any] = subjects.map((it) => summary(results.get(it)!)) as [
		ReturnType<typeof summary>,
		ReturnType<typeof summary>,
	];
	const after = residentBytes(host.pid);
	const gigabytes = (bytes: number): number => bytes / 2 ** 30;
	const most = gigabytes(Math.max(warm, after));
	const label = `${names.length.toLocaleString("en-US")} functions`;
	const header = ["requests to", "requests/s", "p50, ms", "p99, ms", "failed"];
	return {
		findings: [
			absolute(`${label}, a warm instance each: memory of all processes`, most, " GiB", { atMost: 4 }),
			relative(
				`${label}: p50 of requests to random ones`,
				any.p50,
				" ms",
				{ name: "one function", value: one.p50 },
				{ atMost: 2 },
			),
		],
		details: [
			{
				caption: `Rust hello, ${RATE} requests a second. Resident: empty host ${show(gigabytes(empty))} GiB, all deployed ${show(gigabytes(deployed))}, all warm ${show(gigabytes(warm))}, after the load ${show(gigabytes(after))}.`,
				header,
				rows: [one, any].map((it, i) => [
					subjects[i]!.name,
					show(it.perSecond),
					show(it.p50),
					show(it.p99),
					it.failure === null ? 0 : `${it.failed}: ${it.failure}`,
				]),
			},
		],
	};
}
