/** Runs the load generator on its core. */
import { fileURLToPath } from "node:url";
import { LOAD_CORE, output } from "../processes.ts";
import type { LoadPlan, LoadResult } from "./plan.ts";

const GENERATOR = fileURLToPath(new URL("generator.ts", import.meta.url));

/** Connections of a measurement at full speed. */
export const CONNECTIONS = 32;

export async function drive(plan: LoadPlan): Promise<LoadResult> {
	const text = await output([process.execPath, GENERATOR], { core: LOAD_CORE, input: JSON.stringify(plan) });
	return JSON.parse(text) as LoadResult;
}
