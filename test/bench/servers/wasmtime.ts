import { fileURLToPath } from "node:url";
import { preparePython } from "../../../scripts/test/python.ts";
import { findWasmtime } from "../../support/wasmtime.ts";
import { freePort, SERVER_CORE, start } from "../processes.ts";
import type { Bench } from "../types.ts";
import { HELLO_TEXT, LOCAL, type Server, whenUp } from "./server.ts";

const CACHE = fileURLToPath(new URL("../../.cache/python", import.meta.url));

/** The wasmtime that the tests use too, installed if need be. Null, and a line in the report, if it cannot be had. */
export async function wasmtimeFor(bench: Bench): Promise<string | null> {
	const found = findWasmtime();
	if (found !== null) return found;
	bench.progress("installing wasmtime");
	const wasmtime = (await preparePython(CACHE)).env.PILOT_WASMTIME ?? null;
	if (wasmtime === null) bench.missing("wasmtime is not here, and pip cannot bring it: its rows are left out");
	return wasmtime;
}

/** `wasmtime serve` with a `wasi:http` component: a new instance a request, or one for so many. */
export async function startWasmtime(
	wasmtime: string,
	component: string,
	reuses: number | null,
	body = HELLO_TEXT,
): Promise<Server> {
	const port = await freePort();
	const reuse = reuses === null ? [] : ["--max-instance-reuse-count", String(reuses)];
	const command = [wasmtime, "serve", "-Scli", "--addr", `127.0.0.1:${port}`, ...reuse, component];
	const child = start(command, { core: SERVER_CORE });
	child.stdout!.resume();
	const name = reuses === null ? "wasmtime serve" : `wasmtime serve, ${reuses.toLocaleString("en-US")} reuses`;
	return whenUp(child, { name, port, targets: [LOCAL], body });
}
