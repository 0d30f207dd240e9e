/** One admitted invocation: from the function and the event to Lambda's result. */
import type { Config } from "../config.ts";
import type { HttpRequest } from "../engine/http.ts";
import {
	type Engine,
	EngineBusy,
	type Failure,
	type FunctionSpec,
	type HandlerContext,
	type Outcome,
	type Payload,
	type Task,
	type Usage,
} from "../engine/types.ts";
import { ServiceError } from "../errors.ts";
import type { InvocationLog, Observer } from "../observe/types.ts";
import type { Permit } from "./admission.ts";
import { functionArn, scopeOf } from "./arn.ts";
import type { ReadyFunction } from "./cache.ts";
import { describeFailure, errorPayload, type FailureContext, MAX_RESPONSE, newFailure } from "./failure.ts";
import { type AnswerReader, createAnswerReader } from "./http-answer.ts";
import { eventToRequest } from "./http-event.ts";
import type { InvokeRequest, InvokeResult } from "./types.ts";

export interface InvocationDeps {
	config: Config;
	engine: Engine;
	observer: Observer;
}

/** What is invoked, for whom, with which permit. */
export interface Invocation {
	request: InvokeRequest;
	requestId: string;
	target: ReadyFunction;
	permit: Permit;
}

const NOTHING: Usage = { durationMs: 0, initMs: null, cpuMs: 0, fuel: 0, memoryBytes: 0 };
// "An empty answer is read as `null`" (wit/world.wit); a command that prints nothing is treated the same.
const NULL = new TextEncoder().encode("null");

/** Runs the invocation, writes its log, and gives the permit back. Rejects with ServiceError, or what the engine threw, which is a fault of the host. */
export function run(deps: InvocationDeps, invocation: Invocation): Promise<InvokeResult> {
	try {
		const running = new Running(deps, invocation);
		return deps.engine.invoke(running).then(running.onOutcome, running.onError);
	} catch (error) {
		invocation.permit.release();
		return Promise.reject(error);
	}
}

/** An invocation while it runs: what the engine is given of it, and what is done with its outcome. */
class Running implements Task {
	readonly spec: FunctionSpec;
	readonly payload: Payload;
	readonly timeoutMs: number;
	readonly signal: Permit;
	readonly tenantId: string | undefined;
	readonly onResponse: Task["onResponse"];
	private readonly invocation: Invocation;
	private readonly reader: AnswerReader | null;
	private readonly log: InvocationLog;

	constructor(deps: InvocationDeps, invocation: Invocation) {
		const { request, target, permit } = invocation;
		this.invocation = invocation;
		this.spec = target.spec;
		this.payload = toPayload(deps, invocation);
		this.timeoutMs = timeoutMs(target);
		this.signal = permit;
		this.tenantId = request.tenantId ?? undefined;
		this.reader = target.spec.kind === "http" && !request.onResponse ? createAnswerReader() : null;
		this.onResponse = this.reader?.onResponse ?? request.onResponse;
		this.log = deps.observer.begin(startOf(invocation));
		request.onStart?.(target.version);
	}

	output(stream: 1 | 2, bytes: Uint8Array): void {
		this.log.output(stream, bytes);
	}

	readonly onOutcome = (outcome: Outcome): InvokeResult | Promise<InvokeResult> => {
		if (this.reader !== null) return withAnswer(outcome, this.reader).then((it) => this.end(it), this.onError);
		return this.end(outcome);
	};

	private end(outcome: Outcome): InvokeResult {
		try {
			return resultOf(this.invocation, outcome, this.log);
		} finally {
			this.invocation.permit.release();
		}
	}

	readonly onError = (error: unknown): never => {
		this.invocation.permit.release();
		if (!(error instanceof EngineBusy)) {
			// Its words may tell of the host; the function's owner learns only that it was not the function.
			const failure = newFailure("crash", "The host failed to run the function.");
			this.log.finish(NOTHING, { ...failure, errorType: "Pilot.HostFault" });
			throw error;
		}
		const failure = newFailure("crash", "The host had no memory for another instance.");
		this.log.finish(NOTHING, { ...failure, errorType: "Pilot.Throttled" });
		throw new ServiceError(
			"TooManyRequestsException",
			"The host has no memory for another instance. Try again later.",
			{
				Reason: "ConcurrentInvocationLimitExceeded",
			},
		);
	};
}

