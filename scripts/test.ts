/**
 * `npm test`: types, lint, and every test. Installs what the tests need, or says in a line each what is missing and what
 * that skips. Whole hosts are tested with one worker and with two. Ends with the counts on a line of their own; exit code 0
 * only if all passed. Arguments go to vitest: `npm test -- host/cli`.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { prepareSpecTests } from "./test/cargo.ts";
import { type Counts, runChecks } from "./test/checks.ts";
import { prepareDeployTools } from "./test/deploy-tools.ts";
import { prepareMoto } from "./test/moto.ts";
import { preparePython } from "./test/python.ts";
import { runSuite } from "./test/suite.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CACHE = `${ROOT}test/.cache`;
/** What runs a second time, against hosts of several workers, which have more processes to start. */
const WITH_WORKERS = ["--testTimeout=120000", "test/clients", "test/faults"];
const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };

process.chdir(ROOT);
// Children that say `node` mean this one.
process.env.PATH = `${dirname(process.execPath)}:${process.env.PATH}`;
mkdirSync(CACHE, { recursive: true });

report(
	await main().catch((error: unknown) => {
		console.error(error);
		return { passed: 0, failed: 1, skipped: 0 };
	}),
);

async function main(): Promise<Counts> {
	const python = await preparePython(`${CACHE}/python`);
	const moto = await prepareMoto(`${CACHE}/moto`);
	const deploy = await prepareDeployTools(`${CACHE}/deploy-tools`);
	const spec = await prepareSpecTests(`${CACHE}/spec`);
	const checks = await runChecks();
	const args = process.argv.slice(2);
	const env = { ...python.env, ...moto.env, ...deploy.env, ...spec.env };
	const suite = await runSuite(args, env, `${CACHE}/vitest.json`);
	// The hosts of the first run have one worker.
	const two = { ...env, PILOT_TEST_WORKERS: "2" };
	const again = args.length > 0 ? NONE : await runSuite(WITH_WORKERS, two, `${CACHE}/vitest-workers.json`);
	for (const line of [...python.missing, ...moto.missing, ...deploy.missing, ...spec.missing]) console.log(line);
	return sum(sum(checks, suite), again);
}

function report({ passed, failed, skipped }: Counts): void {
	console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
	process.exitCode = failed === 0 ? 0 : 1;
}

function sum(a: Counts, b: Counts): Counts {
	return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}
