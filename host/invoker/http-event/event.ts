/** A request as the event of a function URL. */
import type { HttpFields, HttpRequest } from "../../engine/http.ts";
import { decodeUtf8, endToEnd, field, fieldText } from "./fields.ts";
import { isText } from "./media-type.ts";

/** What an event says of a request beyond the request itself. */
export interface RequestMeta {
	/** Of the function's owner. */
	accountId: string;
	/** The id of the function URL. */
	apiId: string;
	/** `ID.lambda-url.localhost`. */
	domainName: string;
	domainPrefix: string;
	requestId: string;
	sourceIp: string;
	/** The port that the request came in at. */
	port: number;
	/** `HTTP/1.1`. */
	protocol: string;
	/** ms since the epoch. */
	time: number;
}

/** Payload format 2.0. Members that AWS leaves out when they are empty are left out here too. */
export interface UrlEvent {
	version: "2.0";
	routeKey: "$default";
	rawPath: string;
	rawQueryString: string;
	cookies?: string[];
	headers: Record<string, string>;
	queryStringParameters?: Record<string, string>;
	requestContext: {
		accountId: string;
		apiId: string;
		authentication: null;
		domainName: string;
		domainPrefix: string;
		http: { method: string; path: string; protocol: string; sourceIp: string; userAgent: string };
		requestId: string;
		routeKey: "$default";
		stage: "$default";
		time: string;
		timeEpoch: number;
	};
	body?: string;
	isBase64Encoded: boolean;
}

/**
 * The event of a request whose body was read to its end. The path stays encoded in `rawPath`, as function URLs leave it
 * (API Gateway's HTTP APIs decode it), and is decoded in `requestContext.http.path`.
 */
export function toEvent(request: HttpRequest, body: Uint8Array, meta: RequestMeta): UrlEvent {
	const { rawPath, rawQueryString } = splitTarget(request.pathWithQuery);
	const query = queryParameters(rawQueryString);
	const cookies = splitCookies(request.headers);
	return {
		version: "2.0",
		routeKey: "$default",
		rawPath,
		rawQueryString,
		...(cookies.length > 0 ? { cookies } : {}),
		headers: eventHeaders(request, meta),
		...(query ? { queryStringParameters: query } : {}),
		requestContext: requestContext(request, rawPath, meta),
		...eventBody(body, field(request.headers, "content-type")),
	};
}

function splitTarget(target: string): { rawPath: string; rawQueryString: string } {
	const mark = target.indexOf("?");
	return mark < 0
		? { rawPath: target, rawQueryString: "" }
		: { rawPath: target.slice(0, mark), rawQueryString: target.slice(mark + 1) };
}

/** Names and values decoded as a form is; the values of one name joined. Null if there are none. */
function queryParameters(query: string): Record<string, string> | null {
	if (query === "") return null;
	const joined = new Map<string, string>();
	for (const [name, value] of new URLSearchParams(query)) {
		const earlier = joined.get(name);
		joined.set(name, earlier === undefined ? value : `${earlier},${value}`);
	}
	return joined.size > 0 ? Object.fromEntries(joined) : null;
}

function splitCookies(headers: HttpFields): string[] {
	return headers
		.filter(([name]) => name === "cookie")
		.flatMap(([, value]) => fieldText(value).split(";"))
		.map((cookie) => cookie.trim())
		.filter((cookie) => cookie !== "");
}

/** Lower-case, values of one name joined. Cookies have a member of their own. What the connection says overrides the caller. */
function eventHeaders(request: HttpRequest, meta: RequestMeta): Record<string, string> {
	const joined = new Map<string, string>();
	for (const [name, value] of endToEnd(request.headers)) {
		if (name === "cookie") continue;
		const earlier = joined.get(name);
		joined.set(name, earlier === undefined ? fieldText(value) : `${earlier},${fieldText(value)}`);
	}
	joined.set("host", request.authority);
	joined.set("x-forwarded-for", meta.sourceIp);
	joined.set("x-forwarded-proto", request.scheme);
	joined.set("x-forwarded-port", String(meta.port));
	return Object.fromEntries(joined);
}

function requestContext(request: HttpRequest, rawPath: string, meta: RequestMeta): UrlEvent["requestContext"] {
	return {
		accountId: meta.accountId,
		apiId: meta.apiId,
		authentication: null,
		domainName: meta.domainName,
		domainPrefix: meta.domainPrefix,
		http: {
			method: request.method,
			path: decodePath(rawPath),
			protocol: meta.protocol,
			sourceIp: meta.sourceIp,
			userAgent: fieldText(field(request.headers, "user-agent") ?? ""),
		},
		requestId: meta.requestId,
		routeKey: "$default",
		stage: "$default",
		time: requestTime(meta.time),
		timeEpoch: meta.time,
	};
}

function decodePath(path: string): string {
	if (!path.includes("%")) return path;
	try {
		return decodeURIComponent(path);
	} catch {
		return path;
	}
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `05/Aug/2022:08:14:39 +0000`. */
function requestTime(time: number): string {
	const iso = new Date(time).toISOString();
	return `${iso.slice(8, 10)}/${MONTHS[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}

/** Text only if the type says so and the bytes are; so no body is ever damaged. */
function eventBody(body: Uint8Array, contentType: string | undefined): { body?: string; isBase64Encoded: boolean } {
	if (body.length === 0) return { isBase64Encoded: false };
	const text = isText(contentType) ? decodeUtf8(body) : null;
	return text === null
		? { body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("base64"), isBase64Encoded: true }
		: { body: text, isBase64Encoded: false };
}
