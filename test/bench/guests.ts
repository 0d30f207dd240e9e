/** The code that is measured: components of every language that this machine has one of. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "../../host/cli/build/index.ts";
import { readProject } from "../../host/cli/build/project.ts";
import { preparePython } from "../../scripts/test/python.ts";
import { guestFile, hasGuest } from "../support/toolchains.ts";
import type { Bench } from "./types.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export const RUST_HTTP = join(ROOT, "test/guests/rust-http/rust-http.wasm");

/** A TypeScript project of `components/` on QuickJS: built if it changed. */
export async function quickjs(name: string): Promise<string> {
	return (await build(readProject(join(ROOT, "components", name)))).path;
}

export type Language = "Rust" | "C" | "QuickJS" | "Go" | "StarlingMonkey" | "Python";

const PYTHON_CACHE = join(ROOT, "test/.cache/python");

/** Folders of `test/guests`. */
const NAMES: Record<Exclude<Language, "QuickJS">, string> = {
	Rust: "rust-http",
	C: "c-http",
	Go: "go-event",
	StarlingMonkey: "starlingmonkey-event",
	Python: "python-event",
};

/**
 * A component in that language, or null, and a line in the report. Those of kind `http` greet; the others do what the event's
 * first word says (`echo TEXT`), but for QuickJS, which greets.
 */
export async function guestIn(
	language: Language,
	bench: Pick<Bench, "missing" | "progress">,
	kind?: "event" | "http",
): Promise<string | null> {
	if (language === "QuickJS") return quickjs("hello");
	const name = kind === undefined ? NAMES[language] : NAMES[language].replace(/-.*/, `-${kind}`);
	if (language === "Python") await providePython(bench);
	if (!hasGuest(name)) {
		bench.missing(`no ${language} component is here, nor what builds one: its figures are left out`);
		return null;
	}
	bench.progress(`${name}.wasm`);
	return guestFile(name);
}

/** What the tests have from PyPI builds the Python guests. */
async function providePython(bench: Pick<Bench, "progress">): Promise<void> {
	if (process.env.PILOT_PYTHONPATH !== undefined) return;
	bench.progress("Python packages");
	Object.assign(process.env, (await preparePython(PYTHON_CACHE)).env);
}
