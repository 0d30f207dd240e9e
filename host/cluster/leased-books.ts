/** A worker's permits of all kinds: those that functions share, and those that are one function's own. */
import { NO_PERMITS, type PermitBooks, type Permits, type ThrottleReason } from "../invoker/permits.ts";
import { type LeasedPermits, leasedPermits } from "./leased-permits.ts";
import { ACCOUNT, type ControlFunctions, keyOfReserved } from "./protocol.ts";
import type { Rpc } from "./rpc.ts";

/** A worker asks for so large a part of its even share of all permits at once. */
const LOTS = 4;

export class LeasedBooks implements PermitBooks {
	readonly shared: LeasedPermits;
	readonly #control: Pick<Rpc<ControlFunctions>, "call" | "tell">;
	readonly #workers: number;
	readonly #books = new Map<string, LeasedPermits>();

	/** `limit`: permits of the account, all workers together. */
	constructor(
		control: Pick<Rpc<ControlFunctions>, "call" | "tell">,
		{ limit, workers }: Record<"limit" | "workers", number>,
	) {
		this.#control = control;
		this.#workers = workers;
		this.shared = this.#open(ACCOUNT, limit, "ConcurrentInvocationLimitExceeded");
	}

	of(functionName: string, reserved: number): Permits {
		if (reserved === 0) return NO_PERMITS;
		const key = keyOfReserved(functionName);
		const known = this.#books.get(key);
		return known ?? this.#open(key, reserved, "ReservedFunctionConcurrentInvocationLimitExceeded");
	}

	#open(key: string, limit: number, reason: ThrottleReason): LeasedPermits {
		const lot = Math.max(1, Math.floor(limit / this.#workers / LOTS));
		const lender = {
			ask: (count: number) => this.#control.call("lease", [key, count]),
			returned: (count: number) => this.#control.tell("returned", [key, count]),
		};
		const permits = leasedPermits(lot, lender, reason);
		this.#books.set(key, permits);
		return permits;
	}

	recall(key: string, count: number): number {
		return this.#books.get(key)?.recall(count) ?? 0;
	}

	owe(key: string, count: number): number {
		return this.#books.get(key)?.owe(count) ?? 0;
	}
}
