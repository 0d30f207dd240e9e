/** moto's own suite against a host: what passes there passes here, but for what is listed with a reason. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guest } from "../support/guests.ts";
import { awsEnvironment, startTestHost, type TestHost } from "../support/host.ts";
import { run } from "../support/run.ts";

const { PILOT_MOTO_TESTS: tests, PILOT_MOTO_PYTHON: python } = process.env;
if (!tests) console.warn("moto's suite is not there (npm test installs it): it is not run.");
const PLUGIN = fileURLToPath(new URL("moto", import.meta.url));
const LISTED = join(PLUGIN, "listed.json");

interface Outcome {
	outcome: "passed" | "failed" | "skipped" | "listed" | "passes although listed";
	why: string;
}

describe.skipIf(!tests)("moto's suite", () => {
	let host: TestHost;
	let folder: string;
	beforeAll(async () => {
		// moto's region and account.
		host = await startTestHost({ region: "us-west-2", account: "123456789012" });
		folder = mkdtempSync(join(tmpdir(), "pilot-moto-"));
		writeFileSync(join(folder, "component.wasm"), await guest("echo"));
	});
	afterAll(async () => {
		await host?.close();
		rmSync(folder, { recursive: true, force: true });
	});

	it("passes, but for what is listed", { timeout: 900_000 }, async () => {
		const report = join(folder, "report.json");
		const args = ["-m", "pytest", "-q", "-p", "pilot_moto", "-p", "no:cacheprovider", "--tb=line"];
		const finished = await run("python3", [...args, "tests/test_awslambda"], {
			cwd: tests!,
			env: {
				...awsEnvironment(host.apiUrl),
				AWS_DEFAULT_REGION: "us-west-2",
				PYTHONPATH: `${python}:${PLUGIN}`,
				PYTHONDONTWRITEBYTECODE: "1",
				PILOT_MOTO_COMPONENT: join(folder, "component.wasm"),
				PILOT_MOTO_LISTED: LISTED,
				PILOT_MOTO_REPORT: report,
			},
		});
		expect(finished.code, finished.stdout.slice(-4000) + finished.stderr).toBeLessThanOrEqual(1);
		const outcomes = Object.entries(JSON.parse(readFileSync(report, "utf8")) as Record<string, Outcome>);
		const of = (wanted: Outcome["outcome"]) => outcomes.filter(([, { outcome }]) => outcome === wanted);
		const better = of("passes although listed").map(([name]) => name);
		if (better.length > 0) console.warn(`These can be struck out in ${LISTED}: ${better.join(", ")}`);
		expect(of("failed").map(([name, { why }]) => `${name}: ${why}`)).toEqual([]);
		expect(of("passed").length).toBeGreaterThan(40);
	});
});
