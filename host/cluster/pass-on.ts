/** A request that control serves, for API and page: over its socket and back, streaming both ways. */
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Exchange } from "../gateway/outgoing.ts";
import { HAND_OVER } from "./handed-over.ts";

/** Connections to control are kept, and there may be as many as requests. */
const agent = new Agent({ keepAlive: true, maxFreeSockets: 256, timeout: 0 });

/** Fields that belong to one connection (RFC 9110, section 7.6.1), and what the first process has answered itself. */
const OF_CONNECTION = new Set(["connection", "keep-alive", "proxy-connection", "upgrade", "expect", HAND_OVER]);

/**
 * Passes a request on to the process that listens at `path`, with `told` (a header's value) for it alone. Resolves when the
 * answer has gone out; never rejects. If the other process ends first, the caller's connection is cut.
 */
export function passOn(exchange: Exchange, path: string, told: string): Promise<Response> {
	const { incoming, outgoing } = exchange;
	const { promise, resolve } = Promise.withResolvers<Response>();
	const onward = request({
		socketPath: path,
		agent,
		method: incoming.method,
		path: incoming.url,
		headers: [...fieldsOf(incoming.rawHeaders), HAND_OVER, told],
		setHost: false,
	});
	const fail = (): void => {
		// What comes after the answer concerns nobody.
		if (outgoing.writableEnded) return;
		outgoing.destroy();
		resolve(RESPONSE_ALREADY_SENT);
	};
	onward.on("error", fail);
	onward.once("response", (response) => void answer(exchange, onward, response, fail).then(resolve));
	outgoing.once("close", () => {
		if (!outgoing.writableFinished) onward.destroy();
	});
	sendBody(incoming, onward);
	return promise;
}

function sendBody(incoming: IncomingMessage, onward: ClientRequest): void {
	const { headers } = incoming;
	if (headers["transfer-encoding"] === undefined && headers["content-length"] === undefined) return void onward.end();
	incoming.pipe(onward, { end: false });
	incoming.once("end", () => {
		if (incoming.rawTrailers.length > 0) onward.addTrailers(pairs(incoming.rawTrailers));
		onward.end();
	});
	// Whoever breaks off is not to be taken for whoever has ended.
	incoming.once("close", () => {
		if (!incoming.complete) onward.destroy();
	});
}

function answer(
	exchange: Exchange,
	onward: ClientRequest,
	response: IncomingMessage,
	fail: () => void,
): Promise<Response> {
	const { outgoing } = exchange;
	const { promise, resolve } = Promise.withResolvers<Response>();
	const headers = fieldsOf(response.rawHeaders);
	const status = response.statusCode!;
	response.once("end", () => {
		// Answered before all of the request was sent: what comes next on this connection would be taken for the rest of it.
		if (!onward.writableFinished) onward.destroy();
	});
	if (response.headers.connection === "close") outgoing.shouldKeepAlive = false;
	outgoing.writeHead(status, response.statusMessage, headers);
	response.pipe(outgoing, { end: false });
	// A body that starts at once shares a packet with the headers; one that does not must not hold them back.
	const flush = setImmediate(() => outgoing.flushHeaders());
	response.once("end", () => {
		if (response.rawTrailers.length > 0) outgoing.addTrailers(pairs(response.rawTrailers));
		outgoing.end();
		resolve(RESPONSE_ALREADY_SENT);
	});
	response.once("close", () => {
		clearImmediate(flush);
		if (!response.complete) fail();
		resolve(RESPONSE_ALREADY_SENT);
	});
	return promise;
}

/** Names and values in turn, without those of the connection. */
function fieldsOf(raw: readonly string[]): string[] {
	const fields: string[] = [];
	for (let index = 0; index < raw.length; index += 2) {
		const name = raw[index]!;
		if (!OF_CONNECTION.has(name.toLowerCase())) fields.push(name, raw[index + 1]!);
	}
	return fields;
}

function pairs(raw: readonly string[]): [string, string][] {
	const fields: [string, string][] = [];
	for (let index = 0; index < raw.length; index += 2) fields.push([raw[index]!, raw[index + 1]!]);
	return fields;
}
