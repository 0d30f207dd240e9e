/**
 * The project's responses on Node's. Written to Node's response itself, not through a web `Response`: fields repeat as the
 * function repeated them, a body's chunks go out as they come, and trailers follow.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { HttpFields, HttpResponse } from "../engine/http.ts";
import { endToEnd, isField } from "../invoker/http-event/fields.ts";
import type { BufferedResponse } from "../invoker/http-event.ts";

/** Node's side of one request. */
export interface Exchange {
	incoming: IncomingMessage;
	outgoing: ServerResponse;
}

/** A guest's response that HTTP cannot carry; why. */
export class Unsendable extends Error {
	override name = "Unsendable";
}

/** Sends a response that is there as a whole, with further fields. Gives what its Hono handler returns. */
export function sendWhole(exchange: Exchange, response: BufferedResponse, extra: HttpFields = []): Response {
	const { status, body } = response;
	const headers: HttpFields = [...response.headers, ...extra];
	// RFC 9110, section 8.6.
	if (!isBodiless(status)) headers.push(["content-length", String(body.length)]);
	if (exchange.incoming.method === "HEAD") return headOnly(status, headers);
	if (exchange.outgoing.destroyed) return RESPONSE_ALREADY_SENT;
	exchange.outgoing.writeHead(status, headers.flat());
	if (isBodiless(status)) exchange.outgoing.end();
	else endWith(exchange.outgoing, body);
	return RESPONSE_ALREADY_SENT;
}

/**
 * Sends a response as it comes, no faster than the caller takes it. Throws Unsendable before anything was sent. Should the
 * body fail later, the connection is cut, so that the caller does not take a part for the whole.
 */
export async function sendStream(
	exchange: Exchange,
	response: HttpResponse,
	extra: HttpFields = [],
): Promise<Response> {
	const { headers, length } = checked(response);
	headers.push(...extra);
	const { outgoing } = exchange;
	if (exchange.incoming.method === "HEAD" || isBodiless(response.status) || outgoing.destroyed) {
		release(response.body[Symbol.asyncIterator]());
		return exchange.incoming.method === "HEAD"
			? headOnly(response.status, headers)
			: sendWhole(exchange, { status: response.status, headers, body: new Uint8Array() });
	}
	// A short body is mostly there by now: it goes out in one piece, with its length.
	const whole = response.body.buffered?.();
	if (whole !== undefined) return sendFinished(exchange, response.status, headers, whole, length);
	outgoing.writeHead(response.status, headers.flat());
	await pump(outgoing, response, length).catch(() => outgoing.destroy());
	return RESPONSE_ALREADY_SENT;
}

/** Sends a body that is there as a whole. Throws Unsendable if it has another length than the one declared. */
function sendFinished(
	{ outgoing }: Exchange,
	status: number,
	headers: HttpFields,
	body: Uint8Array,
	declared: number | null,
): Response {
	if (declared === null) headers.push(["content-length", String(body.length)]);
	else if (declared !== body.length) throw new Unsendable(`${body.length} bytes of ${declared}`);
	outgoing.writeHead(status, headers.flat());
	endWith(outgoing, body);
	return RESPONSE_ALREADY_SENT;
}

/** Bodies up to here are sent as text. */
const SHORT = 8192;

/** Ends with a body. Node writes headers and a short text as one buffer, headers and bytes as two, which costs more. */
function endWith(outgoing: ServerResponse, body: Uint8Array): void {
	if (body.length > SHORT) outgoing.end(body);
	else outgoing.end(Buffer.from(body.buffer, body.byteOffset, body.length).toString("latin1"), "latin1");
}

/** Hono makes a GET of a HEAD and answers by itself, so it must be given a web Response. */
function headOnly(status: number, headers: HttpFields): Response {
	return new Response(null, { status, headers: new Headers(headers) });
}

function isBodiless(status: number): boolean {
	return status === 204 || status === 304;
}

function checked({ status, headers }: HttpResponse): { headers: HttpFields; length: number | null } {
	// Below 200 a response is interim: another would have to follow.
	if (status < 200 || status > 599) throw new Unsendable(`status ${status}`);
	if (!headers.every(([name, value]) => isField(name, value))) throw new Unsendable("a header that is no valid header");
	const lengths = new Set(headers.filter(([name]) => name === "content-length").map(([, value]) => value));
	const [length = null] = lengths;
	if (lengths.size > 1 || (length !== null && !/^[0-9]{1,15}$/.test(length)))
		throw new Unsendable("a content-length that is no length");
	const own = endToEnd(headers).filter(([name]) => name !== "content-length");
	if (length !== null && !isBodiless(status)) own.push(["content-length", length]);
	return { headers: own, length: length === null ? null : Number(length) };
}

async function pump(outgoing: ServerResponse, response: HttpResponse, length: number | null): Promise<void> {
	const closed = new Promise<null>((resolve) => outgoing.once("close", () => resolve(null)));
	// A body that starts at once shares a packet with the headers; one that does not must not hold them back.
	const flush = setImmediate(() => outgoing.flushHeaders());
	const body = response.body[Symbol.asyncIterator]();
	try {
		const sent = await write(outgoing, body, closed, length);
		if (outgoing.destroyed) return;
		// Another length than the one declared would make the rest of the connection unreadable, or somebody else's answer.
		if (length !== null && sent !== length) throw new Unsendable(`${sent} bytes of ${length}`);
		const trailers = response.trailers ? await Promise.race([response.trailers, closed]) : null;
		if (trailers) outgoing.addTrailers(sendable(trailers));
		outgoing.end();
	} finally {
		clearImmediate(flush);
		release(body);
	}
}

/** Gives the number of bytes written. */
async function write(
	outgoing: ServerResponse,
	body: AsyncIterator<Uint8Array>,
	closed: Promise<null>,
	limit: number | null,
): Promise<number> {
	let sent = 0;
	for (;;) {
		const next = await Promise.race([body.next(), closed]);
		if (next === null || next.done || outgoing.destroyed) return sent;
		sent += next.value.length;
		if (limit !== null && sent > limit) throw new Unsendable(`more than ${limit} bytes`);
		if (next.value.length > 0 && !outgoing.write(next.value)) await Promise.race([drained(outgoing), closed]);
	}
}

function drained(outgoing: ServerResponse): Promise<void> {
	return new Promise((resolve) => outgoing.once("drain", resolve));
}

/** Nobody wants the rest. */
function release(body: AsyncIterator<Uint8Array>): void {
	Promise.resolve(body.return?.()).catch(() => {});
}

/** Fields that must not come after the body (RFC 9110, section 6.5.1), or that have a meaning to the gateway. */
const NOT_IN_TRAILERS = new Set([
	"content-length",
	"host",
	"set-cookie",
	"content-type",
	"content-encoding",
	"authorization",
]);

function sendable(trailers: HttpFields): HttpFields {
	return endToEnd(trailers).filter(([name, value]) => isField(name, value) && !NOT_IN_TRAILERS.has(name));
}
