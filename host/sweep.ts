/** What is left on disk of functions that are gone. */
import { join } from "node:path";
import { restoreLayers } from "./api/layer-content.ts";
import type { Config } from "./config.ts";
import { neededContent, sweepContent } from "./content.ts";
import type { Engine } from "./engine/types.ts";
import { mountsOf } from "./invoker/mounts.ts";
import { specOf } from "./invoker/spec.ts";
import { sweepLogs } from "./observe/sweep.ts";
import type { FunctionRecord, Page, Store } from "./store/types.ts";

/** Removes it. Only before the host serves anything. */
export async function sweep(store: Store, engine: Pick<Engine, "sweep">, config: Config): Promise<void> {
	const functions = await all((after) => store.functions.list(PAGE, after));
	const versions = await all((after) => store.versions.list(null, PAGE, after));
	const triggers = Map.groupBy(await store.triggers.list(), (it) => it.functionName);
	const mounts = (name: string) => mountsOf(triggers.get(name) ?? []);
	await engine.sweep([
		...functions.map((it) => specOf(it, mounts(it.name), config)),
		...versions.map((it) => specOf(it, mounts(it.name), config, it.version)),
	]);
	await sweepContents(store, [...functions, ...versions], config);
	await sweepLogs(
		join(config.data, "logs"),
		functions.map((it) => it.name),
	);
}

/** Uploads and layers that nothing needs, and what is missing of those that something needs. */
async function sweepContents(store: Store, records: readonly FunctionRecord[], config: Config): Promise<void> {
	const layerVersions = await all((after) => store.layerVersions.list(null, PAGE, after));
	const needed = neededContent(config, records, layerVersions);
	await sweepContent(config, needed);
	await restoreLayers(config, needed);
}

/** Records that are read at once. */
const PAGE = 1000;

async function all<T>(list: (after: string | null) => Promise<Page<T>>): Promise<T[]> {
	const found: T[] = [];
	for (let after: string | null = null; ; ) {
		const page = await list(after);
		found.push(...page.items);
		if (page.next === null) return found;
		after = page.next;
	}
}
