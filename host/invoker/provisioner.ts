/** Provisioned concurrency: instances of versions and aliases that are kept ready, and how far that has come. */
import type { Config } from "../config.ts";
import type { FunctionSpec } from "../engine/types.ts";
import type { ProvisionedRecord, Store } from "../store/types.ts";
import { mountsOf } from "./mounts.ts";
import { versionOf } from "./qualifiers.ts";
import { specOf } from "./spec.ts";

export interface ProvisionerDeps {
	config: Config;
	store: Pick<Store, "functions" | "versions" | "aliases" | "triggers" | "provisioned">;
	/** Keeps so many instances ready where the function's first callers will look for them; resolves when they are there. */
	warm(functionName: string, spec: FunctionSpec, instances: number): Promise<void>;
	warn(message: string, cause?: unknown): void;
}

export interface Progress {
	status: "IN_PROGRESS" | "READY" | "FAILED";
	/** Why it failed. */
	reason?: string;
}

interface Kept extends Progress {
	spec: FunctionSpec;
	requested: number;
}

const PAGE = 1000;
const NEW: Progress = { status: "IN_PROGRESS" };

export class Provisioner {
	readonly #deps: ProvisionerDeps;
	/** By function and qualifier. */
	readonly #kept = new Map<string, Map<string, Kept>>();
	/** One look at a function's records at a time. */
	readonly #turns = new Map<string, Promise<void>>();

	constructor(deps: ProvisionerDeps) {
		this.#deps = deps;
	}

	/** Begins to make what earlier hosts were asked for; does not wait for it. */
	async start(): Promise<void> {
		for (let after: string | null = null; ; ) {
			const page = await this.#deps.store.provisioned.list(null, PAGE, after);
			for (const { functionName } of page.items) void this.changed(functionName);
			after = page.next;
			if (after === null) return;
		}
	}

	/** The function, a version, an alias or what is to be kept of it may have changed. Resolves when all that follows has begun. */
	changed(functionName: string): Promise<void> {
		const done = (this.#turns.get(functionName) ?? Promise.resolve())
			.then(() => this.#look(functionName))
			.catch((error: unknown) =>
				this.#deps.warn(`What is to be kept ready of ${functionName} could not be read`, error),
			);
		this.#turns.set(functionName, done);
		void done.then(() => {
			if (this.#turns.get(functionName) === done) this.#turns.delete(functionName);
		});
		return done;
	}

	/** Where instances lived is gone: they are made anew. */
	lost(): void {
		for (const [functionName, kept] of this.#kept)
			for (const it of kept.values()) void this.#warm(functionName, Object.assign(it, NEW));
	}

	progressOf({ functionName, qualifier }: ProvisionedRecord): Progress {
		return this.#kept.get(functionName)?.get(qualifier) ?? NEW;
	}

	async #look(functionName: string): Promise<void> {
		const { items } = await this.#deps.store.provisioned.list(functionName, PAGE);
		const before = this.#kept.get(functionName);
		if (items.length === 0 && before === undefined) return;
		const now = new Map<string, Kept>();
		for (const record of items) {
			const spec = await this.#specOf(record);
			if (spec === null) continue;
			const known = before?.get(record.qualifier);
			const same = known?.spec.id === spec.id && known.requested === record.requested;
			now.set(record.qualifier, same ? known : { spec, requested: record.requested, ...NEW });
		}
		this.#kept.set(functionName, now);
		if (now.size === 0) this.#kept.delete(functionName);
		const needed = new Set(Array.from(now.values(), ({ spec }) => spec.id));
		for (const it of before?.values() ?? []) if (!needed.has(it.spec.id)) void this.#end(functionName, it);
		for (const [qualifier, it] of now) if (before?.get(qualifier) !== it) void this.#warm(functionName, it);
	}

	async #specOf({ functionName, qualifier }: ProvisionedRecord): Promise<FunctionSpec | null> {
		const { store, config } = this.#deps;
		const found = await versionOf(store, functionName, qualifier);
		if (found === null) return null;
		return specOf(found.record, mountsOf(await store.triggers.list(functionName)), config, found.version);
	}

	async #warm(functionName: string, it: Kept): Promise<void> {
		try {
			delete it.reason;
			await this.#deps.warm(functionName, it.spec, it.requested);
			it.status = "READY";
		} catch (error) {
			it.status = "FAILED";
			it.reason = `FUNCTION_ERROR_INIT_FAILURE: ${error instanceof Error ? error.message : String(error)}`;
		}
	}

	async #end(functionName: string, { spec }: Kept): Promise<void> {
		await this.#deps.warm(functionName, spec, 0).catch((error: unknown) => {
			this.#deps.warn(`Instances of ${functionName} could not be let go`, error);
		});
	}
}
