/** Puts the invoker together: functions, admission, invocations, events for later. */
import { randomUUID } from "node:crypto";
import type { Config } from "../config.ts";
import type { Engine } from "../engine/types.ts";
import { ServiceError } from "../errors.ts";
import type { Observer } from "../observe/types.ts";
import type { Lookups, QueueStore } from "../store/types.ts";
import { createAdmission } from "./admission.ts";
import { functionArn } from "./arn.ts";
import { createFunctionCache, type ReadyFunction } from "./cache.ts";
import { newQueuedEvent } from "./enqueue.ts";
import { run } from "./invocation.ts";
import { MAX_ROUNDS, roundsOf, withRound } from "./lineage.ts";
import { LocalBooks, type PermitBooks } from "./permits.ts";
import { type InvokeRequest, type InvokeResult, type Invoker, MAX_ASYNC_PAYLOAD, MAX_SYNC_PAYLOAD } from "./types.ts";

export interface InvokerDeps {
	config: Config;
	store: Pick<Lookups, "functions" | "triggers" | "versions" | "aliases" | "settings"> & {
		queue: Pick<QueueStore, "put">;
	};
	engine: Engine;
	observer: Observer;
	/** Permits that are leased from who has them; without it they are this process's own, as many as the settings say. */
	books?: PermitBooks;
}

/** What happened that the bus acts on. */
export type InvokerNews = { kind: "queued" } | { kind: "changed"; functionName: string };

/** The invoker as the host's own parts see it. */
export interface HostInvoker extends Invoker {
	/** Tells of events accepted and functions changed, at once and in order. Gives the way to stop it. */
	listen(listener: (news: InvokerNews) => void): () => void;
	/** A line of the host's own in a function's log; nothing if the function is gone. */
	note(functionName: string, message: string): Promise<void>;
	/** Invocations under way. */
	running(): number;
	/** Admits no more, lets what runs go on for `graceMs`, then ends it; resolves when nothing runs. The engine stays. A second call
	 * may shorten the wait. */
	close(graceMs: number): Promise<void>;
}

export function createInvoker(deps: InvokerDeps): HostInvoker {
	const books = deps.books ?? new LocalBooks(deps.config.concurrency);
	const cache = createFunctionCache({ ...deps, books });
	const admission = createAdmission(books.shared);
	const listeners = new Set<(news: InvokerNews) => void>();

	function tell(news: InvokerNews): void {
		for (const listener of listeners) listener(news);
	}

	/** Throws ResourceNotFoundException, as Invoke does for an unknown function and for an unknown qualifier. */
	async function find(name: string, qualifier: string | null | undefined): Promise<ReadyFunction> {
		const target = await cache.get(name, qualifier);
		if (target) return target;
		const arn = functionArn(deps.config, name, qualifier);
		throw new ServiceError("ResourceNotFoundException", `Function not found: ${arn}`);
	}

	function invoke(request: InvokeRequest): Promise<InvokeResult> {
		const target = cache.peek(request.functionName, request.qualifier);
		return target === undefined ? findAndStart(request) : start(request, target);
	}

	async function findAndStart(request: InvokeRequest): Promise<InvokeResult> {
		if (request.payload instanceof Uint8Array) checkSize(request.payload, MAX_SYNC_PAYLOAD);
		return start(request, await find(request.functionName, request.qualifier));
	}

	/** Nothing is awaited from the look-up to the engine: a function that changes is either not yet looked up, or running. */
	function start(request: InvokeRequest, target: ReadyFunction): Promise<InvokeResult> {
		try {
			if (request.payload instanceof Uint8Array) checkSize(request.payload, MAX_SYNC_PAYLOAD);
			checkTenant(target, request.tenantId);
			const chained = request.traceId === undefined ? request : nextInChain(request, request.traceId, target);
			const permit = admission.enter(request.signal, target.permits);
			if (permit === null) return waitAndStart(request, target);
			return run(deps, { request: chained, requestId: request.requestId ?? randomUUID(), target, permit });
		} catch (error) {
			return Promise.reject(error);
		}
	}

	/** There is no permit here; there may be elsewhere. */
	async function waitAndStart(request: InvokeRequest, { permits }: ReadyFunction): Promise<InvokeResult> {
		await admission.more(permits);
		return invoke(request);
	}

	async function enqueue(request: Parameters<Invoker["enqueue"]>[0]): Promise<string> {
		checkSize(request.payload, MAX_ASYNC_PAYLOAD);
		checkTenant(await find(request.functionName, request.qualifier), request.tenantId);
		const event = newQueuedEvent(request, Date.now());
		await deps.store.queue.put(event);
		tell({ kind: "queued" });
		return event.id;
	}

	return {
		invoke,
		enqueue,
		changed(functionName) {
			cache.drop(functionName);
			tell({ kind: "changed", functionName });
		},
		listen(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		async note(functionName, message) {
			const target = await cache.get(functionName);
			if (target) deps.observer.note(functionName, target.record.logging, message);
		},
		running: () => admission.running(),
		close: (graceMs) => admission.close(graceMs),
	};
}

/** Throws RequestTooLargeException in AWS's words. */
export function checkSize(payload: Uint8Array, limit: number): void {
	if (payload.length <= limit) return;
	throw new ServiceError(
		"RequestTooLargeException",
		`Request must be smaller than ${limit} bytes for the InvokeFunction operation`,
	);
}

/**
 * The request with the function as one more step of the chain that led to it. Throws RecursiveInvocationException where the chain is a loop,
 * unless the function allows it.
 */
function nextInChain(request: InvokeRequest, header: string, { tag, loopAllowed }: ReadyFunction): InvokeRequest {
	if (!loopAllowed && roundsOf(header, tag) >= MAX_ROUNDS)
		throw new ServiceError(
			"RecursiveInvocationException",
			"Lambda has detected your function being invoked in a recursive loop with other Amazon Web Services resources and stopped your function's invocation.",
		);
	const traceId = withRound(header, tag);
	return { ...request, traceId, payload: withTrace(request.payload, traceId) };
}

/** An http guest has the header among its request's. */
function withTrace(payload: InvokeRequest["payload"], traceId: string): InvokeRequest["payload"] {
	if (payload instanceof Uint8Array) return payload;
	const headers = payload.headers.filter(([name]) => name !== "x-amzn-trace-id");
	return { ...payload, headers: [...headers, ["x-amzn-trace-id", traceId]] };
}

/** Throws InvalidParameterValueException, in the service's words (Developer Guide, "Tenant isolation"). */
function checkTenant({ record }: ReadyFunction, tenantId: string | null | undefined): void {
	const perTenant = record.tenancy !== undefined;
	if (perTenant && tenantId === null)
		throw new ServiceError(
			"InvalidParameterValueException",
			"The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again.",
		);
	if (!perTenant && typeof tenantId === "string")
		throw new ServiceError(
			"InvalidParameterValueException",
			"The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your request and try again.",
		);
}
