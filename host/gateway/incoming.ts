/** Node's request as the project's. */
import type { IncomingMessage } from "node:http";
import type { HttpBody, HttpFields, HttpRequest } from "../engine/http.ts";
import { ServiceError } from "../errors.ts";
import { endToEnd } from "../invoker/http-event/fields.ts";
import { requestBodies } from "../request-bodies.ts";
import type { Target } from "./target.ts";

/** The body is larger than allowed. */
export class BodyTooLarge extends Error {
	override name = "BodyTooLarge";
}

/** The caller went away before the body had ended. */
export class CallerGone extends Error {
	override name = "CallerGone";
}

/** The request as it came: path undecoded, fields repeated as they were; only the connection's own fields are gone. */
export function toRequest(incoming: IncomingMessage, target: Target): HttpRequest {
	return {
		method: incoming.method ?? "GET",
		scheme: "http",
		authority: target.host,
		pathWithQuery: target.pathWithQuery,
		headers: passedOn(incoming),
		body: hasBody(incoming) ? chunks(incoming) : null,
		trailers: isChunked(incoming) ? trailers(incoming) : undefined,
	};
}

/**
 * All of the body. Throws BodyTooLarge before more than `limit` bytes are held, CallerGone, and TooManyRequestsException where all
 * bodies together are too many. What it gives counts into those until `requestBodies.give`.
 */
export async function readBody(incoming: IncomingMessage, limit: number): Promise<Uint8Array> {
	if (!hasBody(incoming)) return new Uint8Array();
	if (Number(incoming.headers["content-length"] ?? 0) > limit) throw new BodyTooLarge();
	const parts: Uint8Array[] = [];
	let length = 0;
	try {
		for await (const part of chunks(incoming)) {
			if (length + part.length > limit) throw new BodyTooLarge();
			requestBodies.take(part.length);
			length += part.length;
			parts.push(part);
		}
	} catch (error) {
		requestBodies.give(length);
		if (error instanceof BodyTooLarge || error instanceof ServiceError) throw error;
		throw new CallerGone("The body broke off", { cause: error });
	}
	return parts.length === 1 ? parts[0]! : Buffer.concat(parts, length);
}

/** Trailers do reach the caller, so the guest may know that it takes them (gRPC's guests ask). */
function passedOn(incoming: IncomingMessage): HttpFields {
	const fields = endToEnd(pairs(incoming.rawHeaders));
	const { te } = incoming.headers;
	if (te !== undefined && /(^|,)\s*trailers\s*(,|$)/i.test(String(te))) fields.push(["te", "trailers"]);
	return fields;
}

/** Node gives one flat list of names and values; names as they came, values in Latin-1. */
function pairs(raw: string[]): HttpFields {
	const fields: HttpFields = [];
	for (let index = 0; index < raw.length; index += 2) fields.push([raw[index]!.toLowerCase(), raw[index + 1]!]);
	return fields;
}

function isChunked(incoming: IncomingMessage): boolean {
	return incoming.headers["transfer-encoding"] !== undefined;
}

/** RFC 9112, section 6.3: a request without either field has no body. */
function hasBody(incoming: IncomingMessage): boolean {
	return isChunked(incoming) || (incoming.headers["content-length"] ?? "0") !== "0";
}

/** Whoever stops reading early must not end the connection: the answer has yet to go out on it. */
function chunks(incoming: IncomingMessage): HttpBody {
	return incoming.iterator({ destroyOnReturn: false }) as HttpBody;
}

function trailers(incoming: IncomingMessage): Promise<HttpFields | null> {
	return new Promise((resolve) => {
		incoming.once("end", () => resolve(incoming.rawTrailers.length > 0 ? pairs(incoming.rawTrailers) : null));
		incoming.once("close", () => resolve(null));
	});
}
