/** The permits that invocations need to run: a number of them, all here, or leased from who has them. */

/** Why an invocation was throttled, in the service's words (`ThrottleReason`). */
export type ThrottleReason = "ConcurrentInvocationLimitExceeded" | "ReservedFunctionConcurrentInvocationLimitExceeded";

export interface Permits {
	/** What it means that all are out. */
	readonly reason: ThrottleReason;
	/** Takes one if there is one. */
	take(): boolean;
	give(): void;
	/** Looks for one elsewhere, when `take` failed. False if all are out; true if trying again is worth it. */
	more(): Promise<boolean>;
}

/** Where functions have their permits from. */
export interface PermitBooks {
	/** What all functions share that have no reserved concurrency. */
	readonly shared: Permits;
	/** A function's own: its reserved concurrency, of which a part of the callers may know an older figure. */
	of(functionName: string, reserved: number): Permits;
}

/** Of a function that was stopped (reserved concurrency 0). */
export const NO_PERMITS: Permits = {
	reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
	take: () => false,
	give: () => {},
	more: async () => false,
};

/** A number of permits of this process alone. What is out beyond a lower limit comes back as it comes free. */
class FixedPermits implements Permits {
	limit: number;
	readonly reason: ThrottleReason;
	private taken = 0;

	constructor(limit: number, reason: ThrottleReason) {
		this.limit = limit;
		this.reason = reason;
	}

	take(): boolean {
		if (this.taken >= this.limit) return false;
		this.taken++;
		return true;
	}

	give(): void {
		this.taken--;
	}

	more(): Promise<boolean> {
		return Promise.resolve(this.taken < this.limit);
	}
}

/** A number of permits of this process alone. */
export function fixedPermits(limit: number): Permits {
	return new FixedPermits(limit, "ConcurrentInvocationLimitExceeded");
}

/** Who is told how many permits there are: of all functions together (null), or of one. */
export interface PermitLimits {
	limit(functionName: string | null, limit: number): void | Promise<void>;
}

/** The permits of a host of one process. */
export class LocalBooks implements PermitBooks, PermitLimits {
	readonly shared: FixedPermits;
	private readonly books = new Map<string, FixedPermits>();

	constructor(limit: number) {
		this.shared = new FixedPermits(limit, "ConcurrentInvocationLimitExceeded");
	}

	of(functionName: string, reserved: number): Permits {
		return reserved === 0 ? NO_PERMITS : this.book(functionName, reserved);
	}

	limit(functionName: string | null, limit: number): void {
		(functionName === null ? this.shared : this.book(functionName, limit)).limit = limit;
	}

	private book(functionName: string, limit: number): FixedPermits {
		const known = this.books.get(functionName);
		if (known !== undefined) return known;
		const made = new FixedPermits(limit, "ReservedFunctionConcurrentInvocationLimitExceeded");
		this.books.set(functionName, made);
		return made;
	}
}
