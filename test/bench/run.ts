/**
 * `npm run bench`: all figures against their goals and peers, in one run, and `docs/benchmarks.md` with them.
 * `npm run bench -- ROW…` runs some of it. Read the ratios: a machine's rates differ from hour to hour.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { goalsIn, withPart } from "./document.ts";
import { machine } from "./machine.ts";
import { stopAll } from "./processes.ts";
import { Progress } from "./progress.ts";
import { rows } from "./registry.ts";
import { FINDINGS_HEADER, findingsTable, rowReport } from "./report.ts";
import type { Bench, Row, RowResult } from "./types.ts";

const DOCUMENT = fileURLToPath(new URL("../../docs/benchmarks.md", import.meta.url));

const HELP = `npm run bench -- [ROW…] [--quick] [--soak] [--rounds N] [--seconds N] [--json] [--no-doc]
  --quick      one short round of everything: does it work?
  --soak       the soak at full length: 1,000,000 invocations
  --rounds N   rounds that count (5)
  --seconds N  length of a measurement under load (3)
  --json       one line of JSON instead of tables
  --no-doc     leave docs/benchmarks.md as it is (so does --quick)
Rows: ${rows.map((it) => it.name).join(", ")}`;

interface Settings {
	chosen: readonly Row[];
	bench: Omit<Bench, "folder" | "progress" | "missing">;
	json: boolean;
	writes: boolean;
}

function settings(): Settings | null {
	const flag = { type: "boolean", default: false } as const;
	const options = { quick: flag, soak: flag, json: flag, help: flag, "no-doc": flag };
	const numbers = { rounds: { type: "string" }, seconds: { type: "string" } } as const;
	const { values, positionals } = parseArgs({ options: { ...options, ...numbers }, allowPositionals: true });
	if (values.help) return null;
	const unknown = positionals.filter((name) => !rows.some((it) => it.name === name));
	if (unknown.length > 0) throw new Error(`no row ${unknown.join(", ")}\n${HELP}`);
	const quick = values.quick === true;
	return {
		chosen: positionals.length === 0 ? rows : rows.filter((it) => positionals.includes(it.name)),
		bench: {
			rounds: Number(values.rounds ?? (quick ? 1 : 5)),
			seconds: Number(values.seconds ?? (quick ? 1 : 3)),
			quick,
			soak: values.soak === true,
		},
		json: values.json === true,
		writes: !quick && values["no-doc"] !== true,
	};
}

interface Report {
	row: Row;
	result: RowResult;
}

async function runAll({ chosen, bench, json }: Settings, progress: Progress, missing: string[]): Promise<Report[]> {
	const folder = mkdtempSync(join(tmpdir(), "pilot-bench-"));
	const reports: Report[] = [];
	try {
		for (const [i, row] of chosen.entries()) {
			const label = `[${i + 1}/${chosen.length}] ${row.name}`;
			const result = await row.run({
				...bench,
				folder,
				progress: (text) => progress.show(`${label}: ${text}`),
				missing: (text) => missing.includes(text) || missing.push(text),
			});
			reports.push({ row, result });
			progress.clear();
			if (!json) console.log(`\n## ${row.title}\n${rowReport(result)}`);
			await stopAll();
		}
	} finally {
		progress.clear();
		await stopAll();
		rmSync(folder, { recursive: true, force: true });
	}
	return reports;
}

/** The tables of this run in place of those before; the rest of the document stays. */
function writeDocument(reports: readonly Report[]): void {
	let text = readFileSync(DOCUMENT, "utf8");
	text = withPart(text, "machine", "Machine", machine());
	for (const { row, result } of reports) text = withPart(text, row.name, row.title, rowReport(result));
	const names = rows.map((it) => it.name);
	writeFileSync(DOCUMENT, withPart(text, "goals", "Goals", goalsIn(text, names, FINDINGS_HEADER)));
}

async function main(): Promise<void> {
	const wanted = settings();
	if (wanted === null) return console.log(HELP);
	const progress = new Progress();
	const missing: string[] = [];
	const reports = await runAll(wanted, progress, missing);
	if (wanted.json) {
		const lines = reports.map(({ row, result }) => ({ row: row.name, ...result }));
		return console.log(JSON.stringify({ machine: machine(), rows: lines, missing }));
	}
	if (reports.length > 1) console.log(`\n${findingsTable(reports.flatMap((it) => it.result.findings))}`);
	for (const line of missing) console.log(line);
	if (wanted.writes) writeDocument(reports);
}

await main().catch((error: unknown) => {
	console.error(error);
	process.exitCode = 1;
});
