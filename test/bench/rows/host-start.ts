/** A host that starts again with a hundred functions deployed: when it listens, and what the first callers wait. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { absolute, median, show } from "../figures.ts";
import { guestIn, type Language } from "../guests.ts";
import { rounds } from "../interleave.ts";
import { startPilot } from "../servers/pilot.ts";
import { request } from "../servers/request.ts";
import type { Bench, Row } from "../types.ts";

/** How many of a hundred are of each language; the first request's goal, ms. */
const SHARES: { language: Language; count: number; goal: number }[] = [
	{ language: "Rust", count: 60, goal: 20 },
	{ language: "QuickJS", count: 35, goal: 60 },
	{ language: "Python", count: 5, goal: 200 },
];

interface Start {
	readyMs: number;
	firstMs: number;
}

export const hostStart: Row = {
	name: "host-start",
	title: "Start of a host with 100 functions",
	async run(bench) {
		const data = join(bench.folder, "host-start");
		const languages = await deployAll(bench, data);
		// A start for each language: the first request of all is the one that is measured.
		const results = await rounds(
			bench,
			languages,
			(it) => it.language,
			(it) => firstRequest(data, it.language),
		);
		const of = (language: Language, key: keyof Start): number => {
			return median([...results].find(([it]) => it.language === language)![1].map((it) => it[key]));
		};
		const ready = median([...results.values()].flat().map((it) => it.readyMs));
		return {
			findings: [
				absolute("host start, 100 functions: ready", ready / 1000, " s", { atMost: 1 }),
				...languages.map(({ language, goal }) =>
					absolute(`its first request, ${language}`, of(language, "firstMs"), " ms", { atMost: goal }),
				),
			],
			details: [
				{
					caption:
						"From the start of the process until it says that it listens; then the first request of all, to a function of that language.",
					header: ["language", "functions", "ready, ms", "first request, ms"],
					rows: languages.map(({ language, count }) => [
						language,
						count,
						show(of(language, "readyMs")),
						show(of(language, "firstMs")),
					]),
				},
			],
		};
	},
};

async function deployAll(bench: Bench, data: string): Promise<typeof SHARES> {
	const there: typeof SHARES = [];
	const host = await startPilot({ data });
	for (const share of SHARES) {
		const code = await guestIn(share.language, bench, "http");
		if (code === null) continue;
		there.push(share);
		for (let i = 0; i < share.count; i++) {
			bench.progress(`deploying ${share.language} ${i + 1} of ${share.count}`);
			await host.deploy(`${share.language}${i}`, readFileSync(code), { MemorySize: 256, Timeout: 30 });
		}
	}
	await host.stop();
	return there;
}

async function firstRequest(data: string, language: Language): Promise<Start> {
	const host = await startPilot({ data });
	try {
		const { ms } = await request(host.port, `${language}0.localhost`);
		return { readyMs: host.startMs, firstMs: ms };
	} finally {
		await host.stop();
	}
}
