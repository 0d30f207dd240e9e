/** One request to a function URL, from its arrival to its answer. */
import { randomUUID } from "node:crypto";
import type { Config } from "../config.ts";
import type { HttpFields, HttpResponse } from "../engine/http.ts";
import { field } from "../invoker/http-event/fields.ts";
import { type BufferedResponse, fromResult, toEvent } from "../invoker/http-event.ts";
import { type Answer, type AnsweringInvoker, MAX_SYNC_PAYLOAD } from "../invoker/types.ts";
import { remoteOf } from "../remote.ts";
import { requestBodies } from "../request-bodies.ts";
import { Caller } from "./caller.ts";
import { corsFields, preflight } from "./cors.ts";
import type { Found } from "./find.ts";
import { BodyTooLarge, CallerGone, hasBody, readBody, toRequest } from "./incoming.ts";
import { type Exchange, REQUEST_ID, sendStream, sendWhole, Unsendable } from "./outgoing.ts";
import { badGateway, hostFault, ofError, refusal, tooLarge } from "./refusals.ts";
import type { Target } from "./target.ts";
import { atEndOfTurn } from "./turn.ts";

export interface ServeDeps {
	config: Pick<Config, "account">;
	invoker: AnsweringInvoker;
	/** One line for who runs the host. */
	log(line: string): void;
}

interface Request {
	found: Found;
	exchange: Exchange;
	target: Target;
	requestId: string;
	/** What every answer carries. */
	extra: HttpFields;
	/** Aborted when the caller goes away. */
	signal: Caller;
}

/** Serves a request to the URL that was found. Never throws. */
export function serveUrl(deps: ServeDeps, found: Found, exchange: Exchange, target: Target): void {
	const requestId = randomUUID();
	const extra: HttpFields = [[REQUEST_ID, requestId]];
	const request = { found, exchange, target, requestId, extra, signal: new Caller(exchange.outgoing) };
	try {
		const { incoming } = exchange;
		const { authType, cors } = found.url;
		if (cors !== null) {
			const preflighted = preflight(cors, incoming.method, incoming.headers);
			if (preflighted) return sendWhole(exchange, preflighted, extra);
			extra.push(...corsFields(cors, incoming.headers.origin));
		}
		if (authType !== "NONE") sendWhole(exchange, unsigned(deps, found), extra);
		else if (found.kind === "http") new Serving(deps, request).start();
		else serveEvent(deps, request);
	} catch (error) {
		answerFailure(deps, request, error);
	}
}

/** Signatures are not checked yet, and an unchecked one must not open what its owner closed. */
function unsigned(deps: ServeDeps, { url }: Found): BufferedResponse {
	deps.log(
		`The function URL of ${url.functionName} has AuthType AWS_IAM, and signatures cannot be checked yet: refused`,
	);
	return refusal(403, "AccessDeniedException", "Forbidden");
}

/** The caller's request goes to the guest as it is, and the guest's response to the caller. */
class Serving {
	private readonly deps: ServeDeps;
	private readonly request: Request;
	private response: HttpResponse | undefined;

	constructor(deps: ServeDeps, request: Request) {
		this.deps = deps;
		this.request = request;
	}

	start(): void {
		const { exchange, target } = this.request;
		const payload = toRequest(exchange.incoming, target);
		const onResponse = (response: HttpResponse): void => this.respond(response);
		const ended = this.deps.invoker.invoke({ ...invocation(this.request), payload, onResponse });
		ended.then(
			(result) => this.end(result),
			(error: unknown) => this.break(error),
		);
	}

	/** Most guests are done a moment after they answered: then all goes out at once. */
	private respond(response: HttpResponse): void {
		this.response = response;
		atEndOfTurn(() => this.send(response));
	}

	private send(response: HttpResponse): void {
		const { exchange, extra } = this.request;
		try {
			sendStream(exchange, response, extra)?.catch((error: unknown) => this.fail(error));
		} catch (error) {
			if (error instanceof Unsendable) this.refuse(error);
			else this.fail(error);
		}
	}

	private refuse({ message }: Unsendable): void {
		const { exchange, extra, found, requestId, signal } = this.request;
		if (!signal.aborted) this.deps.log(`${found.url.functionName} answered ${message} (request ${requestId})`);
		sendWhole(exchange, badGateway(), extra);
	}

	/** A failure after the response is the body's to tell. */
	private end(result: Answer): void {
		if (this.response === undefined)
			sendWhole(this.request.exchange, failed(this.deps, this.request, result), this.request.extra);
	}

