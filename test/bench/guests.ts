/** The code that is measured: components of every language that this machine has one of. */
import { existsSync, readFileSync } from "node:fs";
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

/** Where the components of other languages are put by those who build them; the first that is there. */
const PLACES: Record<Exclude<Language, "QuickJS">, string[]> = {
	Rust: ["test/guests/rust-http/rust-http.wasm"],
	C: ["test/guests/c-http/c-http.wasm"],
	Go: ["test/.cache/guests/go.wasm"],
	StarlingMonkey: ["test/.cache/guests/starlingmonkey.wasm"],
	Python: ["test/.cache/guests/python.wasm"],
};

/** A component in that language that greets, or null, and a line in the report. */
export async function guestIn(language: Language, bench: Bench): Promise<Uint8Array | null> {
	if (language === "QuickJS") return readFileSync(await quickjs("hello"));
	const path = PLACES[language].map((it) => join(ROOT, it)).find(existsSync);
	if (path !== undefined) return readFileSync(path);
	bench.missing(`no ${language} component is here (${PLACES[language][0]}): its figures are left out`);
	return null;
}
