/** Invocations that wait for another server: how many one process holds, what they cost it, how late they are. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { absolute, median, show } from "../figures.ts";
import type { InFlightResult } from "../in-flight/program.ts";
import { rounds } from "../interleave.ts";
import { firstLine, LOAD_CORE, output, SERVER_CORE, start, stop } from "../processes.ts";
import type { Row } from "../types.ts";

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const PROGRAM = path("../in-flight/program.ts");
const UPSTREAM = path("../servers/slow-server.ts");
const COUNT = 2000;

export const inFlight: Row = {
	name: "in-flight",
	title: "2,000 invocations in flight",
	async run(bench) {
		const upstream = start([process.execPath, UPSTREAM], { core: LOAD_CORE });
		const port = await firstLine(upstream);
		const command = [process.execPath, PROGRAM, port, String(COUNT), join(bench.folder, "in-flight")];
		const run = async () => JSON.parse(await output(command, { core: SERVER_CORE })) as InFlightResult;
		const results = [...(await rounds(bench, ["2,000 at once"], (it) => it, run)).values()][0]!;
		await stop(upstream);
		// What failed was not done in time: no time is good enough then.
		const seconds = median(results.map((it) => (it.failed > 0 ? Number.NaN : it.ms))) / 1000;
		const megabytes = median(results.map((it) => it.moreBytes)) / 2 ** 20;
		return {
			findings: [
				absolute("2,000 in flight, each waiting 1 s: all done", seconds, " s", { atMost: 4 }),
				absolute("2,000 in flight, each waiting 1 s: more memory", megabytes, " MiB", { atMost: 500 }),
			],
			details: [
				{
					caption:
						"Rust guests in one process on one core, a new instance each; the server they wait for is on the other.",
					header: ["round", "all done, s", "core time, s", "more memory, MiB", "failed"],
					rows: results.map((it, i) => [
						i + 1,
						show(it.ms / 1000),
						show(it.cpuMs / 1000),
						show(it.moreBytes / 2 ** 20),
						it.failure === null ? 0 : `${it.failed}: ${it.failure}`,
					]),
				},
			],
		};
	},
};
