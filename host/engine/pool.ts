/** The instances of one function version: idle ones to serve the next invocation, and the order in which callers wait. */
import type { Instance } from "./instance.ts";
import type { CancelSignal } from "./types.ts";

/** What a pool asks of the engine. */
export interface PoolHost {
	/** Makes an instance. Throws InitError, EngineBusy. */
	create(output: (stream: 1 | 2, bytes: Uint8Array) => void): Promise<Instance>;
	maxInstances: number;
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
	give(instance: Instance | null): void;
	abort(): void;
}

export class Pool {
	private readonly host: PoolHost;
	/** The one used last comes first: the others grow old and end. */
	private idle: Instance[] = [];
	/** All that live. */
	private readonly members = new Set<Instance>();
	private waiting: Waiter[] = [];
	private live = 0;
	private retired = false;

	constructor(host: PoolHost) {
		this.host = host;
	}

	get instances(): number {
		return this.live;
	}

	get busy(): number {
		return this.live - this.idle.length;
	}

	/** Nothing lives in it and nobody waits. */
	get empty(): boolean {
		return this.live === 0 && this.waiting.length === 0;
	}

	/** When its oldest idle instance was last used; infinity if it has none. */
	get oldestIdle(): number {
		return this.idle[0]?.idleSince ?? Number.POSITIVE_INFINITY;
	}

	/** An idle instance, if there is one. Release it afterwards. */
	takeIdle(): Instance | undefined {
		return this.idle.pop();
	}

	/** An idle instance, or a new one, or, at the limit, the next that comes free. Release it afterwards. */
	async take(signal: CancelSignal, output: (stream: 1 | 2, bytes: Uint8Array) => void): Promise<Lease> {
		const idle = this.idle.pop() ?? (await this.room(signal));
		if (idle !== null) return { instance: idle, initMs: null };
		const started = performance.now();
		try {
			const instance = await this.host.create(output);
			this.join(instance);
			return { instance, initMs: performance.now() - started };
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
	private room(signal: CancelSignal): Promise<Instance | null> | null {
		if (this.live >= this.host.maxInstances) return this.wait(signal);
		this.live++;
		return null;
	}

	private wait(signal: CancelSignal): Promise<Instance | null> {
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
			this.waiting.push({ give, abort });
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
		const next = this.waiting.shift();
		if (next === undefined) this.idle.push(instance);
		else next.give(instance);
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
		this.release(instance);
	}

	/** Ends idle instances that served nothing since `before`. */
	trim(before: number): void {
		while (this.idle.length > 0 && this.oldestIdle <= before) this.evict();
	}

	/** Ends the instance that has been idle longest. False if there is none. */
	evict(): boolean {
		const oldest = this.idle.shift();
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
		this.trim(Number.POSITIVE_INFINITY);
	}
}
