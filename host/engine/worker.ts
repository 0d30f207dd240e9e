/** The engine of one process: pools of instances, the artifacts they run, and what they share. */
import { createHash } from "node:crypto";
import type { CompiledArtifact } from "./artifact.ts";
import { ENGINE_VERSION } from "./artifact.ts";
import { ArtifactStore } from "./artifact-store.ts";
import { digestOf } from "./build/build.ts";
import { buildApart } from "./build/builder.ts";
import { letMemoriesGrow } from "./collection.ts";
import { FairQueue } from "./fair-queue.ts";
import { InitError, Instance, type Shared } from "./instance.ts";
import { kindOf } from "./kinds/registry.ts";
import { MemoryBudget } from "./memory-budget.ts";
import { type Lease, Pool, WaitAborted } from "./pool.ts";
import { canSnapshot, capture, type Snapshot } from "./snapshot.ts";
import {
	AdmissionError,
	type ArtifactInfo,
	type Engine,
	EngineBusy,
	type Failure,
	type FunctionSpec,
	type Outcome,
	type Prepared,
	type Task,
} from "./types.ts";
import { WholeImage } from "./whole-image.ts";

export interface EngineOptions {
	/** Folder for artifacts and snapshots. */
	folder: string;
	/** An instance idle for so long ends, ms. */
	idleMs: number;
	/** Linear memory of all instances together, bytes. */
	memoryBudget: number;
	/** Other processes use the folder, and one of them has opened it before. */
	shared?: boolean;
}

