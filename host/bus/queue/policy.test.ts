import { describe, expect, it } from "vitest";
import { newQueuedEvent } from "../../invoker/enqueue.ts";
import type { EventInvokeRecord, QueuedEvent } from "../../store/types.ts";
import { type Attempt, isExpired, judge, policyOf } from "./policy.ts";

const ACCEPTED = 1_000_000;
const BACKOFF = 60_000;

function event(changes: Partial<QueuedEvent> = {}): QueuedEvent {
	return { ...newQueuedEvent({ functionName: "f", payload: new Uint8Array() }, ACCEPTED), ...changes };
}

function config(changes: Partial<EventInvokeRecord> = {}): EventInvokeRecord {
	return {
		functionName: "f",
		qualifier: "$LATEST",
		maximumRetryAttempts: null,
		maximumEventAgeSeconds: null,
		onSuccess: null,
		onFailure: null,
		lastModified: "",
		...changes,
	};
}

function verdict(
	kind: Attempt["kind"],
	more: { event?: Partial<QueuedEvent>; config?: Partial<EventInvokeRecord>; now?: number; deferrals?: number } = {},
) {
	const at = { now: more.now ?? ACCEPTED, deferrals: more.deferrals ?? 0, backoffMs: BACKOFF };
	return judge(event(more.event), policyOf(config(more.config)), kind, at);
}

describe("the policy of a function without settings", () => {
	it("is AWS's: two retries, six hours, no destination", () => {
		const expected = { maxRetries: 2, maxAgeMs: 21_600_000, onSuccess: null, onFailure: null, deadLetter: null };
		expect(policyOf(null)).toEqual(expected);
		expect(policyOf(config())).toEqual(expected);
	});
});

describe("after an attempt that", () => {
	it("succeeded, the event is done", () => {
		expect(verdict("success")).toEqual({ condition: "Success", attempts: 1 });
		expect(verdict("success", { event: { attempts: 2 } })).toEqual({ condition: "Success", attempts: 3 });
	});

	it("failed, it is tried again after one and then two minutes, and then no more", () => {
		expect(verdict("error")).toEqual({ retryAt: ACCEPTED + 60_000, attempts: 1 });
		expect(verdict("error", { event: { attempts: 1 } })).toEqual({ retryAt: ACCEPTED + 120_000, attempts: 2 });
		expect(verdict("error", { event: { attempts: 2 } })).toEqual({ condition: "RetriesExhausted", attempts: 3 });
	});

	it.each([0, 1, 2])("failed, it is tried again as often as is set: %i times", (maximumRetryAttempts) => {
		for (let attempts = 0; attempts <= maximumRetryAttempts; attempts++) {
			const last = attempts === maximumRetryAttempts;
			const it = verdict("error", { event: { attempts }, config: { maximumRetryAttempts } });
			expect("condition" in it).toBe(last);
		}
	});

	it("was throttled, it is tried again after one second, then twice as long each time, at most five minutes", () => {
		const delays = Array.from({ length: 12 }, (_, deferrals) => {
			const it = verdict("later", { deferrals });
			return "retryAt" in it ? (it.retryAt - ACCEPTED) / 1000 : null;
		});
		expect(delays).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
		expect(verdict("later", { deferrals: 5000 })).toMatchObject({ retryAt: ACCEPTED + 300_000 });
	});

	it("was throttled, no retry of the function's is used up", () => {
		expect(verdict("later", { event: { attempts: 2 }, config: { maximumRetryAttempts: 0 } })).toMatchObject({
			attempts: 2,
		});
	});

	it("cannot succeed, it is not tried again", () => {
		expect(verdict("never")).toEqual({ condition: "RetriesExhausted", attempts: 0 });
	});

	it.each(["error", "later"] as const)("ended as %s, it is not tried again when its time will be over", (kind) => {
		const over = { config: { maximumEventAgeSeconds: 60 }, now: ACCEPTED + 59_500 };
		expect(verdict(kind, over)).toMatchObject({ condition: "EventAgeExceeded" });
	});
});

describe("an event's time", () => {
	it("is over after its age, not at it", () => {
		const policy = policyOf(config({ maximumEventAgeSeconds: 60 }));
		expect(isExpired(event(), policy, ACCEPTED + 60_000)).toBe(false);
		expect(isExpired(event(), policy, ACCEPTED + 60_001)).toBe(true);
	});
});
