/**
 * The project's responses on Node's. Written to Node's response itself, not through a web `Response`: fields repeat as the
 * function repeated them, a body's chunks go out as they come, and trailers follow.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpBody, HttpFields, HttpResponse } from "../engine/http.ts";
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

/** Sends a response that is there as a whole, with further fields; nothing if an answer is under way already. */
export function sendWhole({ outgoing }: Exchange, response: BufferedResponse, extra: HttpFields = []): void {
	const { status, body } = response;
	if (outgoing.destroyed || outgoing.headersSent) return;
	const headers = flat(response.headers, extra);
	// RFC 9110, section 8.6.
	if (!isBodiless(status)) headers.push("content-length", String(body.length));
	outgoing.writeHead(status, headers);
	if (isBodiless(status)) outgoing.end();
	else endWith(outgoing, body);
}

function flat(...lists: readonly HttpFields[]): string[] {
	const list: string[] = [];
	for (const fields of lists) for (const [name, value] of fields) list.push(name, value);
	return list;
}

/**
 * Sends a response as it comes, no faster than the caller takes it. Throws Unsendable before anything was sent. Should the
 * body fail later, the connection is cut, so that the caller does not take a part for the whole. Gives a promise if it has
 * to wait: a short body is mostly there by now, and goes out in one piece, with its length.
 */
export function sendStream(exchange: Exchange, response: HttpResponse, extra: HttpFields): void | Promise<void> {
	const { outgoing, incoming } = exchange;
	const { status, body } = response;
	const { headers, length } = checked(response, extra);
	if (incoming.method === "HEAD" || isBodiless(status) || outgoing.destroyed)
		return sendHead(exchange, status, headers, body);
	const text = body.text?.();
	if (text !== undefined) return sendFinished(outgoing, status, headers, text, length);
	const whole = body.buffered?.();
	if (whole !== undefined) return sendFinished(outgoing, status, headers, whole, length);
	outgoing.writeHead(status, headers);
	return pump(outgoing, response, length).catch(() => void outgoing.destroy());
}

/** Nobody wants the body. */
function sendHead({ outgoing }: Exchange, status: number, headers: string[], body: HttpBody): void {
	release(body[Symbol.asyncIterator]());
	if (!outgoing.destroyed) outgoing.writeHead(status, headers).end();
}

/** Sends a body that is there as a whole. Throws Unsendable if it has another length than the one declared. */
function sendFinished(
	outgoing: ServerResponse,
	status: number,
	headers: string[],
	body: Uint8Array | string,
	declared: number | null,
): void {
	if (declared === null) headers.push("content-length", String(body.length));
	else if (declared !== body.length) throw new Unsendable(`${body.length} bytes of ${declared}`);
	outgoing.writeHead(status, headers);
	if (typeof body === "string") outgoing.end(body, "latin1");
	else endWith(outgoing, body);
}

/** Bodies up to here are sent as text. */
const SHORT = 8192;

/** Ends with a body. Node writes headers and a short text as one buffer, headers and bytes as two, which costs more. */
function endWith(outgoing: ServerResponse, body: Uint8Array): void {
	if (body.length > SHORT) outgoing.end(body);
	else outgoing.end(Buffer.from(body.buffer, body.byteOffset, body.length).toString("latin1"), "latin1");
}

function isBodiless(status: number): boolean {
	return status === 204 || status === 304;
}

/** The fields to send, names and values in one list; and the length that they promise. */
function checked({ status, headers }: HttpResponse, extra: HttpFields): { headers: string[]; length: number | null } {
	// Below 200 a response is interim: another would have to follow.
	if (status < 200 || status > 599) throw new Unsendable(`status ${status}`);
	const list: string[] = [];
	let length: string | null = null;
	const fields = endToEnd(headers);
	for (let i = 0; i < fields.length; i++) {
		const [name, value] = fields[i]!;
		if (!isField(name, value)) throw new Unsendable("a header that is no valid header");
		if (name === REQUEST_ID) continue;
		if (name === "content-length") length = sameLength(length, value);
		else list.push(name, value);
	}
	if (length !== null && !isBodiless(status)) list.push("content-length", length);
	for (const [name, value] of extra) list.push(name, value);
	return { headers: list, length: length === null ? null : Number(length) };
}

/** The id is the gateway's to tell. */
export const REQUEST_ID = "x-amzn-requestid";

function sameLength(before: string | null, length: string): string {
	if ((before !== null && before !== length) || !/^[0-9]{1,15}$/.test(length))
		throw new Unsendable("a content-length that is no length");
	return length;
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
