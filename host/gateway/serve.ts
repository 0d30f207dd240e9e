/** One request to a function URL, from its arrival to its answer. */
import { randomUUID } from "node:crypto";
import type { Config } from "../config.ts";
import type { HttpFields, HttpResponse } from "../engine/http.ts";
import { type BufferedResponse, fromResult, toEvent } from "../invoker/http-event.ts";
import { type InvokeResult, type Invoker, MAX_SYNC_PAYLOAD } from "../invoker/types.ts";
import { corsFields, preflight } from "./cors.ts";
import type { Found } from "./find.ts";
import { BodyTooLarge, CallerGone, readBody, toRequest } from "./incoming.ts";
import { type Exchange, sendStream, sendWhole, Unsendable } from "./outgoing.ts";
import { badGateway, hostFault, ofError, refusal, tooLarge } from "./refusals.ts";
import type { Target } from "./target.ts";

export interface ServeDeps {
	config: Pick<Config, "account">;
	invoker: Pick<Invoker, "invoke">;
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
	signal: AbortSignal;
}

/** Serves a request to the URL that was found. Never rejects. */
export async function serveUrl(deps: ServeDeps, found: Found, exchange: Exchange, target: Target): Promise<Response> {
	const { incoming } = exchange;
	const requestId = randomUUID();
	const own: HttpFields = [["x-amzn-requestid", requestId]];
	const preflighted = preflight(found.url.cors, incoming.method, incoming.headers);
	if (preflighted) return sendWhole(exchange, preflighted, own);
	const extra = [...own, ...corsFields(found.url.cors, incoming.headers.origin)];
	const request = { found, exchange, target, requestId, extra, signal: callerGone(exchange) };
	try {
		if (found.url.authType !== "NONE") return sendWhole(exchange, unsigned(deps, found), extra);
		return found.kind === "http" ? await serveHttp(deps, request) : await serveEvent(deps, request);
	} catch (error) {
		return sendWhole(exchange, answerTo(deps, request, error), extra);
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
async function serveHttp(deps: ServeDeps, request: Request): Promise<Response> {
	const { exchange, found, requestId, signal } = request;
	const responded = Promise.withResolvers<HttpResponse>();
	const ended = deps.invoker.invoke({
		...invocation(request),
		payload: toRequest(exchange.incoming, request.target),
		onResponse: (response) => responded.resolve(response),
	});
	// Whichever comes first. A failure after the response is the body's to tell.
	const first = await Promise.race([responded.promise, ended]);
	if (!("status" in first)) return sendWhole(exchange, failed(deps, request, first), request.extra);
	ended.catch((error: unknown) => answerTo(deps, request, error));
	try {
		return await sendStream(exchange, withoutRequestId(first), request.extra);
	} catch (error) {
		if (!(error instanceof Unsendable)) throw error;
		if (!signal.aborted) deps.log(`${found.url.functionName} answered ${error.message} (request ${requestId})`);
		return sendWhole(exchange, badGateway(), request.extra);
	}
}

/** The other kinds take an event and give a result. */
async function serveEvent(deps: ServeDeps, request: Request): Promise<Response> {
	const { exchange, found, requestId, target } = request;
	const body = await readBody(exchange.incoming, MAX_SYNC_PAYLOAD);
	const event = toEvent(toRequest(exchange.incoming, target), body, meta(deps, request));
	const payload = Buffer.from(JSON.stringify(event));
	// Base64 and the event around it count as well: AWS's limit is one on payloads.
	if (payload.length > MAX_SYNC_PAYLOAD) throw new BodyTooLarge();
	const result = await deps.invoker.invoke({ ...invocation(request), payload });
	if (result.functionError) return sendWhole(exchange, failed(deps, request, result), request.extra);
	const response =
		result.payload.length > MAX_SYNC_PAYLOAD ? { malformed: "more than 6 MB" } : fromResult(result.payload);
	if ("status" in response) return sendWhole(exchange, withoutRequestId(response), request.extra);
	deps.log(`${found.url.functionName} gave no valid response: ${response.malformed} (request ${requestId})`);
	return sendWhole(exchange, badGateway(), request.extra);
}

function invocation({ found, exchange, requestId, signal }: Request) {
	const traceId = exchange.incoming.headers["x-amzn-trace-id"];
	return {
		functionName: found.url.functionName,
		qualifier: found.url.qualifier,
		requestId,
		signal,
		...(typeof traceId === "string" ? { traceId } : {}),
	};
}

function meta({ config }: ServeDeps, { found, exchange, requestId }: Request) {
	const { socket, httpVersion } = exchange.incoming;
	return {
		accountId: config.account,
		apiId: found.url.id,
		domainName: `${found.url.id}.lambda-url.localhost`,
		domainPrefix: found.url.id,
		requestId,
		// An IPv4 caller on an IPv6 socket.
		sourceIp: (socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
		port: socket.localPort ?? 0,
		protocol: `HTTP/${httpVersion}`,
		time: Date.now(),
	};
}

/** The id is the gateway's to tell. */
function withoutRequestId<R extends { headers: HttpFields }>(response: R): R {
	return { ...response, headers: response.headers.filter(([name]) => name !== "x-amzn-requestid") };
}

function failed(deps: ServeDeps, { found, requestId }: Request, result: InvokeResult): BufferedResponse {
	if (!result.functionError) deps.log(`${found.url.functionName} ended without a response (request ${requestId})`);
	return badGateway();
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

function callerGone({ outgoing }: Exchange): AbortSignal {
	const controller = new AbortController();
	outgoing.once("close", () => {
		if (!outgoing.writableFinished) controller.abort(new Error("The caller went away"));
	});
	return controller.signal;
}
