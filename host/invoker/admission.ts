/** How many invocations run at once over all functions, and how they end when the host stops. */
import { setTimeout as sleep } from "node:timers/promises";
import { ServiceError } from "../errors.ts";

export interface Permit {
	/** Aborted when the caller goes away, or the host no longer waits. */
	readonly signal: AbortSignal;
	/** The host ended the invocation, not its caller. */
	stopped(): boolean;
	/** Call once, when the invocation is over. */
	release(): void;
}

export interface Admission {
	/** Throws TooManyRequestsException when all permits are out, ServiceUnavailableException once it is closing. */
	enter(caller: AbortSignal | undefined): Permit;
	running(): number;
	/** Admits no more, waits for what runs at most `graceMs`, then aborts it; resolves when all have left. */
	close(graceMs: number): Promise<void>;
}

export function createAdmission(limit: number): Admission {
	const running = new Set<AbortController>();
	let closing = false;
	let stopped = false;
	const empty = Promise.withResolvers<void>();

	function enter(caller: AbortSignal | undefined): Permit {
		if (closing) throw new ServiceError("ServiceUnavailableException", "The host is stopping. Try again.");
		if (running.size >= limit) {
			throw new ServiceError("TooManyRequestsException", "Rate Exceeded.", {
				Reason: "ConcurrentInvocationLimitExceeded",
			});
		}
		// A controller of its own, not AbortSignal.any: that keeps every signal made from a long-lived one in a list.
		const controller = new AbortController();
		const abort = (): void => controller.abort(caller?.reason);
		if (caller?.aborted) abort();
		caller?.addEventListener("abort", abort, { once: true });
		running.add(controller);
		return {
			signal: controller.signal,
			stopped: () => stopped && controller.signal.aborted && !caller?.aborted,
			release() {
				caller?.removeEventListener("abort", abort);
				running.delete(controller);
				if (closing && running.size === 0) empty.resolve();
			},
		};
	}

	async function close(graceMs: number): Promise<void> {
		closing = true;
		if (running.size === 0) return;
		const grace = new AbortController();
		const late = sleep(graceMs, "late", { signal: grace.signal }).catch(() => "early");
		if ((await Promise.race([empty.promise, late])) === "late") {
			stopped = true;
			for (const controller of running) controller.abort(new Error("the host stops"));
			await empty.promise;
		}
		grace.abort();
	}

	return { enter, running: () => running.size, close };
}
