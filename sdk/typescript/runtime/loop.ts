/** Drives a promise to its end from a synchronous call: jobs first, then the next timer, until it is settled. */
import { runJobs } from "./jobs.ts";
import { expect, GuestPromise, hasUnhandledRejections, outcomeOf, takeUnhandledRejections } from "./promise.ts";
import type { Timers } from "./timers.ts";

/** Runs the next of what can be waited for; false if there is none. */
export type Waits = Pick<Timers, "runNext">;

/** Neither a job nor a timer is left, and the promise is still pending: it would be so for ever. */
export class NeverSettled extends Error {
	override get name() {
		return "Runtime.PendingPromise";
	}
}

/** A promise was rejected and nothing handled it. Its cause is the reason. */
export class UnhandledRejection extends Error {
	override get name() {
		return "Runtime.UnhandledPromiseRejection";
	}
}

/**
 * What `value` becomes: itself, or what it settles to if it is a promise or another thenable. Throws what it rejects
 * with; UnhandledRejection as Node.js ends a process for one; NeverSettled. `what` names it in the message.
 */
export function settle(value: unknown, waits: Waits, what: string): unknown {
	const promise = value instanceof GuestPromise ? value : GuestPromise.resolve(value);
	expect(promise);
	const outcome = outcomeOf(promise);
	for (;;) {
		runJobs();
		if (hasUnhandledRejections()) refuseUnhandled();
		if (outcome.state !== "pending") break;
		if (!waits.runNext())
			throw new NeverSettled(`${what} a promise that nothing can settle: no job and no timer is left`);
	}
	if (outcome.state === "rejected") throw outcome.value;
	return outcome.value;
}

function refuseUnhandled(): void {
	const reason = takeUnhandledRejections()[0];
	const text = reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason);
	throw new UnhandledRejection(text, { cause: reason });
}
