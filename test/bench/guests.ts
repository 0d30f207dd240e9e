/** The code that is measured: components of every language that this machine has one of. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "../../host/cli/build/index.ts";
import { readProject } from "../../host/cli/build/project.ts";
import type { Bench } from "./types.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export const RUST_HTTP = join(ROOT, "test/guests/rust-http/rust-http.wasm");

/** A TypeScript project of `components/` on QuickJS: built if it changed. */
export async function quickjs(name: string): Promise<string> {
	return (await build(readProject(join(ROOT, "components", name)))).path;
}

export type Language = "Rust" | "C" | "QuickJS" | "Go" | "StarlingMonkey" | "Python";

/** Folders of `test/guests`; what is built and not kept there lies in the cache, under the same name. */
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
	bench: Pick<Bench, "missing">,
	kind?: "event" | "http",
): Promise<string | null> {
	if (language === "QuickJS") return quickjs("hello");
	const name = kind === undefined ? NAMES[language] : NAMES[language].replace(/-.*/, `-${kind}`);
	const places = [`test/guests/${name}/${name}.wasm`, `test/.cache/guests/${name}.wasm`].map((it) => join(ROOT, it));
	const found = places.find((it) => existsSync(it));
	if (found === undefined) bench.missing(`no ${language} component is here (${name}.wasm): its figures are left out`);
	return found ?? null;
}
