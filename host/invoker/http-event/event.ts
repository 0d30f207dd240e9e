/** A request as the event of a function URL. */
import type { HttpFields, HttpRequest } from "../../engine/http.ts";
import type { Authorizer } from "./authorizer.ts";
import { consistsOf, decodeUtf8, endToEnd, field, fieldText } from "./fields.ts";
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
	/** Who signed the request, where it had to be signed. */
	authorizer?: Authorizer;
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
		authorizer?: Authorizer;
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
 * The event of a request whose body was read to its end, as JSON: a `UrlEvent`. The path stays encoded in `rawPath`, as function
 * URLs leave it (API Gateway's HTTP APIs decode it), and is decoded in `requestContext.http.path`. It is put together as a
 * text: an object that is only made to be written takes twice as long.
 */
export function toEvent(request: HttpRequest, body: Uint8Array, meta: RequestMeta): string {
	const { rawPath, rawQueryString } = splitTarget(request.pathWithQuery);
	const cookies = splitCookies(request.headers);
	return (
		`{"version":"2.0","routeKey":"$default","rawPath":${quote(rawPath)},"rawQueryString":${quote(rawQueryString)},` +
		(cookies.length > 0 ? `"cookies":${JSON.stringify(cookies)},` : "") +
		`"headers":${objectOf(eventHeaders(request, meta))},` +
		queryParameters(rawQueryString) +
		requestContext(request, rawPath, meta) +
		eventBody(body, field(request.headers, "content-type"))
	);
}

/** 1 for the characters that stand for themselves in a JSON string, by code. */
const PLAIN = new Uint8Array(256).map((_, code) =>
	code >= 0x20 && code < 0x7f && code !== 0x22 && code !== 0x5c ? 1 : 0,
);

function quote(text: string): string {
	return consistsOf(text, PLAIN) ? `"${text}"` : JSON.stringify(text);
}

function objectOf(members: ReadonlyMap<string, string>): string {
	let text = "";
	for (const [name, value] of members) text += `${text === "" ? "{" : ","}${quote(name)}:${quote(value)}`;
	return `${text}}`;
}

function splitTarget(target: string): { rawPath: string; rawQueryString: string } {
	const mark = target.indexOf("?");
	return mark < 0
		? { rawPath: target, rawQueryString: "" }
		: { rawPath: target.slice(0, mark), rawQueryString: target.slice(mark + 1) };
}

/** Names and values decoded as a form is; the values of one name joined. Nothing if there are none. */
function queryParameters(query: string): string {
	if (query === "") return "";
	const joined = new Map<string, string>();
	for (const [name, value] of new URLSearchParams(query)) {
		const earlier = joined.get(name);
		joined.set(name, earlier === undefined ? value : `${earlier},${value}`);
	}
	return joined.size > 0 ? `"queryStringParameters":${objectOf(joined)},` : "";
}

const NO_COOKIES: string[] = [];

function splitCookies(headers: HttpFields): string[] {
	if (field(headers, "cookie") === undefined) return NO_COOKIES;
	return headers
		.filter(([name]) => name === "cookie")
		.flatMap(([, value]) => fieldText(value).split(";"))
		.map((cookie) => cookie.trim())
		.filter((cookie) => cookie !== "");
}

/** Lower-case, values of one name joined. Cookies have a member of their own. What the connection says overrides the caller. */
function eventHeaders(request: HttpRequest, meta: RequestMeta): ReadonlyMap<string, string> {
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
	return joined;
}

function requestContext(request: HttpRequest, rawPath: string, meta: RequestMeta): string {
	const userAgent = fieldText(field(request.headers, "user-agent") ?? "");
	return (
		`"requestContext":{"accountId":${quote(meta.accountId)},"apiId":${quote(meta.apiId)},"authentication":null,` +
		(meta.authorizer === undefined ? "" : `"authorizer":${JSON.stringify(meta.authorizer)},`) +
		`"domainName":${quote(meta.domainName)},"domainPrefix":${quote(meta.domainPrefix)},` +
		`"http":{"method":${quote(request.method)},"path":${quote(decodePath(rawPath))},"protocol":${quote(meta.protocol)},` +
		`"sourceIp":${quote(meta.sourceIp)},"userAgent":${quote(userAgent)}},` +
		`"requestId":${quote(meta.requestId)},"routeKey":"$default","stage":"$default",` +
		`"time":"${requestTime(meta.time)}","timeEpoch":${meta.time}},`
	);
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

let second = Number.NaN;
let secondText = "";

/** `05/Aug/2022:08:14:39 +0000`; the same for all requests of a second. */
function requestTime(time: number): string {
	const now = Math.floor(time / 1000);
	if (now !== second) {
		const iso = new Date(time).toISOString();
		secondText = `${iso.slice(8, 10)}/${MONTHS[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
		second = now;
	}
	return secondText;
}

/** The last members. Text only if the type says so and the bytes are; so no body is ever damaged. */
function eventBody(body: Uint8Array, contentType: string | undefined): string {
	if (body.length === 0) return '"isBase64Encoded":false}';
	const text = isText(contentType) ? decodeUtf8(body) : null;
	if (text !== null) return `"body":${JSON.stringify(text)},"isBase64Encoded":false}`;
	const base64 = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("base64");
	return `"body":"${base64}","isBase64Encoded":true}`;
}
