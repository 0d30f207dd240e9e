import { fileURLToPath } from "node:url";
import type { Language } from "../guests.ts";
import { output, SERVER_CORE } from "../processes.ts";
import type { EnginePlan, EngineResult } from "./plan.ts";

const PROGRAM = fileURLToPath(new URL("program.ts", import.meta.url));

/** Runs the program on the server's core. */
export async function measureEngine(language: Language, plan: Omit<EnginePlan, "event">): Promise<EngineResult> {
	const event = language === "QuickJS" ? "{}" : "echo {}";
	const input = JSON.stringify({ ...plan, event } satisfies EnginePlan);
	return JSON.parse(await output([process.execPath, PROGRAM], { core: SERVER_CORE, input })) as EngineResult;
}