function toPayload(deps: InvocationDeps, { request, target, requestId }: Invocation): Payload {
	const { payload } = request;
	if (target.spec.kind === "http") {
		return { kind: "http", request: isEvent(payload) ? eventToRequest(payload) : payload };
	}
	if (isEvent(payload))
		return { kind: "event", event: payload, context: contextOf(deps.config, request, requestId, target) };
	// The gateway looked at the function's kind before it was updated.
	throw new ServiceError("ResourceConflictException", "The function was updated during the request. Try again.");
}

function isEvent(payload: Uint8Array | HttpRequest): payload is Uint8Array {
	return payload instanceof Uint8Array;
}

function contextOf(config: Config, request: InvokeRequest, requestId: string, target: ReadyFunction): HandlerContext {
	const { record } = target;
	return {
		requestId,
		functionName: record.name,
		functionVersion: target.version,
		invokedFunctionArn: functionArn(scopeOf(record, config), record.name, request.qualifier),
		memoryLimitInMb: record.memoryMb,
		logGroupName: record.logging.group,
		logStreamName: target.logStream,
		clientContext: request.clientContext,
		tenantId: request.tenantId ?? undefined,
		traceId: request.traceId,
	};
}

function startOf({ requestId, target: { record, version } }: Invocation) {
	return {
		functionName: record.name,
		version,
		requestId,
		memoryMb: record.memoryMb,
		timeoutMs: record.timeoutSeconds * 1000,
		logging: record.logging,
	};
}

function timeoutMs(target: ReadyFunction): number {
	return target.record.timeoutSeconds * 1000;
}

const NO_ANSWER = {
	missing: newFailure("crash", "the request was not answered"),
	broken: newFailure("crash", "the response body broke off"),
	"too-large": newFailure("response-too-large"),
};

/** The outcome with the answer as its payload, if the guest ended well. */
async function withAnswer(outcome: Outcome, reader: AnswerReader): Promise<Outcome> {
	if (!outcome.ok) return outcome;
	const { usage } = outcome;
	const answer = await reader.read();
	if (typeof answer === "string") return { ok: false, usage, failure: NO_ANSWER[answer] };
	return { ok: true, usage, payload: answer.payload };
}

function resultOf(invocation: Invocation, outcome: Outcome, log: InvocationLog): InvokeResult {
	const { requestId, request, target, permit } = invocation;
	const streamed = target.spec.kind === "http" && request.onResponse !== undefined;
	const failure = failureOf(invocation, outcome);
	log.finish(outcome.usage, failure);
	// The invocation did not fail: it may be tried again, here after a restart or on another host.
	if (failure?.kind === "cancelled" && permit.stopped()) {
		throw new ServiceError("ServiceUnavailableException", "The host is stopping. Try again.");
	}
	return {
		requestId,
		executedVersion: target.version,
		payload: failure ? errorPayload(failure) : answerOf(outcome, streamed),
		functionError: failure ? "Unhandled" : null,
		error: failure ? { errorType: failure.errorType, errorMessage: failure.errorMessage } : null,
		usage: outcome.usage,
		logTail: () => log.tail(),
	};
}

function answerOf(outcome: Outcome, streamed: boolean): Uint8Array {
	const payload = outcome.ok ? outcome.payload : NULL;
	return payload.length === 0 && !streamed ? NULL : payload;
}

function failureOf({ requestId, target }: Invocation, outcome: Outcome): Failure | null {
	const { record, spec } = target;
	const context: FailureContext = {
		requestId,
		timeoutMs: timeoutMs(target),
		memoryMb: record.memoryMb,
		fuel: spec.fuel,
	};
	if (outcome.ok) {
		return outcome.payload.length > MAX_RESPONSE ? describeFailure(newFailure("response-too-large"), context) : null;
	}
	const failure = describeFailure(outcome.failure, context);
	// A guest may report an error of any length; its JSON is an answer like any other.
	return errorPayload(failure).length > MAX_RESPONSE
		? describeFailure(newFailure("response-too-large"), context)
		: failure;
}
