/** The response of an http guest as the result of an invocation with an event. */
import type { HttpBody, HttpFields, HttpResponse } from "../../engine/http.ts";
import { MAX_SYNC_PAYLOAD } from "../types.ts";
import { decodeUtf8, endToEnd, field, fieldText } from "./fields.ts";
import { isText } from "./media-type.ts";

/** The response, or its payload, is larger than a result may be. */
export class ResponseTooLarge extends Error {
	override name = "ResponseTooLarge";
}

/**
 * The response as a payload 2.0 response object, as JSON. Throws ResponseTooLarge as soon as more than 6 MB came (the rest
 * is not read), and what the body throws.
 */
export async function responseToPayload(response: HttpResponse): Promise<Uint8Array> {
	const body = await readBody(response.body);
	const payload = Buffer.from(JSON.stringify({ ...responseHead(response), ...textOrBase64(body, response.headers) }));
	if (payload.length > MAX_SYNC_PAYLOAD) throw tooLarge();
	return payload;
}

/** A response without its body, as payload 2.0 has it. */
export function responseHead({ status, headers }: Pick<HttpResponse, "status" | "headers">): object {
	return { statusCode: status, headers: joinHeaders(headers), ...cookies(headers) };
}

async function readBody(body: HttpBody): Promise<Buffer> {
	const chunks: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of body) {
		length += chunk.length;
		if (length > MAX_SYNC_PAYLOAD) throw tooLarge();
		chunks.push(chunk);
	}
	return Buffer.concat(chunks, length);
}

function tooLarge(): ResponseTooLarge {
	return new ResponseTooLarge(`The response is larger than ${MAX_SYNC_PAYLOAD} bytes`);
}

function joinHeaders(headers: HttpFields): Record<string, string> {
	const joined = new Map<string, string>();
	for (const [name, value] of endToEnd(headers)) {
		if (name === "set-cookie") continue;
		const earlier = joined.get(name);
		joined.set(name, earlier === undefined ? fieldText(value) : `${earlier},${fieldText(value)}`);
	}
	return Object.fromEntries(joined);
}

function cookies(headers: HttpFields): { cookies?: string[] } {
	const values = headers.filter(([name]) => name === "set-cookie").map(([, value]) => fieldText(value));
	return values.length > 0 ? { cookies: values } : {};
}

/** A compressed body is no text, whatever is in it; text without a type (a bare `write`) is. */
function textOrBase64(body: Buffer, headers: HttpFields): { body: string; isBase64Encoded: boolean } {
	const type = field(headers, "content-type");
	const plain = (field(headers, "content-encoding") ?? "identity").toLowerCase() === "identity";
	const text = plain && (type === undefined || isText(type)) ? decodeUtf8(body) : null;
	return text === null
		? { body: body.toString("base64"), isBase64Encoded: true }
		: { body: text, isBase64Encoded: false };
}
