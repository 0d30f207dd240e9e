/** What is left on disk of functions that are gone. */
import { join } from "node:path";
import type { Config } from "./config.ts";
import type { Engine } from "./engine/types.ts";
import { mountsOf } from "./invoker/mounts.ts";
import { specOf } from "./invoker/spec.ts";
import { sweepLogs } from "./observe/sweep.ts";
import type { FunctionRecord, Store } from "./store/types.ts";

/** Removes it. Only before the host serves anything. */
export async function sweep(store: Store, engine: Pick<Engine, "sweep">, config: Config): Promise<void> {
	const functions = await allFunctions(store);
	const triggers = Map.groupBy(await store.triggers.list(), (it) => it.functionName);
	await engine.sweep(functions.map((it) => specOf(it, mountsOf(triggers.get(it.name) ?? []), config)));
	await sweepLogs(
		join(config.data, "logs"),
		functions.map((it) => it.name),
	);
}

async function allFunctions(store: Store): Promise<FunctionRecord[]> {
	const functions: FunctionRecord[] = [];
	for (let after: string | null = null; ; ) {
		const page = await store.functions.list(1000, after);
		functions.push(...page.items);
		if (page.next === null) return functions;
		after = page.next;
	}
}
