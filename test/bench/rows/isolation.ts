/** What it costs to put an instance back to its snapshot after every invocation, by language, in an engine without a host around it. */
import { join } from "node:path";
import { measureEngine } from "../engine/measure.ts";
import type { EngineResult } from "../engine/plan.ts";
import { absolute, median, relative, show } from "../figures.ts";
import { guestIn, type Language } from "../guests.ts";
import { rounds } from "../interleave.ts";
import type { Bench, Finding, Row } from "../types.ts";

/** At least this share of the invocations a second that `reuse` has; or at most so many ms added to each. */
const GOALS: Partial<Record<Language, { share: number } | { addedMs: number }>> = {
	QuickJS: { share: 0.5 },
	Go: { share: 0.4 },
	StarlingMonkey: { addedMs: 1.8 },
	Python: { addedMs: 1.8 },
};
const LANGUAGES: readonly Language[] = ["Rust", "QuickJS", "Go", "StarlingMonkey", "Python"];
const MODES = ["reuse", "request"] as const;

interface Subject {
	language: Language;
	code: string;
	isolation: (typeof MODES)[number];
}

export const isolation: Row = {
	name: "isolation",
	title: "Isolation `request` against `reuse`",
	async run(bench) {
		const subjects = await subjectsFor(bench);
		const results = await rounds(
			bench,
			subjects,
			(it) => `${it.language}, ${it.isolation}`,
			(it) => measure(bench, it),
		);
		const cost = new Map(Array.from(results, ([it, them]) => [key(it), median(them.map((r) => r.cpu))]));
		const languages = [...new Set(subjects.map((it) => it.language))];
		return {
			findings: languages.flatMap((it) => findings(it, cost)),
			details: [
				{
					caption:
						"Invocations one after the other in an engine without a host around it: core time of the process for each, ms, with all that is done to an instance before the next.",
					header: ["language", "reuse, ms", "request, ms", "invocations a second on a core"],
					rows: languages.map((it) => {
						const [reuse, request] = MODES.map((mode) => cost.get(`${it} ${mode}`)!) as [number, number];
						return [it, show(reuse), show(request), `${show(1000 / reuse)} and ${show(1000 / request)}`];
					}),
				},
			],
		};
	},
};

async function subjectsFor(bench: Bench): Promise<Subject[]> {
	const subjects: Subject[] = [];
	for (const language of LANGUAGES) {
		const code = await guestIn(language, bench);
		if (code !== null) for (const isolation of MODES) subjects.push({ language, code, isolation });
	}
	return subjects;
}

function measure(bench: Bench, { language, code, isolation }: Subject): Promise<EngineResult> {
	const folder = join(bench.folder, `isolation-${language}`);
	return measureEngine(language, { code, folder, measure: { kind: "isolation", isolation, seconds: bench.seconds } });
}

function key({ language, isolation }: Subject): string {
	return `${language} ${isolation}`;
}

function findings(language: Language, cost: ReadonlyMap<string, number>): Finding[] {
	const [reuse, request] = MODES.map((mode) => cost.get(`${language} ${mode}`)!) as [number, number];
	const goal = GOALS[language];
	if (goal === undefined) return [];
	if ("addedMs" in goal) {
		const figure = `isolation \`request\`, ${language}: added to each`;
		return [absolute(figure, request - reuse, " ms", { atMost: goal.addedMs })];
	}
	const against = { name: "`reuse`", value: 1000 / reuse };
	return [
		relative(`isolation \`request\`, ${language}: invocations`, 1000 / request, "/s", against, { atLeast: goal.share }),
	];
}
