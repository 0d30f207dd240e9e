/** Where an event goes when it is done: the next events, letters that are kept, and why there is neither. */
import type { Config } from "../../config.ts";
import { type FunctionReference, functionArn, parseFunctionReference, scopeOf } from "../../invoker/arn.ts";
import { newQueuedEvent } from "../../invoker/enqueue.ts";
import { tagOf, withRound } from "../../invoker/lineage.ts";
import { MAX_ASYNC_PAYLOAD } from "../../invoker/types.ts";
import type { QueuedEvent, Store, TableWrite } from "../../store/types.ts";
import { attributesOf, deadLetterOf, writesFor } from "./dead-letters.ts";
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

/** `problems` say why a destination, or a failed event, gets nothing, or where it is kept instead. */
export interface Forwarding {
	next: QueuedEvent[];
	writes: TableWrite[];
	problems: string[];
}

type Deps = { config: Config; store: Store };

export async function forward(deps: Deps, done: Done): Promise<Forwarding> {
	const { event, policy, condition, now } = done;
	const success = condition === "Success";
	const target = success ? policy.onSuccess : policy.onFailure;
	const deadLetter = success ? null : policy.deadLetter;
	const all: Forwarding = { next: [], writes: [], problems: [] };
	if (target === null && deadLetter === null) {
		if (!success) all.problems.push(`dropped (${condition}) after ${done.attempts} attempts`);
		return all;
	}
	const letters = [];
	if (target !== null) {
		const record = await recordOf(deps, done);
		if (isFunction(target)) {
			const sent = await toFunction(deps, done, target, record);
			if (typeof sent === "string") all.problems.push(`not sent to its destination ${target} (${condition}): ${sent}`);
			else all.next.push(sent);
		} else letters.push(deadLetterOf(event, { target, condition, body: Buffer.from(record).toString() }, now));
	}
	if (deadLetter !== null) {
		const body = Buffer.from(event.payload).toString();
		const attributes = attributesOf(event, done.response);
		letters.push(deadLetterOf(event, { target: deadLetter, condition, body, attributes }, now));
	}
	for (const it of letters)
		all.problems.push(`kept for ${it.target} (${condition}), which this host does not reach: pilot dead-letters ls`);
	all.writes = await writesFor(deps.store, letters);
	return all;
}

async function recordOf({ config, store }: Deps, done: Done): Promise<Uint8Array> {
	const { functionName, qualifier } = done.event;
	const scope = scopeOf((await store.functions.get(functionName)) ?? {}, config);
	return destinationRecord({ ...done, functionArn: functionArn(scope, functionName, qualifier ?? "$LATEST") });
}

function isFunction(target: string): boolean {
	return !target.startsWith("arn:") || target.split(":")[2] === "lambda";
}

/** The destination's event, or why there is none. */
async function toFunction(
	deps: Deps,
	{ event, now }: Done,
	target: string,
	payload: Uint8Array,
): Promise<QueuedEvent | string> {
	const reference = await ownFunction(deps, event.functionName, target);
	if (event.hops >= MAX_HOPS && !(await allowsLoops(deps, reference?.name)))
		return `it has passed ${MAX_HOPS} destinations, which looks like a loop`;
	if (!reference) return "there is no such function here";
	// AWS counts this as a failed delivery too: the record is never cut.
	if (payload.length > MAX_ASYNC_PAYLOAD) return `its record has ${payload.length} bytes, over ${MAX_ASYNC_PAYLOAD}`;
	const { name: functionName, qualifier } = reference;
	const { hops } = event;
	const traceId = event.traceId === null ? null : withRound(event.traceId, tagOf(event.functionName));
	return newQueuedEvent({ functionName, qualifier, payload, traceId, hops: hops + 1 }, now);
}

/** The function that a destination names, if it belongs to the account whose function has the destination. */
async function ownFunction({ config, store }: Deps, from: string, target: string): Promise<FunctionReference | null> {
	const source = scopeOf((await store.functions.get(from)) ?? {}, config);
	const [, , , region = source.region] = target.split(":");
	const reference = parseFunctionReference(target, { region, account: source.account });
	const found = reference && (await store.functions.get(reference.name));
	if (!found) return null;
	const there = scopeOf(found, config);
	// One host is behind all regions: a name may come by that of either function, or the host's own.
	const known = [source.region, there.region, config.region].includes(region);
	return known && there.account === source.account ? reference : null;
}

async function allowsLoops({ store }: Deps, functionName: string | undefined): Promise<boolean> {
	if (functionName === undefined) return false;
	return (await store.settings.get(functionName, ""))?.recursiveLoop === "Allow";
}
