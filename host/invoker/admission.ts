/** How many invocations run at once over all functions, and how they end when the host stops. */
import type { CancelSignal } from "../engine/types.ts";
import { ServiceError } from "../errors.ts";
import { fixedPermits, type Permits, type ThrottleReason } from "./permits.ts";

/** Leave for one invocation: it is the signal that ends it, too. */
export interface Permit extends CancelSignal {
	/** The host ended the invocation, not its caller. */
	stopped(): boolean;
	/** Call once, when the invocation is over. */
	release(): void;
}

export interface Admission {
	/**
	 * Null if there is no permit at hand: ask for `more`, then look everything up again. `permits` are those that all share unless
	 * given. Throws ServiceUnavailableException once it is closing.
	 */
	enter(caller: CancelSignal | undefined, permits?: Permits): Permit | null;
	/** Resolves when another look for a permit is worth it. Throws TooManyRequestsException when all permits are out. */
	more(permits?: Permits): Promise<void>;
	running(): number;
	/**
	 * Admits no more, waits for what runs at most `graceMs`, then aborts it; resolves when all have left. A second call may
	 * shorten the wait.
	 */
	close(graceMs: number): Promise<void>;
}

/** `permits`: how many there are, or where they come from. */
export function createAdmission(permits: Permits | number): Admission {
	return new CountingAdmission(typeof permits === "number" ? fixedPermits(permits) : permits);
}

class CountingAdmission implements Admission {
	private readonly permits: Permits;
	private count = 0;
	/** All that are out, in a ring: a Set that changes with every invocation leaves old tables behind, which keep what they held. */
	private readonly out = new Link();
	private closing = false;
	private readonly empty = Promise.withResolvers<void>();

	constructor(permits: Permits) {
		this.permits = permits;
	}

	enter(caller: CancelSignal | undefined, permits: Permits = this.permits): Permit | null {
		if (this.closing) throw new ServiceError("ServiceUnavailableException", "The host is stopping. Try again.");
		if (!permits.take()) return null;
		this.count++;
		return new CountedPermit(this, permits, this.out, caller);
	}

	async more(permits: Permits = this.permits): Promise<void> {
		if (!(await permits.more())) throw throttled(permits.reason);
	}

	/** A permit came back. */
	left(permits: Permits): void {
		permits.give();
		this.count--;
		if (this.closing && this.count === 0) this.empty.resolve();
	}

	running(): number {
		return this.count;
	}

	async close(graceMs: number): Promise<void> {
		this.closing = true;
		if (this.count === 0) return;
		const late = setTimeout(() => {
			for (const permit of this.all()) permit.stop();
		}, graceMs);
		await this.empty.promise;
		clearTimeout(late);
	}

	private all(): CountedPermit[] {
		const all: CountedPermit[] = [];
		for (let link = this.out.next; link !== this.out; link = link.next) all.push(link as CountedPermit);
		return all;
	}
}

/** Seconds after which a caller may try again: an invocation takes less, mostly. */
const RETRY_AFTER = "1";

/** The error of whoever has to wait, in the service's words. */
export function throttled(Reason: ThrottleReason): ServiceError {
	return new ServiceError("TooManyRequestsException", "Rate Exceeded.", { Reason, retryAfterSeconds: RETRY_AFTER });
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
	private readonly owner: CountingAdmission;
	private readonly permits: Permits;
	private readonly caller: CancelSignal | undefined;
	private isStopped = false;
	private listeners: (() => void)[] | undefined;

	constructor(owner: CountingAdmission, permits: Permits, ring: Link, caller: CancelSignal | undefined) {
		super();
		this.owner = owner;
		this.permits = permits;
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
		this.owner.left(this.permits);
	}
}