	private break(error: unknown): void {
		if (this.response === undefined) this.fail(error);
		else answerTo(this.deps, this.request, error);
	}

	private fail(error: unknown): void {
		answerFailure(this.deps, this.request, error);
	}
}

/** The other kinds take an event and give a result. */
function serveEvent(deps: ServeDeps, request: Request): void {
	const { incoming } = request.exchange;
	if (!hasBody(request.target.fields)) return invokeWith(deps, request, NO_BODY);
	readBody(incoming, request.target, MAX_SYNC_PAYLOAD)
		.then((body) => invokeWith(deps, request, body))
		.catch((error: unknown) => answerFailure(deps, request, error));
}

const NO_BODY = new Uint8Array();

/** Gives the body back to the account of all bodies once the invocation is over. */
function invokeWith(deps: ServeDeps, request: Request, body: Uint8Array): void {
	const fail = (error: unknown): void => {
		requestBodies.give(body.length);
		answerFailure(deps, request, error);
	};
	const ended = (result: Answer): void => {
		try {
			answerEvent(deps, request, result);
			requestBodies.give(body.length);
		} catch (error) {
			fail(error);
		}
	};
	try {
		const payload = eventOf(deps, request, body);
		deps.invoker.invoke({ ...invocation(request), payload }).then(ended, fail);
	} catch (error) {
		fail(error);
	}
}

function eventOf(deps: ServeDeps, request: Request, body: Uint8Array): Uint8Array {
	const { exchange, target } = request;
	const payload = Buffer.from(toEvent(toRequest(exchange.incoming, target), body, meta(deps, request)));
	// Base64 and the event around it count as well: AWS's limit is one on payloads.
	if (payload.length > MAX_SYNC_PAYLOAD) throw new BodyTooLarge();
	return payload;
}

function answerEvent(deps: ServeDeps, request: Request, result: Answer): void {
	const { exchange, extra, found, requestId } = request;
	if (result.functionError) return sendWhole(exchange, failed(deps, request, result), extra);
	const response =
		result.payload.length > MAX_SYNC_PAYLOAD ? { malformed: "more than 6 MB" } : fromResult(result.payload);
	if ("status" in response) return atEndOfTurn(() => sendWhole(exchange, withoutRequestId(response), extra));
	deps.log(`${found.url.functionName} gave no valid response: ${response.malformed} (request ${requestId})`);
	return sendWhole(exchange, badGateway(), extra);
}

function invocation({ found, requestId, signal, target }: Request) {
	return {
		functionName: found.url.functionName,
		qualifier: found.url.qualifier,
		requestId,
		signal,
		traceId: field(target.fields, "x-amzn-trace-id"),
	};
}

function meta({ config }: ServeDeps, { found, exchange, requestId }: Request) {
	const { address, port, httpVersion } = remoteOf(exchange.incoming);
	return {
		accountId: found.account ?? config.account,
		apiId: found.url.id,
		domainName: `${found.url.id}.lambda-url.localhost`,
		domainPrefix: found.url.id,
		requestId,
		// An IPv4 caller on an IPv6 socket.
		sourceIp: address.replace(/^::ffff:/, ""),
		port,
		protocol: `HTTP/${httpVersion}`,
		time: Date.now(),
	};
}

/** The id is the gateway's to tell. */
function withoutRequestId({ status, headers, body }: BufferedResponse): BufferedResponse {
	const own = headers.some(isRequestId) ? headers.filter((it) => !isRequestId(it)) : headers;
	return { status, headers: own, body };
}

function isRequestId([name]: [string, string]): boolean {
	return name === REQUEST_ID;
}

function failed(deps: ServeDeps, { found, requestId }: Request, result: Answer): BufferedResponse {
	if (!result.functionError) deps.log(`${found.url.functionName} ended without a response (request ${requestId})`);
	return badGateway();
}

function answerFailure(deps: ServeDeps, request: Request, error: unknown): void {
	sendWhole(request.exchange, answerTo(deps, request, error), request.extra);
}

function answerTo(deps: ServeDeps, { exchange, found, requestId, signal }: Request, error: unknown): BufferedResponse {
	if (error instanceof BodyTooLarge) {
		// What is left of the body is not worth reading for the next request's sake.
		if (!exchange.outgoing.headersSent) exchange.outgoing.shouldKeepAlive = false;
		return tooLarge();
	}
	const answer = ofError(error);
	if (answer) return answer;
	if (!signal.aborted && !(error instanceof CallerGone))
		deps.log(`Request ${requestId} to ${found.url.functionName} failed in the host: ${trace(error)}`);
	return hostFault();
}

function trace(error: unknown): string {
	return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
