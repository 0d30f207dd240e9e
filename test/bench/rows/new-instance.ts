/** How long a caller waits for a new instance, made from its version's snapshot, with the code ready. */
import { join } from "node:path";
import { measureEngine } from "../engine/measure.ts";
import type { EngineResult } from "../engine/plan.ts";
import { absolute, median, show } from "../figures.ts";
import { guestIn, type Language } from "../guests.ts";
import { rounds } from "../interleave.ts";
import type { Row } from "../types.ts";

/** p50, ms. */
const GOALS: Record<Language, number> = { Rust: 0.1, C: 0.1, QuickJS: 0.4, Go: 0.4, StarlingMonkey: 3, Python: 6 };
const COUNT = 100;

export const newInstance: Row = {
	name: "new-instance",
	title: "New instances from the snapshot",
	async run(bench) {
		const found: { language: Language; code: string }[] = [];
		for (const language of Object.keys(GOALS) as Language[]) {
			const code = await guestIn(language, bench);
			if (code !== null) found.push({ language, code });
		}
		const results = await rounds(
			bench,
			found,
			(it) => it.language,
			({ language, code }) => {
				const folder = join(bench.folder, `new-instance-${language}`);
				return measureEngine(language, { code, folder, measure: { kind: "instances", count: COUNT } });
			},
		);
		const of = (them: EngineResult[], key: keyof EngineResult): number => median(them.map((it) => it[key]));
		const all = Array.from(results, ([{ language }, them]) => ({ language, them }));
		return {
			findings: all.map(({ language, them }) =>
				absolute(`new instance, ${language}: p50`, of(them, "p50"), " ms", { atMost: GOALS[language] }),
			),
			details: [
				{
					caption: `${COUNT} instances one after the other, each serving one invocation; the time that the engine says its caller waited.`,
					header: ["language", "p50, ms", "mean, ms", "p99, ms", "core time with its invocation, ms"],
					rows: all.map(({ language, them }) => [
						language,
						show(of(them, "p50")),
						show(of(them, "mean")),
						show(of(them, "p99")),
						show(of(them, "cpu")),
					]),
				},
			],
		};
	},
};
