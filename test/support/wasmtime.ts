/** Where the oracle for HTTP is, if this machine has it (`npm test` installs it into test/.cache). */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The path of wasmtime, or null. Looked for in PILOT_WASMTIME, test/.cache, and on the PATH. */
export function findWasmtime(): string | null {
	const cached = fileURLToPath(new URL("../.cache/python/wasmtime_cli/wasmtime", import.meta.url));
	const candidates = [process.env.PILOT_WASMTIME, existsSync(cached) ? cached : undefined, "wasmtime"];
	return candidates.find((it): it is string => it !== undefined && spawnSync(it, ["--version"]).status === 0) ?? null;
}
