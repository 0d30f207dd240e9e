import { fileURLToPath } from "node:url";
import { output, SERVER_CORE } from "../processes.ts";
import type { EnginePlan, EngineResult } from "./plan.ts";

const PROGRAM = fileURLToPath(new URL("program.ts", import.meta.url));

/** Runs the program on the server's core. */
export async function measureEngine(plan: EnginePlan): Promise<EngineResult> {
	const input = JSON.stringify(plan);
	return JSON.parse(await output([process.execPath, PROGRAM], { core: SERVER_CORE, input })) as EngineResult;
}
