/**
 * moto's own suite of Lambda's API, from PyPI's source archive of moto (its wheel has no tests), and what it needs to run. Kept
 * in `test/.cache`, never in the repository. Without Python, or a registry, the tests that want it are skipped.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";

const VERSION = "5.2.5";
/** `docker` and others are imported by the tests, and not used. */
const PACKAGES = [
	`moto==${VERSION}`,
	"boto3==1.44.5",
	"botocore==1.44.5",
	"pytest",
	"freezegun",
	"docker",
	"py-partiql-parser",
	"PyYAML",
	"jsonschema",
];

/** Environment variables for the tests, by what was found; and lines that say what is missing. */
export interface MotoTools {
	env: Record<string, string>;
	missing: string[];
}

/** Installs what is missing into `folder`. Never rejects. */
export async function prepareMoto(folder: string): Promise<MotoTools> {
	const tests = join(folder, `moto-${VERSION}`);
	const python = join(folder, "python");
	const stamp = join(folder, "installed.txt");
	const wanted = PACKAGES.join("\n");
	if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
		const problem = await install(folder, python);
		if (problem !== null) return { env: {}, missing: [`skipped: moto's suite (${problem})`] };
		writeFileSync(stamp, wanted);
	}
	return { env: { PILOT_MOTO_TESTS: tests, PILOT_MOTO_PYTHON: python }, missing: [] };
}

const PIP = ["-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"];

/** Null, or why it did not work. */
async function install(folder: string, python: string): Promise<string | null> {
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	console.log("Installing moto and its suite into test/.cache, once");
	const source = ["download", "--no-deps", "--no-binary", "moto", "--dest", folder, `moto==${VERSION}`];
	const steps: [program: string, args: string[]][] = [
		["python3", [...PIP, ...source]],
		["tar", ["xzf", join(folder, `moto-${VERSION}.tar.gz`), "-C", folder]],
		["python3", [...PIP, "install", "--target", python, ...PACKAGES]],
	];
	for (const [program, args] of steps) {
		const { code, output } = await run(program, args);
		if (code !== 0) return `${program} failed: ${output.trim().split("\n").at(-1) ?? ""}`;
	}
	return null;
}
