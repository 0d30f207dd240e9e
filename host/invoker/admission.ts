/** How many invocations run at once over all functions, and how they end when the host stops. */
import { setTimeout as sleep } from "node:timers/promises";
import type { CancelSignal } from "../engine/types.ts";
import { ServiceError } from "../errors.ts";

/** Leave for one invocation: it is the signal that ends it, too. */
export interface Permit extends CancelSignal {
	/** The host ended the invocation, not its caller. */
	stopped(): boolean;
	/** Call once, when the invocation is over. */
	release(): void;
}

export interface Admission {
	/** Throws TooManyRequestsException when all permits are out, ServiceUnavailableException once it is closing. */
	enter(caller: CancelSignal | undefined): Permit;
	running(): number;
	/** Admits no more, waits for what runs at most `graceMs`, then aborts it; resolves when all have left. */
	close(graceMs: number): Promise<void>;
}

export function createAdmission(limit: number): Admission {
	return new Permits(limit);
}

class Permits implements Admission {
	private readonly limit: number;
	private count = 0;
	/** All that are out, in a ring: a Set that changes with every invocation leaves old tables behind, which keep what they held. */
	private readonly out = new Link();
	private closing = false;
	private readonly empty = Promise.withResolvers<void>();

	constructor(limit: number) {
		this.limit = limit;
	}

	enter(caller: CancelSignal | undefined): Permit {
		if (this.closing) throw new ServiceError("ServiceUnavailableException", "The host is stopping. Try again.");
		if (this.count >= this.limit) {
			throw new ServiceError("TooManyRequestsException", "Rate Exceeded.", {
				Reason: "ConcurrentInvocationLimitExceeded",
			});
		}
		this.count++;
		return new CountedPermit(this, this.out, caller);
	}

	/** A permit came back. */
	left(): void {
		this.count--;
		if (this.closing && this.count === 0) this.empty.resolve();
	}

	running(): number {
		return this.count;
	}

	async close(graceMs: number): Promise<void> {
		this.closing = true;
		if (this.count === 0) return;
		const grace = new AbortController();
		const late = sleep(graceMs, "late", { signal: grace.signal }).catch(() => "early");
		if ((await Promise.race([this.empty.promise, late])) === "late") {
			for (const permit of this.all()) permit.stop();
			await this.empty.promise;
		}
		grace.abort();
	}

	private all(): CountedPermit[] {
		const all: CountedPermit[] = [];
		for (let link = this.out.next; link !== this.out; link = link.next) all.push(link as CountedPermit);
		return all;
	}
}

/** A place in a ring. */
class Link {
	next: Link = this;
	private previous: Link = this;

	insertBefore(other: Link): void {
		this.next = other;
		this.previous = other.previous;
		other.previous.next = this;
		other.previous = this;
	}

	remove(): void {
		this.previous.next = this.next;
		this.next.previous = this.previous;
		this.next = this;
		this.previous = this;
	}
}

class CountedPermit extends Link implements Permit {
	private readonly owner: Permits;
	private readonly caller: CancelSignal | undefined;
	private isStopped = false;
	private listeners: (() => void)[] | undefined;

	constructor(owner: Permits, ring: Link, caller: CancelSignal | undefined) {
		super();
		this.owner = owner;
		this.caller = caller;
		this.insertBefore(ring);
	}

	get aborted(): boolean {
		return this.isStopped || (this.caller?.aborted ?? false);
	}

	/** The host no longer waits. */
	stop(): void {
		this.isStopped = true;
		for (const listener of [...(this.listeners ?? [])]) listener();
	}

	stopped(): boolean {
		return this.isStopped && !this.caller?.aborted;
	}

	addEventListener(type: "abort", listener: () => void): void {
		this.listeners ??= [];
		this.listeners.push(listener);
		this.caller?.addEventListener(type, listener);
	}

	removeEventListener(type: "abort", listener: () => void): void {
		this.listeners = this.listeners?.filter((it) => it !== listener);
		this.caller?.removeEventListener(type, listener);
	}

	release(): void {
		this.remove();
		for (const listener of this.listeners ?? []) this.caller?.removeEventListener("abort", listener);
		this.owner.left();
	}
}