/** Opens the engine of this process. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
	letMemoriesGrow();
	return new Worker(options, await ArtifactStore.open(options.folder, options.shared));
}

const NO_USAGE = { durationMs: 0, initMs: null, cpuMs: 0, fuel: 0, memoryBytes: 0 };

class Worker implements Engine {
	private readonly store: ArtifactStore;
	private readonly idleMs: number;
	private readonly shared: Shared;
	private readonly pools = new Map<string, { pool: Pool; spec: FunctionSpec }>();
	/** Pools of versions that are gone, while something of them still runs. */
	private readonly retired = new Set<Pool>();
	/** The host stops: nothing begins any more. */
	private over = false;
	private readonly artifacts = new Map<string, Promise<CompiledArtifact>>();
	private readonly snapshots = new Map<string, Promise<Snapshot | null>>();
	private readonly images = new Map<string, WholeImage>();
	private readonly sweeper: NodeJS.Timeout;
	/** How many invocations are under way, and who waits for there being none. A count and not a set of promises: the tables
	 * that a set leaves behind as it is rehashed are old, and what they held lives on with them until a full collection. */
	private running = 0;
	private whenIdle: (() => void)[] = [];

	constructor(options: EngineOptions, store: ArtifactStore) {
		this.store = store;
		this.idleMs = options.idleMs;
		this.shared = { queue: new FairQueue(), memory: new MemoryBudget(options.memoryBudget) };
		this.sweeper = setInterval(() => this.trim(), Math.min(Math.max(options.idleMs / 4, 50), 10_000)).unref();
	}

	async build(code: Uint8Array): Promise<ArtifactInfo> {
		const found = await this.store.find(digestOf(code));
		if (found !== null) return found.info;
		const built = await buildApart(code);
		await this.store.save(code, built);
		return built.artifact.info;
	}

	/** Instances of the version; made when the first is needed. */
	private pool(spec: FunctionSpec): Pool {
		const found = this.pools.get(spec.id);
		if (found !== undefined) return found.pool;
		const pool = new Pool({
			maxInstances: spec.maxInstances,
			isolation: spec.isolation,
			create: (output) => this.create(spec, output),
			left: this.left,
		});
		this.pools.set(spec.id, { pool, spec });
		return pool;
	}

	private artifact(digest: string): Promise<CompiledArtifact> {
		return cached(this.artifacts, digest, () => this.store.load(digest));
	}

	/** The snapshot of a version; null if its instances initialise one by one. */
	private async snapshot(spec: FunctionSpec): Promise<Snapshot | null> {
		if (spec.init === "each") return null;
		const key = snapshotKey(spec);
		return cached(this.snapshots, key, () => this.store.loadSnapshot(key));
	}

	private async create(spec: FunctionSpec, output: (stream: 1 | 2, bytes: Uint8Array) => void): Promise<Instance> {
		const artifact = await this.artifact(spec.digest);
		const snapshot = await this.snapshot(spec);
		if (snapshot !== null) {
			const image = spec.isolation === "request" ? (it: Instance) => this.image(spec, it) : undefined;
			return this.withRoom(() => Instance.restore(artifact, spec, this.shared, snapshot, image));
		}
		const instance = await this.withRoom(() => Instance.initialise(artifact, spec, this.shared, output));
		// Its configuration changed since it was published (a bucket was added), or its snapshot was lost.
		// Without one it is only slower: no room for it, in memory or on the disk, is no reason to fail.
		await this.keepSnapshot(artifact, spec, instance).catch(() => {});
		return instance;
	}

	/** What the version's instances are put back to after an invocation: all that the first of them had. */
	private image(spec: FunctionSpec, instance: Instance): WholeImage {
		const key = snapshotKey(spec);
		const found = this.images.get(key) ?? WholeImage.take(instance.artifact, instance.cores);
		this.images.set(key, found);
		return found;
	}

	/** Makes room by ending what has been idle longest, as long as there is something idle. */
	private async withRoom<T>(make: () => Promise<T>): Promise<T> {
		for (;;) {
			try {
				return await make();
			} catch (error) {
				if (!(error instanceof EngineBusy) || !this.evictOldest()) throw error;
			}
		}
	}

	private evictOldest(): boolean {
		let oldest: Pool | undefined;
		for (const { pool } of this.pools.values()) {
			if (pool.oldestIdle < (oldest?.oldestIdle ?? Number.POSITIVE_INFINITY)) oldest = pool;
		}
		return oldest?.evict() ?? false;
	}

	async prepare(spec: FunctionSpec): Promise<Prepared> {
		const artifact = await this.artifact(spec.digest);
		try {
			const instance = await this.withRoom(() => Instance.initialise(artifact, spec, this.shared));
			const snapshot = await this.keepSnapshot(artifact, spec, instance).catch((error: unknown) => {
				instance.end();
				throw error;
			});
			this.keepFirst(spec, instance);
			return { snapshot };
		} catch (error) {
			if (!(error instanceof InitError)) throw error;
			throw new AdmissionError(`The function's initialisation failed: ${error.message}.`);
		}
	}

	/** The first invocation finds an instance: this one, where nothing stands against it. */
	private keepFirst(spec: FunctionSpec, instance: Instance): void {
		const usable = kindOf(instance.artifact.info.kind).reusable && spec.isolation !== "request" && !this.over;
		if (usable) this.pool(spec).adopt(instance);
		else instance.end();
	}

	/** Takes and keeps the snapshot of an instance that has just been initialised. False if it cannot pass through one, or must not. */
	private async keepSnapshot(artifact: CompiledArtifact, spec: FunctionSpec, instance: Instance): Promise<boolean> {
		const handles = instance.handleImage();
		if (spec.init === "each" || handles === null || !canSnapshot(artifact)) return false;
		const fresh = await this.blank(artifact, spec);
		if (fresh === null) return false;
		let snapshot: Snapshot | null;
		try {
			snapshot = capture(artifact, instance.cores, fresh.cores, handles);
		} finally {
			fresh.end();
		}
		if (snapshot === null) return false;
		const key = snapshotKey(spec);
		await this.store.saveSnapshot(key, snapshot);
		this.snapshots.set(key, Promise.resolve(snapshot));
		return true;
	}

	/** Some modules cannot be instantiated unless the start functions before them have run: those have no snapshot. */
	private async blank(artifact: CompiledArtifact, spec: FunctionSpec): Promise<Instance | null> {
		try {
			return await this.withRoom(() => Instance.blank(artifact, spec, this.shared));
		} catch (error) {
			if (error instanceof InitError) return null;
			throw error;
		}
	}

	invoke(task: Task): Promise<Outcome> {
		this.running++;
		const pool = this.pool(task.spec);
		const instance = this.over ? undefined : pool.takeIdle(task.tenantId);
		return instance === undefined ? this.wait(task, pool) : instance.invoke(task, null);
	}

	/** Serves an invocation for which there is no instance yet. */
	private async wait(task: Task, pool: Pool): Promise<Outcome> {
		let lease: Lease;
		try {
			lease = await this.lease(task, pool);
		} catch (error) {
			this.left();
			return notServed(error);
		}
		return lease.instance.invoke(task, lease.initMs);
	}

	private async lease(task: Task, pool: Pool): Promise<Lease> {
		if (this.over) throw new WaitAborted();
		const lease = await pool.take(task.signal, (stream, bytes) => task.output(stream, bytes), task.tenantId);
		if (!this.over) return lease;
		// The host has stopped while the instance was made.
		lease.instance.end();
		pool.release(lease.instance);
		throw new WaitAborted();
	}

	/** An invocation is over. */
	private readonly left = (): void => {
		if (--this.running === 0) for (const wake of this.whenIdle.splice(0)) wake();
	};

	private idle(): Promise<void> {
		return this.running === 0 ? Promise.resolve() : new Promise((resolve) => this.whenIdle.push(resolve));
	}

	retire(specId: string): void {
		const pool = this.pools.get(specId)?.pool;
		if (pool === undefined) return;
		this.pools.delete(specId);
		pool.retire();
		if (!pool.empty) this.retired.add(pool);
	}

	async warm(spec: FunctionSpec, instances: number): Promise<void> {
		if (!this.over) await this.pool(spec).keep(instances);
	}

	private get allPools(): Pool[] {
		return [...Array.from(this.pools.values(), ({ pool }) => pool), ...this.retired];
	}

	/** Ends what is idle for too long, and forgets what nothing runs any more. */
	private trim(): void {
		const before = performance.now() - this.idleMs;
		const digests = new Set<string>();
		const keys = new Set<string>();
		for (const [id, { pool, spec }] of this.pools) {
			pool.trim(before);
			// One that is kept ready has failed, or could not be made: again, until it can.
			pool.fill().catch(() => {});
			if (pool.empty) this.pools.delete(id);
			else digests.add(spec.digest) && keys.add(snapshotKey(spec));
		}
		for (const pool of this.retired) if (pool.empty) this.retired.delete(pool);
		for (const digest of this.artifacts.keys()) if (!digests.has(digest)) this.artifacts.delete(digest);
		for (const key of this.snapshots.keys()) if (!keys.has(key)) this.snapshots.delete(key);
		for (const key of this.images.keys()) if (!keys.has(key)) this.images.delete(key);
	}

	async sweep(specs: readonly FunctionSpec[]): Promise<void> {
		await this.store.sweep(new Set(specs.map((it) => it.digest)), new Set(specs.map(snapshotKey)));
	}

	stats(): { instances: number; busy: number; memoryBytes: number } {
		let instances = 0;
		let busy = 0;
		for (const pool of this.allPools) {
			instances += pool.instances;
			busy += pool.busy;
		}
		return { instances, busy, memoryBytes: this.shared.memory.usedBytes };
	}

	runnable(): number {
		return this.shared.queue.length;
	}

	async close(graceMs: number): Promise<void> {
		clearInterval(this.sweeper);
		const timer = setTimeout(() => this.cancelAll(), graceMs);
		await this.idle();
		clearTimeout(timer);
		this.over = true;
		for (const pool of this.allPools) pool.retire();
		this.pools.clear();
	}

	/** The grace time is over: ends what runs, and what waits for an instance. */
	private cancelAll(): void {
		this.over = true;
		for (const pool of this.allPools) pool.close();
	}
}

