/** The engine of one process: pools of instances, the artifacts they run, and what they share. */
import { ArtifactStore } from "./artifact-store.ts";
import { digestOf } from "./build/build.ts";
import { buildApart, endIdleBuilders } from "./build/builder.ts";
import { FairQueue } from "./fair-queue.ts";
import { InitError, type Instance, type Shared } from "./instance.ts";
import { kindOf } from "./kinds/registry.ts";
import { InstanceMaker, isTracked, snapshotKey } from "./maker.ts";
import { MemoryBudget } from "./memory-budget.ts";
import { type Lease, Pool, WaitAborted } from "./pool.ts";
import {
	AdmissionError,
	type ArtifactInfo,
	type Engine,
	type Failure,
	type FunctionSpec,
	type Outcome,
	type Prepared,
	type Task,
} from "./types.ts";
import { letMemoriesGrow, validateLazily } from "./v8-flags.ts";
import { warmUp } from "./warm-up.ts";

export interface EngineOptions {
	/** Folder for artifacts and snapshots. */
	folder: string;
	/** An instance idle for so long ends, ms. */
	idleMs: number;
	/** Linear memory of all instances together, bytes. */
	memoryBudget: number;
	/** Compiled code and snapshots that are kept in memory, bytes. Default: a quarter of the memory budget, at least 64 MiB. */
	cacheBudget?: number;
	/** Other processes use the folder, and one of them has opened it before. */
	shared?: boolean;
	/** Whether anything is to run in it; else it only builds and sweeps. Default: true. */
	runs?: boolean;
	/** Fuel between two looks at the clock, for tests: it changes nothing in what is used. */
	slice?: number;
}

/** Opens the engine of this process. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
	letMemoriesGrow();
	validateLazily();
	const worker = new Worker(options, await ArtifactStore.open(options.folder, options.shared));
	if (options.runs !== false) await worker.warmUp();
	return worker;
}

const NO_USAGE = { durationMs: 0, initMs: null, cpuMs: 0, fuel: 0, memoryBytes: 0 };

/** An instance of this part of the budget is a large one. */
const LARGE = 16;

class Worker implements Engine {
	private readonly store: ArtifactStore;
	private readonly idleMs: number;
	private readonly shared: Shared;
	private readonly pools = new Map<string, { pool: Pool; spec: FunctionSpec }>();
	/** Pools of versions that are gone, while something of them still runs. */
	private readonly retired = new Set<Pool>();
	/** The host stops: nothing begins any more. */
	private over = false;
	private readonly maker: InstanceMaker;
	private readonly sweeper: NodeJS.Timeout;
	/** How many invocations are under way, and who waits for there being none. A count and not a set of promises: the tables
	 * that a set leaves behind as it is rehashed are old, and what they held lives on with them until a full collection. */
	private running = 0;
	private whenIdle: (() => void)[] = [];

	constructor(options: EngineOptions, store: ArtifactStore) {
		this.store = store;
		this.idleMs = options.idleMs;
		this.shared = { queue: new FairQueue(), memory: new MemoryBudget(options.memoryBudget), slice: options.slice };
		const cacheBudget = options.cacheBudget ?? Math.max(options.memoryBudget / 4, 64 * 2 ** 20);
		this.maker = new InstanceMaker(store, this.shared, cacheBudget, (bytes) => this.evictOldest(bytes));
		this.sweeper = setInterval(() => this.trim(), Math.min(Math.max(options.idleMs / 4, 50), 10_000)).unref();
	}

	/** What is done before the first callers come. */
	warmUp(): Promise<void> {
		return warmUp(this.store, this.maker, this.shared);
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
			create: (output) => this.maker.create(spec, output),
			left: this.left,
		});
		this.pools.set(spec.id, { pool, spec });
		return pool;
	}

	/** Ends what has been idle longest, unless ending all of it would make no room for so many bytes. */
	private evictOldest(bytes: number): boolean {
		if (!this.couldHold(bytes)) return false;
		let oldest: Pool | undefined;
		for (const { pool } of this.pools.values()) {
			if (pool.oldestIdle < (oldest?.oldestIdle ?? Number.POSITIVE_INFINITY)) oldest = pool;
		}
		return oldest?.evict() ?? false;
	}

	/** Would so many bytes find room, if nothing were idle? Asked of large ones alone: adding up takes as long as there are instances. */
	private couldHold(bytes: number): boolean {
		const { limit, usedBytes } = this.shared.memory;
		if (bytes < limit / LARGE) return true;
		let idle = 0;
		for (const { pool } of this.pools.values()) idle += pool.idleBytes;
		return usedBytes - idle + bytes <= limit;
	}

	async prepare(spec: FunctionSpec): Promise<Prepared> {
		try {
			const { instance, snapshot } = await this.maker.prepare(spec);
			if (instance !== null) this.keepFirst(spec, instance);
			return { snapshot };
		} catch (error) {
			if (!(error instanceof InitError)) throw error;
			throw new AdmissionError(`The function's initialisation failed: ${error.message}.`);
		}
	}

	/** The first invocation finds an instance. */
	private keepFirst(spec: FunctionSpec, instance: Instance): void {
		if (kindOf(instance.artifact.info).reusable && !this.over) this.pool(spec).adopt(instance);
		else instance.end();
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
		const needed: FunctionSpec[] = [];
		for (const [id, { pool, spec }] of this.pools) {
			pool.trim(before);
			// One that is kept ready has failed, or could not be made: again, until it can.
			pool.fill().catch(() => {});
			if (pool.empty) this.pools.delete(id);
			else needed.push(spec);
		}
		for (const pool of this.retired) if (pool.empty) this.retired.delete(pool);
		this.maker.trim(before, needed);
		this.shared.memory.stock.trim(before);
	}

	async sweep(specs: readonly FunctionSpec[]): Promise<void> {
		const digests = (of: readonly FunctionSpec[]): Set<string> => new Set(of.map((it) => it.digest));
		await this.store.sweep(digests(specs), new Set(specs.map(snapshotKey)), digests(specs.filter(isTracked)));
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

	memoryBytes(): number {
		return this.shared.memory.usedBytes;
	}

	limitMemory(bytes: number): void {
		const { memory } = this.shared;
		memory.limit = bytes;
		while (memory.usedBytes > bytes && this.evictOldest(0));
	}

	async close(graceMs: number): Promise<void> {
		endIdleBuilders();
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

/** The invocation got no instance. Throws what is no fault of the function's. */
function notServed(error: unknown): Outcome {
	if (error instanceof InitError) return { ok: false, usage: NO_USAGE, failure: error.failure };
	if (error instanceof WaitAborted) return { ok: false, usage: NO_USAGE, failure: cancelled() };
	throw error;
}

function cancelled(): Failure {
	return { kind: "cancelled", errorType: "Runtime.ExitError", errorMessage: "the caller went away", stackTrace: [] };
}
