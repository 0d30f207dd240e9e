/** A function's result as the response of a function URL. */
import type { HttpFields } from "../../engine/http.ts";
import { decodeUtf8, endToEnd, fieldBytes, isField } from "./fields.ts";

/** A response whose body is there as a whole. Its framing (`content-length` and the like) is left to who sends it. */
export interface BufferedResponse {
	status: number;
	headers: HttpFields;
	body: Uint8Array;
}

/** The result cannot be a response; why, for the function's author. AWS answers 502. */
export interface Malformed {
	malformed: string;
}

class MalformedResult extends Error {
	override name = "MalformedResult";
}

const JSON_TYPE: HttpFields = [["content-type", "application/json"]];

/**
 * How function URLs read a result: an object with `statusCode` is a response; any other JSON is the body of one, as it
 * is, with status 200 and type `application/json`. Members that are null count as absent, since many languages write them
 * so. An empty result is `null`.
 */
export function fromResult(payload: Uint8Array): BufferedResponse | Malformed {
	if (payload.length === 0) return { status: 200, headers: JSON_TYPE, body: Buffer.from("null") };
	try {
		const result = parse(payload);
		return isObject(result) && Object.hasOwn(result, "statusCode")
			? toResponse(result)
			: { status: 200, headers: JSON_TYPE, body: payload };
	} catch (error) {
		if (error instanceof MalformedResult) return { malformed: error.message };
		throw error;
	}
}

function parse(payload: Uint8Array): unknown {
	const text = decodeUtf8(payload);
	if (text === null) throw new MalformedResult("the result is not UTF-8");
	try {
		return JSON.parse(text);
	} catch {
		throw new MalformedResult("the result is not JSON");
	}
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function toResponse(result: Record<string, unknown>): BufferedResponse {
	const status = result.statusCode;
	// Below 200 a response is interim: another would have to follow.
	if (typeof status !== "number" || !Number.isInteger(status) || status < 200 || status > 599)
		throw new MalformedResult(`statusCode is ${show(status)}, and must be an integer from 200 to 599`);
	const headers = responseHeaders(result.headers);
	if (!headers.some(([name]) => name === "content-type")) headers.push(...JSON_TYPE);
	for (const cookie of responseCookies(result.cookies)) headers.push(["set-cookie", cookie]);
	return { status, headers, body: responseBody(result.body, result.isBase64Encoded) };
}

function responseHeaders(headers: unknown): HttpFields {
	if (headers === undefined || headers === null) return [];
	if (!isObject(headers)) throw new MalformedResult(`headers is ${show(headers)}, and must be an object of strings`);
	const fields: HttpFields = [];
	for (const [name, value] of Object.entries(headers)) {
		if (typeof value !== "string") throw new MalformedResult(`header ${show(name)} is not a string`);
		fields.push(checked(name.toLowerCase(), value));
	}
	return endToEnd(fields).filter(([name]) => name !== "content-length");
}

function responseCookies(cookies: unknown): string[] {
	if (cookies === undefined || cookies === null) return [];
	if (!Array.isArray(cookies))
		throw new MalformedResult(`cookies is ${show(cookies)}, and must be an array of strings`);
	return cookies.map((cookie: unknown) => {
		if (typeof cookie !== "string") throw new MalformedResult(`cookie ${show(cookie)} is not a string`);
		return checked("set-cookie", cookie)[1];
	});
}

/** JSON holds text, a field bytes: what is not ASCII is sent as UTF-8. */
function checked(name: string, value: string): [string, string] {
	const bytes = fieldBytes(value);
	if (!isField(name, bytes)) throw new MalformedResult(`header ${show(name)} is no valid header`);
	return [name, bytes];
}

function responseBody(body: unknown, isBase64Encoded: unknown): Uint8Array {
	if (isBase64Encoded !== undefined && isBase64Encoded !== null && typeof isBase64Encoded !== "boolean")
		throw new MalformedResult(`isBase64Encoded is ${show(isBase64Encoded)}, and must be a boolean`);
	if (body === undefined || body === null) return new Uint8Array();
	if (typeof body !== "string") return Buffer.from(stringify(body));
	if (isBase64Encoded !== true) return Buffer.from(body);
	try {
		return Uint8Array.fromBase64(body);
	} catch {
		throw new MalformedResult("isBase64Encoded is true, but body is not base64");
	}
}

/** A body that is not text is sent as the JSON that it is. */
function stringify(body: unknown): string {
	try {
		return JSON.stringify(body);
	} catch {
		throw new MalformedResult("body is nested too deeply");
	}
}

function show(value: unknown): string {
	if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
	return (JSON.stringify(value) ?? "undefined").slice(0, 80);
}
