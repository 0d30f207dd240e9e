/** What the page's API gives, out of what store, engine and observer know. */
import { ServiceError } from "../errors.ts";
import { addressesOf } from "../gateway/addresses.ts";
import type { FunctionRecord, FunctionUrlRecord } from "../store/types.ts";
import type { ConsoleDeps, FunctionLine, FunctionView, StatusView, UrlView } from "./types.ts";

/** Records a query of the store. */
const PAGE = 100;
/** Invocations a line of the list. */
const RECENT = 24;

/** All functions, by name. */
export async function functionLines(deps: ConsoleDeps): Promise<FunctionLine[]> {
	const records: FunctionRecord[] = [];
	let after: string | null = null;
	do {
		const page = await deps.store.functions.list(PAGE, after);
		records.push(...page.items);
		after = page.next;
	} while (after !== null);
	return Promise.all(records.map((record) => functionLine(deps, record)));
}

async function functionLine(deps: ConsoleDeps, record: FunctionRecord): Promise<FunctionLine> {
	const { name, artifact, memoryMb, timeoutSeconds } = record;
	const url = await deps.store.urls.byFunction(name, null);
	const { invocations, errors, recent } = await deps.observer.stats(name);
	return {
		name,
		kind: artifact.kind,
		world: artifact.world,
		size: artifact.size,
		memoryMb,
		timeoutSeconds,
		url: url && (await urlView(deps, url)),
		invocations,
		errors,
		recent: recent
			.slice(0, RECENT)
			.map(({ requestId, endedAt, usage, failure }) => ({ requestId, endedAt, usage, failure })),
	};
}

/** One function. Throws ServiceError if there is none. */
export async function functionView(deps: ConsoleDeps, name: string): Promise<FunctionView> {
	const { environment, ...record } = await existing(deps, name);
	const urls = await deps.store.urls.list(name);
	const versions = await deps.store.versions.list(name, SHOWN, beforeLast(name, record.lastVersion ?? 0));
	const aliases = await deps.store.aliases.list(name, SHOWN);
	return {
		function: { ...record, environmentNames: Object.keys(environment).sort() },
		memoryAvailableMb: Math.min(record.memoryMb, WASM32_MB, Math.floor(deps.config.memoryBudget / 2 ** 20)),
		versions: versions.items.map((it) => it.version).reverse(),
		aliases: aliases.items.map(({ name, version, weights }) => ({ name, version, weights })),
		urls: await Promise.all(urls.map((url) => urlView(deps, url))),
		stats: await deps.observer.stats(name),
		triggers: await deps.triggers.list(name),
	};
}

/** Versions and aliases that are shown at most. */
const SHOWN = 100;
/** What a memory with 32-bit addresses can have. */
const WASM32_MB = 4096;

/** The place in the list of versions after which the last ones come: numbers are never used again, so there are no more than that. */
function beforeLast(name: string, last: number): string | null {
	return last <= SHOWN ? null : `${name}\n${last - SHOWN}`;
}

/** The function's record. Throws ServiceError if there is none. */
export async function existing(
	deps: { store: Pick<ConsoleDeps["store"], "functions"> },
	name: string,
): Promise<FunctionRecord> {
	const record = await deps.store.functions.get(name);
	if (!record) throw new ServiceError("ResourceNotFoundException", `There is no function ${JSON.stringify(name)}`);
	return record;
}

async function urlView(deps: ConsoleDeps, url: FunctionUrlRecord): Promise<UrlView> {
	const { id, qualifier, authType, invokeMode } = url;
	const addresses = addressesOf(url, deps.config);
	const shared = addresses.byName !== null && (await deps.store.functions.sameLabel(url.functionName)).length > 1;
	return { id, qualifier, authType, invokeMode, addresses: shared ? { ...addresses, byName: null } : addresses };
}

/** What the host is and has. `startedAt` is in ms since the epoch. */
export async function statusView(deps: ConsoleDeps, startedAt: number): Promise<StatusView> {
	return {
		version: deps.version,
		node: process.version,
		uptimeSeconds: Math.floor((Date.now() - startedAt) / 1000),
		region: deps.config.region,
		account: deps.config.account,
		...(await deps.store.functions.count()),
		engine: await deps.engine.stats(),
		workers: (await deps.workers?.()) ?? [],
	};
}
