import { describe, expect, it } from "vitest";
import type { HttpFields, HttpRequest } from "../../engine/http.ts";
import { type RequestMeta, toEvent, type UrlEvent } from "./event.ts";

const META: RequestMeta = {
	accountId: "123456789012",
	apiId: "abc",
	domainName: "abc.lambda-url.localhost",
	domainPrefix: "abc",
	requestId: "id",
	sourceIp: "127.0.0.1",
	port: 9000,
	protocol: "HTTP/1.1",
	time: Date.UTC(2022, 7, 5, 8, 14, 39, 885),
};

function request(pathWithQuery = "/", headers: HttpFields = []): HttpRequest {
	return { method: "POST", scheme: "http", authority: "abc.localhost:9000", pathWithQuery, headers, body: null };
}

function eventOf(pathWithQuery: string, headers: HttpFields = [], body: string | Uint8Array = "") {
	return JSON.parse(toEvent(request(pathWithQuery, headers), Buffer.from(body as string), META)) as UrlEvent;
}

describe("path and query of the event", () => {
	it.each([
		["/", "/", "", undefined],
		["/?", "/", "", undefined],
		["/a/b/?x=1", "/a/b/", "x=1", { x: "1" }],
		["/a?x=1&x=2&y=3", "/a", "x=1&x=2&y=3", { x: "1,2", y: "3" }],
		["/a?b?c=d?e", "/a", "b?c=d?e", { "b?c": "d?e" }],
		["/%2F?a%3D=%26+%2B", "/%2F", "a%3D=%26+%2B", { "a=": "& +" }],
		["/?a", "/", "a", { a: "" }],
		["/?a=1,2&a=3", "/", "a=1,2&a=3", { a: "1,2,3" }],
		["/?&&", "/", "&&", undefined],
		["/?__proto__=x", "/", "__proto__=x", Object.fromEntries([["__proto__", "x"]])],
	])("of %s", (target, rawPath, rawQueryString, queryStringParameters) => {
		const event = eventOf(target);
		expect([event.rawPath, event.rawQueryString]).toEqual([rawPath, rawQueryString]);
		expect(event.queryStringParameters).toEqual(queryStringParameters);
	});

	it.each([
		["/a%20b", "/a b"],
		["/%E6%97%A5", "/日"],
		["/a+b", "/a+b"],
		["/%ff", "/%ff"],
		["/100%", "/100%"],
	])("%s is decoded in the context, if it can be", (target, path) => {
		const event = eventOf(target);
		expect([event.rawPath, event.requestContext.http.path]).toEqual([target, path]);
	});
});

describe("headers of the event", () => {
	it("are joined by a comma, cookies are apart", () => {
		const event = eventOf("/", [
			["a", "1"],
			["cookie", "x=1; y=2"],
			["a", "2"],
			["cookie", "z=3;"],
			["accept", "text/html, */*"],
		]);
		expect(event.headers).toMatchObject({ a: "1,2", accept: "text/html, */*" });
		expect(event.headers).not.toHaveProperty("cookie");
		expect(event.cookies).toEqual(["x=1", "y=2", "z=3"]);
	});

	it("are not the connection's", () => {
		const event = eventOf("/", [
			["connection", "Close, X-Own"],
			["x-own", "1"],
			["transfer-encoding", "chunked"],
			["keep-alive", "1"],
			["kept", "1"],
		]);
		expect(Object.keys(event.headers)).toEqual([
			"kept",
			"host",
			"x-forwarded-for",
			"x-forwarded-proto",
			"x-forwarded-port",
		]);
	});

	it("give the user agent to the context, or nothing", () => {
		expect(eventOf("/", [["user-agent", "curl"]]).requestContext.http.userAgent).toBe("curl");
		expect(eventOf("/").requestContext.http.userAgent).toBe("");
	});
});

describe("body of the event", () => {
	it.each([
		["text/plain", true],
		["text/html; charset=utf-8", true],
		["application/json", true],
		["Application/JSON ; charset=utf-8", true],
		["application/xml", true],
		["application/javascript", true],
		["application/vnd.api+json", true],
		["image/svg+xml", true],
		["application/x-www-form-urlencoded", false],
		["application/octet-stream", false],
		["image/png", false],
		["multipart/form-data; boundary=text/plain", false],
		["", false],
		["json", false],
	])("of type %j is text: %s", (type, text) => {
		const event = eventOf("/", [["content-type", type]], "hé");
		expect([event.body, event.isBase64Encoded]).toEqual(text ? ["hé", false] : ["aMOp", true]);
	});

	it("without a type is base64, and of a text type too if it is no UTF-8", () => {
		expect(eventOf("/", [], "hi")).toMatchObject({ body: "aGk=", isBase64Encoded: true });
		const latin1 = Buffer.from([0xe9]);
		expect(eventOf("/", [["content-type", "text/plain"]], latin1)).toMatchObject({
			body: "6Q==",
			isBase64Encoded: true,
		});
	});

	it("keeps a byte order mark", () => {
		expect(eventOf("/", [["content-type", "text/plain"]], "\ufeffa").body).toBe("\ufeffa");
	});

	it("is of the view alone, not of the memory behind it", () => {
		const memory = Buffer.from("xxhixx");
		expect(JSON.parse(toEvent(request(), memory.subarray(2, 4), META)).body).toBe("aGk=");
	});

	it("is absent if it is empty", () => {
		const event = eventOf("/", [["content-type", "text/plain"]]);
		expect(event).not.toHaveProperty("body");
		expect(event.isBase64Encoded).toBe(false);
	});
});

it("the time is written as Lambda writes it", () => {
	const { time, timeEpoch } = eventOf("/").requestContext;
	expect([time, timeEpoch]).toEqual(["05/Aug/2022:08:14:39 +0000", 1659687279885]);
});
