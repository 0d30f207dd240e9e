/** Node's request as the project's. */
import type { IncomingMessage } from "node:http";
import type { HttpBody, HttpFields, HttpRequest } from "../engine/http.ts";
import { ServiceError } from "../errors.ts";
import { endToEnd, field } from "../invoker/http-event/fields.ts";
import { requestBodies } from "../request-bodies.ts";
import { pairs, type Target } from "./target.ts";

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
		headers: passedOn(target.fields),
		body: hasBody(target.fields) ? chunks(incoming) : null,
		trailers: isChunked(target.fields) ? trailers(incoming) : undefined,
	};
}

/**
 * All of the body. Throws BodyTooLarge before more than `limit` bytes are held, CallerGone, and TooManyRequestsException where all
 * bodies together are too many. What it gives counts into those until `requestBodies.give`.
 */
export async function readBody(incoming: IncomingMessage, { fields }: Target, limit: number): Promise<Uint8Array> {
	if (!hasBody(fields)) return NOTHING;
	if (Number(field(fields, "content-length") ?? 0) > limit) throw new BodyTooLarge();
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

const NOTHING = new Uint8Array();

/** Trailers do reach the caller, so the guest may know that it takes them (gRPC's guests ask). */
function passedOn(fields: HttpFields): HttpFields {
	const own = endToEnd(fields);
	return fields.some(takesTrailers) ? [...own, ["te", "trailers"]] : own;
}

function takesTrailers([name, value]: [string, string]): boolean {
	return name === "te" && /(^|,)\s*trailers\s*(,|$)/i.test(value);
}

function isChunked(fields: HttpFields): boolean {
	return field(fields, "transfer-encoding") !== undefined;
}

/** RFC 9112, section 6.3: a request without either field has no body. */
export function hasBody(fields: HttpFields): boolean {
	return isChunked(fields) || (field(fields, "content-length") ?? "0") !== "0";
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
