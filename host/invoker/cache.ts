/** Functions ready to be invoked, kept in memory until they change. */
import { randomBytes } from "node:crypto";
import type { Config } from "../config.ts";
import type { Engine, FunctionSpec } from "../engine/types.ts";
import type { FunctionRecord, Lookups } from "../store/types.ts";
import { mountsOf } from "./mounts.ts";
import { specOf } from "./spec.ts";

export interface ReadyFunction {
	record: FunctionRecord;
	spec: FunctionSpec;
	/** `2026/11/22/[$LATEST]` and 32 hex digits. One as long as the function does not change: instances share it. */
	logStream: string;
}

export interface FunctionCache {
	/** Null if there is no such function. Rejects if the store does. */
	get(name: string): Promise<ReadyFunction | null>;
	/** The same at once, if it is known. */
	peek(name: string): ReadyFunction | undefined;
	/** From its return on, `get` gives nothing that was read before. */
	drop(name: string): void;
}

/** Functions kept at most; one that was not used for long goes first. A record is a few KB. */
const CAPACITY = 10_000;

interface Entry {
	ready: Promise<ReadyFunction | null>;
	/** Known once `ready` resolved. */
	value: ReadyFunction | null;
	/** Used since eviction last passed by. */
	used: boolean;
	/** Dropped: what it holds, or is still reading, may be older than a change. */
	stale: boolean;
}

export function createFunctionCache(
	deps: { config: Config; store: Pick<Lookups, "functions" | "triggers">; engine: Pick<Engine, "retire"> },
	capacity = CAPACITY,
): FunctionCache {
	const entries = new Map<string, Entry>();

	async function load(name: string): Promise<ReadyFunction | null> {
		const [record, triggers] = await Promise.all([deps.store.functions.get(name), deps.store.triggers.list(name)]);
		if (!record) return null;
		return { record, spec: specOf(record, mountsOf(triggers), deps.config), logStream: newLogStream() };
	}

	function entryOf(name: string): Entry {
		const known = entries.get(name);
		if (known !== undefined) {
			known.used = true;
			return known;
		}
		const entry: Entry = { ready: load(name), value: null, used: false, stale: false };
		entries.set(name, entry);
		if (entries.size > capacity) evict();
		return entry;
	}

	/** Second chance: what was used since it was last looked at goes to the end instead. A Map keeps its order of insertion. */
	function evict(): void {
		for (const [name, entry] of entries) {
			if (!entry.used) return drop(name);
			entry.used = false;
			entries.delete(name);
			entries.set(name, entry);
		}
	}

	function peek(name: string): ReadyFunction | undefined {
		const entry = entries.get(name);
		if (entry?.value == null) return undefined;
		entry.used = true;
		return entry.value;
	}

	function drop(name: string): void {
		const entry = entries.get(name);
		if (!entry) return;
		entry.stale = true;
		entries.delete(name);
		if (entry.value) deps.engine.retire(entry.value.spec.id);
	}

	async function get(name: string): Promise<ReadyFunction | null> {
		// What went stale while it was read is read again, so that nobody uses a spec after `drop`, which the engine would
		// then never be told to retire.
		for (;;) {
			const entry = entryOf(name);
			try {
				const ready = await entry.ready;
				if (entry.stale) continue;
				entry.value = ready;
				// What is not there is not kept: names that callers make up would push functions out.
				if (!ready) forget(name, entry);
				return ready;
			} catch (error) {
				forget(name, entry);
				throw error;
			}
		}
	}

	function forget(name: string, entry: Entry): void {
		if (entries.get(name) === entry) entries.delete(name);
	}

	return { get, peek, drop };
}

function newLogStream(): string {
	const day = new Date().toISOString().slice(0, 10).replaceAll("-", "/");
	return `${day}/[$LATEST]${randomBytes(16).toString("hex")}`;
}
