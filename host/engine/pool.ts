/** The instances of one function version: idle ones to serve the next invocation, and the order in which callers wait. */
import type { Instance } from "./instance.ts";
import type { CancelSignal, Isolation } from "./types.ts";

type Output = (stream: 1 | 2, bytes: Uint8Array) => void;

/** What a pool asks of the engine. */
export interface PoolHost {
	/** Makes an instance. Throws InitError, EngineBusy. */
	create(output: Output): Promise<Instance>;
	maxInstances: number;
	/** What an instance keeps from one invocation to the next; `reuse` unless given. */
	isolation?: Isolation;
	/** An instance served an invocation and was given back. */
	left?(): void;
}

/** An instance to use; `initMs` is the time it took to make, or null if it was there. */
export interface Lease {
	instance: Instance;
	initMs: number | null;
}

/** The caller went away, or its time was up, while it waited for an instance. */
export class WaitAborted extends Error {
	override name = "WaitAborted";
}

/** `give` passes an instance on, or, with null, the room to make one. */
interface Waiter {
	tenant: string | undefined;
	give(instance: Instance | null): void;
	abort(): void;
}

const nobody: Output = () => {};

export class Pool {
	private readonly host: PoolHost;
	private readonly isolation: Isolation;
	/** The one used last comes first: the others grow old and end. */
	private idle: Instance[] = [];
	/** Idle ones that are yet to be put back to their snapshot (isolation `request`). */
	private used: Instance[] = [];
	/** All that live. */
	private readonly members = new Set<Instance>();
	private waiting: Waiter[] = [];
	private live = 0;
	private retired = false;
	/** So many are kept ready, however long they are idle. */
	private least = 0;

	constructor(host: PoolHost) {
		this.host = host;
		this.isolation = host.isolation ?? "reuse";
	}

	get instances(): number {
		return this.live;
	}

	get busy(): number {
		return this.live - this.idle.length - this.used.length;
	}

	/** Nothing lives in it, nobody waits, and nothing has to be ready. */
	get empty(): boolean {
		return this.live === 0 && this.waiting.length === 0 && this.least === 0;
	}

	/** When its oldest idle instance that may end was last used; infinity if it has none. */
	get oldestIdle(): number {
		if (this.live <= this.least) return Number.POSITIVE_INFINITY;
		return this.idle[0]?.idleSince ?? Number.POSITIVE_INFINITY;
	}

	/** Bytes of linear memory that would come free if all that may end did. */
	get idleBytes(): number {
		const spare = Math.max(0, this.live - this.least);
		return [...this.idle, ...this.used].slice(0, spare).reduce((sum, it) => sum + it.memoryBytes, 0);
	}

	/** An idle instance that may serve this tenant, if there is one. Release it afterwards. */
	takeIdle(tenant?: string): Instance | undefined {
		if (this.isolation === "tenant") return this.takeFor(tenant);
		return this.idle.pop() ?? (this.used.length === 0 ? undefined : this.restoreUsed());
	}

	/** One that served this tenant, or none yet. Who has no name shares with nobody, not even with the next without one. */
	private takeFor(tenant: string | undefined): Instance | undefined {
		let at = tenant === undefined ? -1 : this.idle.findLastIndex((it) => it.tenant === tenant);
		if (at < 0) at = this.idle.findLastIndex((it) => it.tenant === undefined);
		if (at < 0) return undefined;
		const [instance] = this.idle.splice(at, 1);
		instance!.tenant = tenant ?? null;
		return instance;
	}

	/** An idle instance, or a new one, or, at the limit, the next that comes free. Release it afterwards. */
	async take(signal: CancelSignal, output: Output, tenant?: string): Promise<Lease> {
		const idle = this.takeIdle(tenant) ?? (await this.room(signal, tenant));
		if (idle !== null) return { instance: idle, initMs: null };
		const started = performance.now();
		const instance = await this.make(output);
		if (this.isolation === "tenant") instance.tenant = tenant ?? null;
		return { instance, initMs: performance.now() - started };
	}

	/** A new instance, in the room that was taken for it. */
	private async make(output: Output): Promise<Instance> {
		try {
			const instance = await this.host.create(output);
			this.join(instance);
			return instance;
		} catch (error) {
			this.free();
			throw error;
		}
	}

	private join(instance: Instance): void {
		this.members.add(instance);
		instance.owner = this;
	}

	/** Room for a new instance (null), or, at the limit, the instance that is passed on. */
	private room(signal: CancelSignal, tenant: string | undefined): Promise<Instance | null> | null {
		// What is idle at the limit is another tenant's: it makes room.
		if (this.live >= this.host.maxInstances) this.drop();
		if (this.live >= this.host.maxInstances) return this.wait(signal, tenant);
		this.live++;
		return null;
	}