const keys = new WeakMap<FunctionSpec, string>();

/** All that initialisation could observe; whoever has the same may start from the same snapshot. */
export function snapshotKey(spec: FunctionSpec): string {
	let key = keys.get(spec);
	if (key === undefined) {
		key = newSnapshotKey(spec);
		keys.set(spec, key);
	}
	return key;
}

function newSnapshotKey(spec: FunctionSpec): string {
	const env = Object.entries(spec.env).sort(([a], [b]) => (a < b ? -1 : 1));
	const parts = [ENGINE_VERSION, spec.digest, env, spec.mounts, spec.memoryBytes, spec.egress ?? []];
	return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** Loads once; a failure is not kept. */
function cached<T>(map: Map<string, Promise<T>>, key: string, load: () => Promise<T>): Promise<T> {
	const found = map.get(key);
	if (found !== undefined) return found;
	const loading = load();
	map.set(key, loading);
	loading.catch(() => map.delete(key));
	return loading;
}

/** The invocation got no instance. Throws what is no fault of the function's. */
function notServed(error: unknown): Outcome {
	if (error instanceof InitError) return { ok: false, usage: NO_USAGE, failure: error.failure };
	if (error instanceof WaitAborted) return { ok: false, usage: NO_USAGE, failure: cancelled() };
	throw error;
}

function cancelled(): Failure {
	return { kind: "cancelled", errorType: "Runtime.ExitError", errorMessage: "the caller went away", stackTrace: [] };
}
