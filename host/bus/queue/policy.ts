/** What becomes of an event after an attempt: pure, so that every case can be tested without a clock. */
import type { EventInvokeRecord, QueuedEvent } from "../../store/types.ts";

/** How an attempt ended. `error`: the function failed. `later`: throttled, or a fault of the host. `never`: no attempt can succeed. `loop`: it was stopped as one. */
export type Attempt = { response: AttemptResponse } & { kind: "success" | "error" | "later" | "never" | "loop" };

export interface AttemptResponse {
	statusCode: number;
	executedVersion: string;
	functionError?: string;
	payload: Uint8Array;
}

/** As a destination's record names it. */
export type Condition =
	| "Success"
	| "RetriesExhausted"
	| "EventAgeExceeded"
	| "ZeroReservedConcurrency"
	| "RecursiveInvocation";

export type Verdict = { retryAt: number; attempts: number } | { condition: Condition; attempts: number };

export interface Policy {
	maxRetries: number;
	maxAgeMs: number;
	onSuccess: string | null;
	onFailure: string | null;
	/** ARN of the function's dead-letter queue or topic. */
	deadLetter: string | null;
}

/** AWS: "runs it two more times"; events are kept for six hours (Developer Guide, "Asynchronous invocation"). */
const MAX_RETRIES = 2;
const MAX_AGE_SECONDS = 6 * 3600;
/** AWS: "The retry interval increases exponentially from 1 second after the first attempt to a maximum of 5 minutes." */
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 300_000;

export function policyOf(record: EventInvokeRecord | null, deadLetter: string | null = null): Policy {
	return {
		maxRetries: record?.maximumRetryAttempts ?? MAX_RETRIES,
		maxAgeMs: (record?.maximumEventAgeSeconds ?? MAX_AGE_SECONDS) * 1000,
		onSuccess: record?.onSuccess ?? null,
		onFailure: record?.onFailure ?? null,
		deadLetter,
	};
}

/** True for an event that is too old to be tried at all. */
export function isExpired(event: QueuedEvent, policy: Policy, now: number): boolean {
	return now > event.acceptedAt + policy.maxAgeMs;
}

/**
 * Decides. `deferrals` are the attempts before this one that ended `later`; unlike the function's own failures they do not
 * count as retries. A retry that would come after the event's time is not waited for.
 */
export function judge(
	event: QueuedEvent,
	policy: Policy,
	kind: Attempt["kind"],
	at: { now: number; deferrals: number; backoffMs: number },
): Verdict {
	const attempts = event.attempts + (kind === "success" || kind === "error" ? 1 : 0);
	if (kind === "success") return { condition: "Success", attempts };
	if (kind === "loop") return { condition: "RecursiveInvocation", attempts };
	if (kind === "never") return { condition: "RetriesExhausted", attempts };
	if (kind === "error" && attempts > policy.maxRetries) return { condition: "RetriesExhausted", attempts };
	const delay =
		kind === "later"
			? Math.min(FIRST_DELAY_MS * 2 ** at.deferrals, LONGEST_DELAY_MS)
			: at.backoffMs * 2 ** event.attempts;
	const retryAt = at.now + delay;
	if (retryAt > event.acceptedAt + policy.maxAgeMs) return { condition: "EventAgeExceeded", attempts };
	return { retryAt, attempts };
}
