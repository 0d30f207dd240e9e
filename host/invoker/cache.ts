/** Functions ready to be invoked, kept in memory until they change. */
import { randomBytes } from "node:crypto";
import type { Config } from "../config.ts";
import type { Engine, FunctionSpec } from "../engine/types.ts";
import type { AliasRecord, FunctionRecord, Lookups } from "../store/types.ts";
import { tagOf } from "./lineage.ts";
import { mountsOf } from "./mounts.ts";
import type { PermitBooks, Permits } from "./permits.ts";
import { chooseVersion, LATEST, lookUp } from "./qualifiers.ts";
import { specOf } from "./spec.ts";

/** A version of a function, `$LATEST` too. */
export interface ReadyFunction {
	record: FunctionRecord;
	/** `$LATEST` or a number. */
	version: string;
	spec: FunctionSpec;
	/** `2026/11/22/[$LATEST]` and 32 hex digits. One as long as the function does not change: instances share it. */
	logStream: string;
	/** What it takes to run, if the function has its own (reserved concurrency); else those that all share. */
	permits: Permits | undefined;
	/** What stands for the function in the lineage of a chain of invocations. */
	tag: string;
	/** A loop of invocations goes on. */
	loopAllowed: boolean;
}

export interface FunctionCache {
	/** What a qualifier means now; null is `$LATEST`, and an alias means one version or another. Null if it is none. Rejects if the store does. */
	get(name: string, qualifier?: string | null): Promise<ReadyFunction | null>;
	/** The same at once, if it is known. */
	peek(name: string, qualifier?: string | null): ReadyFunction | undefined;
	/** From its return on, `get` gives nothing of this function that was read before. */
	drop(name: string): void;
}

/** What is kept at most; what was not used for long goes first. A record is a few KB. */
const CAPACITY = 10_000;

interface Entry {
	/** Whose it is. */
	name: string;
	ready: Promise<Found>;
	/** Known once `ready` resolved. */
	value: Found;
	/** Used since eviction last passed by. */
	used: boolean;
	/** Dropped: what it holds, or is still reading, may be older than a change. */
	stale: boolean;
}

type Found = ReadyFunction | AliasRecord | null;

type CacheDeps = {
	config: Config;
	store: Pick<Lookups, "functions" | "triggers" | "versions" | "aliases" | "settings">;
	engine: Pick<Engine, "retire">;
	books?: PermitBooks;
};

export function createFunctionCache(deps: CacheDeps, capacity = CAPACITY): FunctionCache {
	/** By name, or by name and qualifier. */
	const entries = new Map<string, Entry>();
	/** Keys of the entries with a qualifier, by function: most have none. */
	const qualified = new Map<string, Set<string>>();

	function entryOf(name: string, qualifier: string | null): Entry {
		const key = keyOf(name, qualifier);
		const known = entries.get(key);
		if (known !== undefined) {
			known.used = true;
			return known;
		}
		const entry: Entry = { name, ready: load(deps, name, qualifier), value: null, used: false, stale: false };
		entries.set(key, entry);
		if (qualifier !== null) qualified.set(name, (qualified.get(name) ?? new Set()).add(key));
		if (entries.size > capacity) evict();
		return entry;
	}

	/** Second chance: what was used since it was last looked at goes to the end instead. A Map keeps its order of insertion. */
	function evict(): void {
		for (const [key, entry] of entries) {
			if (!entry.used) return end(key, entry);
			entry.used = false;
			entries.delete(key);
			entries.set(key, entry);
		}
	}

	function peek(name: string, qualifier: string | null = null): ReadyFunction | undefined {
		const entry = entries.get(keyOf(name, qualifier));
		if (entry?.value == null) return undefined;
		entry.used = true;
		return isAlias(entry.value) ? peek(name, latestIsNull(chooseVersion(entry.value))) : entry.value;
	}

	function end(key: string, entry: Entry): void {
		entry.stale = true;
		forget(key, entry);
		if (entry.value && !isAlias(entry.value)) deps.engine.retire(entry.value.spec.id);
	}

	function drop(name: string): void {
		for (const key of [name, ...(qualified.get(name) ?? [])]) {
			const entry = entries.get(key);
			if (!entry) continue;
			entry.stale = true;
			forget(key, entry);
			if (entry.value && !isAlias(entry.value)) void retireUnlessSame(entry.value);
		}
	}

	/** A version does not change when `$LATEST` does, nor `$LATEST` with its tags: their instances stay. */
	async function retireUnlessSame({ record, version, spec }: ReadyFunction): Promise<void> {
		const now = await load(deps, record.name, latestIsNull(version)).catch(() => null);
		if (now === null || isAlias(now) || now.spec.id !== spec.id) deps.engine.retire(spec.id);
	}

	async function find(name: string, qualifier: string | null): Promise<Found> {
		const key = keyOf(name, qualifier);
		// What went stale while it was read is read again, so that nobody uses a spec after `drop`, which the engine would
		// then never be told to retire.
		for (;;) {
			const entry = entryOf(name, qualifier);
			try {
				const ready = await entry.ready;
				if (entry.stale) continue;
				entry.value = ready;
				// What is not there is not kept: names that callers make up would push functions out.
				if (!ready) forget(key, entry);
				return ready;
			} catch (error) {
				forget(key, entry);
				throw error;
			}
		}
	}

	function forget(key: string, entry: Entry): void {
		if (entries.get(key) !== entry) return;
		entries.delete(key);
		const keys = qualified.get(entry.name);
		if (keys?.delete(key) && keys.size === 0) qualified.delete(entry.name);
	}

	async function get(name: string, qualifier: string | null = null): Promise<ReadyFunction | null> {
		const found = await find(name, latestIsNull(qualifier));
		if (found === null || !isAlias(found)) return found;
		// An alias means a version, never another alias.
		return get(name, chooseVersion(found));
	}

	return { get, peek: (name, qualifier) => peek(name, latestIsNull(qualifier)), drop };
}

function keyOf(name: string, qualifier: string | null): string {
	return qualifier === null ? name : `${name}:${qualifier}`;
}

function latestIsNull(qualifier: string | null | undefined): string | null {
	return qualifier === LATEST ? null : (qualifier ?? null);
}

function isAlias(found: ReadyFunction | AliasRecord): found is AliasRecord {
	return "weights" in found;
}

async function load({ store, config, books }: CacheDeps, name: string, qualifier: string | null): Promise<Found> {
	const [found, triggers, settings] = await Promise.all([
		lookUp(store, name, qualifier),
		store.triggers.list(name),
		store.settings.get(name, ""),
	]);
	if (found === null || "weights" in found) return found;
	const version = qualifier ?? LATEST;
	const spec = specOf(found, mountsOf(triggers), config, version);
	const reserved = settings?.reservedConcurrency;
	const permits = reserved === undefined ? undefined : books?.of(name, reserved);
	const loopAllowed = settings?.recursiveLoop === "Allow";
	return { record: found, version, spec, logStream: newLogStream(version), permits, tag: tagOf(name), loopAllowed };
}

function newLogStream(version: string): string {
	const day = new Date().toISOString().slice(0, 10).replaceAll("-", "/");
	return `${day}/[${version}]${randomBytes(16).toString("hex")}`;
}
