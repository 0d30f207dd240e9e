/** An event as the request that an http guest serves. */
import type { HttpBody, HttpFields, HttpRequest } from "../../engine/http.ts";
import { decodeUtf8, endToEnd, fieldBytes, isField } from "./fields.ts";

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/;
/** Where an event comes from that names no host. */
const AUTHORITY = "lambda.localhost";

/**
 * The request of an event: a payload 2.0 (function URL, HTTP API) or 1.0 (REST API) event is the request it describes; any
 * other is POSTed to `/` as it is, as JSON. Total: what cannot be part of a request (an invalid header, a method with a
 * space) makes the event one of the others.
 */
export function eventToRequest(event: Uint8Array): HttpRequest {
	return described(event) ?? posted(event);
}

function posted(event: Uint8Array): HttpRequest {
	const headers: HttpFields = [
		["host", AUTHORITY],
		["content-type", "application/json"],
		["content-length", String(event.length)],
	];
	return { method: "POST", scheme: "http", authority: AUTHORITY, pathWithQuery: "/", headers, body: once(event) };
}

type Members = Record<string, unknown>;

function described(event: Uint8Array): HttpRequest | null {
	const parsed = parse(event);
	if (parsed === null) return null;
	const line = parsed.version === "2.0" ? requestLine2(parsed) : requestLine1(parsed);
	const headers = requestHeaders(parsed);
	const body = requestBody(parsed);
	if (line === null || headers === null || body === null) return null;
	if (!METHOD.test(line.method) || !isTarget(line.pathWithQuery)) return null;
	const authority = headers.find(([name]) => name === "host")?.[1] ?? AUTHORITY;
	return {
		...line,
		scheme: headers.some(([name, value]) => name === "x-forwarded-proto" && value === "https") ? "https" : "http",
		authority,
		headers: framed(headers, authority, body),
		body: body.length > 0 ? once(body) : null,
	};
}

/** The body's length as it is, not as some proxy once saw it. */
function framed(headers: HttpFields, authority: string, body: Uint8Array): HttpFields {
	const fields = headers.filter(([name]) => name !== "content-length" && name !== "host");
	fields.unshift(["host", authority]);
	if (body.length > 0) fields.push(["content-length", String(body.length)]);
	return fields;
}

function parse(event: Uint8Array): Members | null {
	try {
		const value: unknown = JSON.parse(decodeUtf8(event) ?? "");
		return members(value);
	} catch {
		return null;
	}
}

function members(value: unknown): Members | null {
	return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : null;
}

interface RequestLine {
	method: string;
	pathWithQuery: string;
}

function requestLine2(event: Members): RequestLine | null {
	const method = members(members(event.requestContext)?.http)?.method;
	const { rawPath, rawQueryString } = event;
	if (typeof method !== "string" || typeof rawPath !== "string") return null;
	const query = typeof rawQueryString === "string" && rawQueryString !== "" ? `?${rawQueryString}` : "";
	return { method, pathWithQuery: encodePath(rawPath) + query };
}

/** Payload format 1.0 has its query decoded, once with one value a name and once with all. */
function requestLine1(event: Members): RequestLine | null {
	const { httpMethod, path } = event;
	if (typeof httpMethod !== "string" || typeof path !== "string" || !members(event.requestContext)) return null;
	const query = new URLSearchParams();
	for (const [name, value] of multiple(event.multiValueQueryStringParameters, event.queryStringParameters))
		query.append(name, value);
	return { method: httpMethod, pathWithQuery: encodePath(path) + (query.size > 0 ? `?${query}` : "") };
}

/** HTTP APIs and REST APIs hand over decoded paths: what cannot stand in a path is encoded again, what can stays. */
function encodePath(path: string): string {
	return path.replace(/[^!$%&'()*+,\-./0-9:;=@A-Z_a-z~[\]]/gu, (character) => encode(character));
}

function encode(character: string): string {
	return Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}

function isTarget(target: string): boolean {
	return target.startsWith("/") && /^[\x21-\x7e]*$/.test(target);
}

/** The pairs of `all` (names to arrays of values), else of `single` (names to values); others than strings are passed over. */
function multiple(all: unknown, single: unknown): [string, string][] {
	const many = members(all);
	const pairs = many
		? Object.entries(many).flatMap(([name, values]) => (Array.isArray(values) ? values.map((it) => [name, it]) : []))
		: Object.entries(members(single) ?? {});
	return pairs.filter((pair): pair is [string, string] => typeof pair[1] === "string");
}

/** Null if one of them cannot be sent. */
function requestHeaders(event: Members): HttpFields | null {
	const fields = multiple(event.multiValueHeaders, event.headers).map(([name, value]): [string, string] => [
		name.toLowerCase(),
		fieldBytes(value),
	]);
	const { cookies } = event;
	if (Array.isArray(cookies) && cookies.length > 0 && !fields.some(([name]) => name === "cookie"))
		fields.push(["cookie", fieldBytes(cookies.filter((it) => typeof it === "string").join("; "))]);
	return fields.every(([name, value]) => isField(name, value)) ? endToEnd(fields) : null;
}

/** Null if it says base64 and is not. */
function requestBody(event: Members): Uint8Array | null {
	const { body, isBase64Encoded } = event;
	if (body === undefined || body === null) return new Uint8Array();
	if (typeof body !== "string") return null;
	if (isBase64Encoded !== true) return Buffer.from(body);
	try {
		return Uint8Array.fromBase64(body);
	} catch {
		return null;
	}
}

async function* once(bytes: Uint8Array): HttpBody {
	yield bytes;
}
