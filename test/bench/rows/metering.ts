/** What metering costs over programs in C, against the same code without it, and against wasmtime's own fuel. */
import { absolute, relative, show } from "../figures.ts";
import { measureMetering, summarise } from "../metering/index.ts";
import type { Row } from "../types.ts";

export const metering: Row = {
	name: "metering",
	title: "Metering",
	async run(bench) {
		const results = await measureMetering(bench.rounds, [], (name) => bench.progress(name));
		const all = summarise(results);
		const figure = `metered by plain time, geometric mean of ${results.length} programs`;
		const findings = [
			absolute(figure, all.geomean, "", { atMost: 1.16 }),
			absolute("metered by plain time, worst", all.worst, "", { atMost: 1.75 }),
			absolute("fuel by exact count, worst", all.worstOvercharge, "", { atMost: 3.2 }),
		];
		if (all.wasmtime === null) bench.missing("wasmtime: metering is not compared with its fuel");
		else
			findings.push(relative(figure, all.geomean, "", { name: "wasmtime's fuel", value: all.wasmtime }, { atMost: 1 }));
		const header = [
			"program",
			"plain, ms",
			"metered, ms",
			"ratio",
			"wasmtime's fuel, ratio",
			"fuel by exact count",
			"growth",
		];
		return {
			findings,
			details: [
				{
					caption: "Medians of the rounds; each time is the least of five runs. Growth is that of the module's bytes.",
					header,
					rows: results.map((it) => [
						it.name,
						show(it.plain),
						show(it.metered),
						show(it.ratio),
						it.wasmtime === null ? "-" : show(it.wasmtime),
						it.overcharge === null ? "-" : show(it.overcharge),
						show(it.growth),
					]),
				},
			],
		};
	},
};
