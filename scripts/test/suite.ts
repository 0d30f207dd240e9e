/** The test suite, by vitest. */
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Counts } from "./checks.ts";
import { run } from "./command.ts";

const VITEST = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));

/** What of vitest's JSON report is read (it is Jest's). */
interface Report {
	success: boolean;
	numPassedTests: number;
	numFailedTests: number;
	numPendingTests: number;
	numTodoTests: number;
	testResults: { status: string; name: string; assertionResults: { status: string }[] }[];
}

/** Runs the suite, shows it, and counts. `args` are vitest's own: paths, `-t NAME`. */
export async function runSuite(
	args: readonly string[],
	env: Record<string, string>,
	reportPath: string,
): Promise<Counts> {
	rmSync(reportPath, { force: true });
	const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportPath}`];
	const { code } = await run(process.execPath, [VITEST, "run", ...reporters, ...args], { env, show: true });
	return count(readReport(reportPath), code);
}

function readReport(path: string): Report | null {
	try {
		return JSON.parse(readFileSync(path, "utf8")) as Report;
	} catch {
		return null;
	}
}

/** A file that could not be loaded has no failed test in it, and counts as one; so does a run that failed for no test's sake. */
export function count(report: Report | null, code: number | null): Counts {
	if (!report) return { passed: 0, failed: 1, skipped: 0 };
	const broken = report.testResults.filter(
		(file) => file.status === "failed" && !file.assertionResults.some((it) => it.status === "failed"),
	);
	const failed = report.numFailedTests + broken.length;
	return {
		passed: report.numPassedTests,
		failed: failed === 0 && code !== 0 ? 1 : failed,
		skipped: report.numPendingTests + report.numTodoTests,
	};
}
