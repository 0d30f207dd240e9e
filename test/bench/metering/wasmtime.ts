/** The workloads under wasmtime, compiled ahead, with its own fuel and without. */
import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Workload } from "./workloads.ts";

const exec = promisify(execFile);

/** More than any workload uses. */
const FUEL = ["-W", "fuel=1000000000000000"];

/** Times a workload, in ms: the least of five runs. */
export type Timer = (workload: Workload) => Promise<number>;

/** Compiles the workloads into `folder`. */
export function wasmtimeTimer(
	wasmtime: string,
	workloads: readonly Workload[],
	folder: string,
	options: { fuel: boolean },
): Timer {
	const fuel = options.fuel ? FUEL : [];
	const compiled = ({ name }: Workload) => join(folder, `${name}${options.fuel ? "-fuel" : ""}.cwasm`);
	for (const it of workloads) execFileSync(wasmtime, ["compile", ...fuel, it.path, "-o", compiled(it)]);
	return async (workload) => {
		const args = [
			"run",
			"--allow-precompiled",
			...fuel,
			"--invoke",
			"timed",
			compiled(workload),
			String(workload.times),
		];
		const { stdout } = await exec(wasmtime, args);
		return Number(stdout) / 1e6;
	};
}
