/** Where an event goes when it is done: the next event, or why there is none. */
import type { Config } from "../../config.ts";
import { functionArn, parseFunctionReference } from "../../invoker/arn.ts";
import { newQueuedEvent } from "../../invoker/enqueue.ts";
import { MAX_ASYNC_PAYLOAD } from "../../invoker/types.ts";
import type { QueuedEvent, Store } from "../../store/types.ts";
import type { AttemptResponse, Condition, Policy } from "./policy.ts";
import { destinationRecord } from "./record.ts";

/** AWS stops a loop of functions after about 16 rounds ("Recursive loop detection"). */
export const MAX_HOPS = 16;

export interface Done {
	event: QueuedEvent;
	policy: Policy;
	condition: Condition;
	attempts: number;
	response: AttemptResponse | null;
	now: number;
}

/** `next` is the destination's event; `problem` says why a destination, or a failed event, gets none. */
export interface Forwarding {
	next?: QueuedEvent;
	problem?: string;
}

export async function forward(deps: { config: Config; store: Store }, done: Done): Promise<Forwarding> {
	const { event, policy, condition } = done;
	const target = condition === "Success" ? policy.onSuccess : policy.onFailure;
	if (target === null) {
		return condition === "Success" ? {} : { problem: `dropped (${condition}) after ${done.attempts} attempts` };
	}
	const failed = (why: string): Forwarding => ({
		problem: `not sent to its destination ${target} (${condition}): ${why}`,
	});
	if (event.hops >= MAX_HOPS) return failed(`it has passed ${MAX_HOPS} destinations, which looks like a loop`);
	const reference = parseFunctionReference(target, deps.config);
	if (!reference || !(await deps.store.functions.get(reference.name))) return failed("there is no such function here");
	const payload = destinationRecord({ ...done, functionArn: functionArn(deps.config, event.functionName, "$LATEST") });
	// AWS counts this as a failed delivery too: the record is never cut.
	if (payload.length > MAX_ASYNC_PAYLOAD)
		return failed(`its record has ${payload.length} bytes, over ${MAX_ASYNC_PAYLOAD}`);
	const { name: functionName, qualifier } = reference;
	const { traceId, hops } = event;
	return { next: newQueuedEvent({ functionName, qualifier, payload, traceId, hops: hops + 1 }, done.now) };
}