	private wait(signal: CancelSignal, tenant: string | undefined): Promise<Instance | null> {
		return new Promise((resolve, reject) => {
			const give = (instance: Instance | null): void => {
				signal.removeEventListener("abort", abort);
				resolve(instance);
			};
			const abort = (): void => {
				signal.removeEventListener("abort", abort);
				this.waiting = this.waiting.filter((it) => it.give !== give);
				reject(new WaitAborted());
			};
			if (signal.aborted) return abort();
			signal.addEventListener("abort", abort);
			this.waiting.push({ tenant, give, abort });
		});
	}

	/** An instance is gone: its room passes to who waits longest. */
	private free(): void {
		const next = this.waiting.shift();
		if (next === undefined) this.live--;
		else next.give(null);
	}

	/** An instance has served an invocation. */
	done(instance: Instance): void {
		this.release(instance);
		this.host.left?.();
	}

	/** Gives an instance back: it is idle again, or, if it is over, room for another. */
	release(instance: Instance): void {
		if (this.retired) instance.end();
		if (instance.over) return this.forget(instance);
		if (this.isolation === "request") this.putAside(instance);
		else this.pass(instance);
	}

	/** To who waits longest, if it may serve them. */
	private pass(instance: Instance): void {
		const next = this.waiting[0];
		if (this.isolation === "tenant" && !mayServe(instance, next)) {
			instance.end();
			return this.forget(instance);
		}
		if (next === undefined) return void this.idle.push(instance);
		this.waiting.shift();
		if (this.isolation === "tenant") instance.tenant = next.tenant ?? null;
		next.give(instance);
	}

	/** It is put back to its snapshot once the answer is on its way, or when somebody asks for it before. */
	private putAside(instance: Instance): void {
		if (!instance.resetsAtOnce) return void this.restoreInTurns(instance);
		this.used.push(instance);
		if (this.used.length === 1) setImmediate(this.restoreOne);
	}

	/** One that takes longer is busy until it is done. */
	private async restoreInTurns(instance: Instance): Promise<void> {
		await new Promise(setImmediate);
		await instance.resetInTurns();
		if (this.retired) instance.end();
		if (instance.over) this.forget(instance);
		else this.pass(instance);
	}

	/** One a turn of the event loop: a large one takes a millisecond. */
	private readonly restoreOne = (): void => {
		const instance = this.restoreUsed();
		if (instance !== undefined) this.pass(instance);
		if (this.used.length > 0) setImmediate(this.restoreOne);
	};

	/** The next one that can be put back to its snapshot; those that cannot are gone. */
	private restoreUsed(): Instance | undefined {
		for (let next = this.used.pop(); next !== undefined; next = this.used.pop()) {
			if (next.reset()) return next;
			this.forget(next);
		}
		return undefined;
	}

	private forget(instance: Instance): void {
		this.members.delete(instance);
		this.free();
	}

	/** Adds an instance that was made elsewhere. */
	adopt(instance: Instance): void {
		this.live++;
		instance.idleSince = performance.now();
		this.join(instance);
		if (this.retired) this.release(instance);
		else this.pass(instance);
	}

	/** From now on at least so many are kept, whatever the limits of idle time and memory; resolves when they are there. Throws as `create`. */
	async keep(least: number): Promise<void> {
		this.least = Math.min(least, this.host.maxInstances);
		await this.fill();
	}

	/** Makes what is missing of those that are kept ready. Throws as `create`. */
	async fill(): Promise<void> {
		while (this.live < this.least && !this.retired) {
			this.live++;
			const instance = await this.make(nobody);
			instance.idleSince = performance.now();
			if (this.retired) this.release(instance);
			else this.pass(instance);
		}
	}

	/** Ends idle instances that served nothing since `before`. */
	trim(before: number): void {
		while (this.oldestIdle <= before && this.evict()) {}
	}

	/** Ends the instance that has been idle longest, unless it is to be kept ready. False if there is none. */
	evict(): boolean {
		return this.live > this.least && this.drop();
	}

	private drop(): boolean {
		const oldest = this.idle.shift() ?? this.used.shift();
		if (oldest === undefined) return false;
		oldest.end();
		this.forget(oldest);
		return true;
	}

	/** Nobody gets an instance any more: those who wait are sent away, and what runs is ended. */
	close(): void {
		for (const { abort } of [...this.waiting]) abort();
		for (const instance of [...this.members]) instance.cancel();
	}

	/** The version is gone: idle instances end now, the others when they are given back. */
	retire(): void {
		this.retired = true;
		this.least = 0;
		while (this.evict()) {}
	}
}

/** An instance that served a tenant goes on to nobody else; what waits for nobody may wait for its tenant. */
function mayServe(instance: Instance, next: Waiter | undefined): boolean {
	if (instance.tenant === null) return false;
	return next === undefined || instance.tenant === undefined || instance.tenant === next.tenant;
}
