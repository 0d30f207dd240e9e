/** Sends one request over a connection of its own, and receives the answer (node:http, node:https). */
import http from "node:http";
import https from "node:https";
import type { HttpBody } from "../../http.ts";
import type { Guest } from "../types.ts";
import { HttpErrorCode } from "./error-code.ts";
import { Fields } from "./fields.ts";
import { IncomingBody } from "./incoming-body.ts";
import type { FutureIncomingResponse, IncomingResponse, OutgoingRequest, RequestOptions } from "./kinds.ts";
import { networkError } from "./network-error.ts";
import type { OutgoingBody } from "./outgoing-body.ts";
import { pairs, ResponseBody } from "./response-body.ts";
import type { Target } from "./target.ts";
import { Timeout } from "./timeout.ts";
import { Waiters } from "./waiters.ts";

/** Most connections of one instance at once. */
export const MAX_CONNECTIONS = 64;
/** Most bytes of a response's status line and headers. */
export const MAX_RESPONSE_HEADER_BYTES = 65_536;

/**
 * The connections of one instance. Each carries one request, as in wasmtime: none is kept for a later invocation, and
 * none, nor a TLS session, is ever shared with another function.
 */
export class Connections {
	private open = 0;
	readonly agents = {
		http: new http.Agent({ keepAlive: false }),
		https: new https.Agent({ keepAlive: false, maxCachedSessions: 0 }),
	};

	get full(): boolean {
		return this.open >= MAX_CONNECTIONS;
	}

	/** Counts a connection until its request is closed. */
	count(request: http.ClientRequest): void {
		this.open += 1;
		request.once("close", () => {
			this.open -= 1;
		});
	}
}

const byGuest = new WeakMap<Guest, Connections>();

export function connections(guest: Guest): Connections {
	let found = byGuest.get(guest);
	if (found === undefined) {
		found = new Connections();
		byGuest.set(guest, found);
	}
	return found;
}

/** A request on its way, and then its response: what `future-incoming-response` is. */
export class SentRequest implements FutureIncomingResponse {
	outcome: IncomingResponse | HttpErrorCode | undefined;
	taken = false;
	readonly waiters = new Waiters();
	private readonly request: http.ClientRequest;
	private readonly body: OutgoingBody | undefined;
	private readonly signal: AbortSignal;
	private readonly firstByte: Timeout;
	private readonly betweenBytes: bigint | undefined;

	constructor(guest: Guest, open: Connections, to: Target, message: OutgoingRequest, options: RequestOptions) {
		this.body = message.body;
		this.signal = guest.signal;
		this.betweenBytes = options.betweenBytesTimeout;
		this.firstByte = new Timeout(options.firstByteTimeout, () => this.fail("connection-read-timeout"));
		this.request = start(open, to, message);
		const connect = new Timeout(options.connectTimeout, () => this.fail("connection-timeout"));
		connect.start();
		this.request.once("socket", (socket) => {
			socket.once(to.scheme === "https" ? "secureConnect" : "connect", () => {
				connect.clear();
				if (this.outcome === undefined) this.firstByte.start();
			});
		});
		this.request.on("error", (error) => this.settle(networkError(error)));
		this.request.once("response", (response) => this.respond(response));
		this.request.once("upgrade", (_response, socket) => {
			socket.destroy();
			this.fail("HTTP-upgrade-failed");
		});
		this.request.once("close", () => {
			connect.clear();
			this.closed();
		});
		this.signal.addEventListener("abort", this.cancel);
		if (this.signal.aborted) this.cancel();
		else void this.sendBody(hasBody(message) ? this.body : undefined);
	}

	private closed(): void {
		this.signal.removeEventListener("abort", this.cancel);
		this.settle(new HttpErrorCode("connection-terminated"));
		void this.body?.return();
	}

	private fail(code: HttpErrorCode["code"]): void {
		this.settle(new HttpErrorCode(code));
		this.request.destroy();
	}

	/** The first outcome counts; what happens to the connection afterwards is the body's to tell. */
	private settle(outcome: IncomingResponse | HttpErrorCode): void {
		if (this.outcome !== undefined) return;
		this.outcome = outcome;
		this.firstByte.clear();
		this.waiters.wake();
	}

	private respond(response: http.IncomingMessage): void {
		const body = new ResponseBody(response, this.betweenBytes);
		this.settle({
			status: response.statusCode ?? 0,
			fields: Fields.incoming(pairs(response.rawHeaders)),
			body: new IncomingBody(body, body.trailers, "HTTP-protocol-error"),
		});
	}

	/** Writes the guest's body as fast as the connection takes it. */
	private async sendBody(body: HttpBody | undefined): Promise<void> {
		try {
			if (body === undefined) await discard(this.body);
			else for await (const chunk of body) if (!this.request.write(chunk)) await this.drained();
			const trailers = await this.body?.trailers();
			if (body !== undefined && trailers) this.request.addTrailers(trailers);
			this.request.end();
		} catch (error) {
			this.settle(error instanceof HttpErrorCode ? error : networkError(error));
			this.request.destroy();
		}
	}

	private drained(): Promise<void> {
		return new Promise((resolve) => {
			const done = () => {
				this.request.off("drain", done).off("close", done);
				resolve();
			};
			this.request.on("drain", done).on("close", done);
			if (this.request.destroyed) done();
		});
	}

	/** The guest dropped the future, or the invocation is over. A response that the guest took goes on without it. */
	readonly cancel = (): void => {
		if (this.taken && !this.signal.aborted) return;
		this.settle(new HttpErrorCode("connection-terminated"));
		this.request.destroy();
	};
}

function start(open: Connections, to: Target, message: OutgoingRequest): http.ClientRequest {
	const module = to.scheme === "https" ? https : http;
	const request = module.request({
		agent: open.agents[to.scheme],
		host: to.host,
		port: to.port,
		method: to.method,
		path: to.path,
		headers: headerLines(to, message),
		maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
		...(to.scheme === "https" ? { rejectUnauthorized: true } : {}),
	});
	// The size is bounded, so that their number is; node would silently drop headers beyond its default of 2000.
	request.maxHeadersCount = 0;
	request.setNoDelay(true);
	open.count(request);
	return request;
}

/** Names and values in turn: node sends them as they are, and adds no Host of its own. */
function headerLines(to: Target, message: OutgoingRequest): string[] {
	const lines = ["host", to.hostHeader];
	for (const [name, value] of message.fields.entries) lines.push(name, value);
	if (hasBody(message)) {
		if (message.fields.contentLength === undefined) lines.push("transfer-encoding", "chunked");
	} else if (message.fields.contentLength === undefined && message.method !== "GET" && message.method !== "HEAD") {
		lines.push("content-length", "0");
	}
	return lines;
}

/**
 * Is a body sent? wasmtime (hyper) sends none with GET and HEAD unless the guest says how long it is: SDKs that take the
 * body of every request would make servers answer 400 otherwise.
 */
function hasBody({ body, method, fields }: OutgoingRequest): boolean {
	if (body === undefined) return false;
	return fields.contentLength !== undefined || (method !== "GET" && method !== "HEAD");
}

/** What the guest writes where no body is sent is read and dropped, as there. */
async function discard(body: OutgoingBody | undefined): Promise<void> {
	if (body === undefined) return;
	for await (const chunk of body) void chunk;
}
