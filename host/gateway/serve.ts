/** One request to a function URL, from its arrival to its answer. */
import { randomUUID } from "node:crypto";
import type { Callers, Caller as Signer } from "../auth/callers.ts";
import { fromNode } from "../auth/incoming.ts";
import { mayCallUrl } from "../auth/may-invoke.ts";
import { fieldOf } from "../auth/sigv4/request.ts";
import type { Config } from "../config.ts";
import type { HttpFields, HttpResponse } from "../engine/http.ts";
import { type Authorizer, authorizerOf } from "../invoker/http-event/authorizer.ts";
import { field } from "../invoker/http-event/fields.ts";
import { type BufferedResponse, fromResult, toEvent } from "../invoker/http-event.ts";
import { type Answer, type AnsweringInvoker, MAX_SYNC_PAYLOAD } from "../invoker/types.ts";
import { remoteOf } from "../remote.ts";
import { requestBodies } from "../request-bodies.ts";
import { Caller } from "./caller.ts";
import { corsFields, preflight } from "./cors.ts";
import type { Found, Records } from "./find.ts";
import { BodyTooLarge, CallerGone, hasBody, readBody, toRequest } from "./incoming.ts";
import { type Exchange, REQUEST_ID, sendStream, sendWhole, Unsendable } from "./outgoing.ts";
import { badGateway, forbidden, hostFault, ofError, tooLarge } from "./refusals.ts";
import type { Target } from "./target.ts";
import { atEndOfTurn } from "./turn.ts";

export interface ServeDeps {
	config: Pick<Config, "account">;
	invoker: AnsweringInvoker;
	store: Pick<Records, "policies">;
	/** Who may call URLs that want a signature; without it nobody. */
	callers?: Callers;
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
	/** Who signed it. */
	authorizer?: Authorizer;
}

/** Serves a request to the URL that was found. Never throws. */
export function serveUrl(deps: ServeDeps, found: Found, exchange: Exchange, target: Target): void {
	const requestId = randomUUID();
	const extra: HttpFields = [[REQUEST_ID, requestId]];
	const request: Request = { found, exchange, target, requestId, extra, signal: new Caller(exchange.outgoing) };
	try {
		const { incoming } = exchange;
		const { authType, cors } = found.url;
		if (cors !== null) {
			const preflighted = preflight(cors, incoming.method, incoming.headers);
			if (preflighted) return sendWhole(exchange, preflighted, extra);
			extra.push(...corsFields(cors, incoming.headers.origin));
		}
		if (authType === "AWS_IAM")
			serveSigned(deps, request).catch((error: unknown) => answerFailure(deps, request, error));
		else if (!found.open) sendWhole(exchange, forbidden(), extra);
		else if (found.kind === "http") new Serving(deps, request).start();
		else serveEvent(deps, request);
	} catch (error) {
		answerFailure(deps, request, error);
	}
}

/** The signature covers the body, so that all of it is read before the function is invoked. */
async function serveSigned(deps: ServeDeps, request: Request): Promise<void> {
	const { exchange, found, target } = request;
	const caller = deps.callers && (await signerOf(deps.callers, exchange));
	if (!caller) return sendWhole(exchange, forbidden(), request.extra);
	const body = await readBody(exchange.incoming, target, MAX_SYNC_PAYLOAD);
	try {
		await caller.confirm(body);
		const owner = found.account ?? deps.config.account;
		const account = caller.account ?? owner;
		if (!(await mayCallUrl(deps.store, found.url, owner, { kind: "account", account }))) {
			requestBodies.give(body.length);
			return sendWhole(exchange, forbidden(), request.extra);
		}
		request.authorizer = authorizerOf(caller.keyId ?? "", account);
	} catch (error) {
		requestBodies.give(body.length);
		throw error;
	}
	if (found.kind === "http") new Serving(deps, request).start(body);
	else invokeWith(deps, request, body);
}

/** Null if the request is not signed. Throws ServiceError for a signature that is none. */
async function signerOf(callers: Callers, { incoming }: Exchange): Promise<Signer | null> {
	const from = fromNode(incoming);
	if (fieldOf(from, "authorization") === undefined && !from.target.includes("X-Amz-Signature=")) return null;
	return callers.identify(from);
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

	/** `read`: the body, if it had to be read before. */
	start(read?: Uint8Array): void {
		const { exchange, target } = this.request;
		const came = toRequest(exchange.incoming, target);
		const payload = read === undefined ? came : { ...came, body: came.body && bodyOf(read) };
		const onResponse = (response: HttpResponse): void => this.respond(response);
		const ended = this.deps.invoker.invoke({ ...invocation(this.request), payload, onResponse });
		const done = read === undefined ? ended : ended.finally(() => requestBodies.give(read.length));
		done.then(
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

async function* bodyOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
	yield bytes;
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

function meta({ config }: ServeDeps, { authorizer, found, exchange, requestId }: Request) {
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
		...(authorizer === undefined ? {} : { authorizer }),
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
