import { describe, expect, it } from "vitest";
import type { HttpRequest } from "../../engine/http.ts";
import { toEvent } from "./event.ts";
import { eventToRequest } from "./request.ts";

const of = (event: unknown) => eventToRequest(Buffer.from(typeof event === "string" ? event : JSON.stringify(event)));
const body = async (request: HttpRequest) => Buffer.concat(request.body ? await Array.fromAsync(request.body) : []);

const V2 = {
	version: "2.0",
	rawPath: "/a/b",
	rawQueryString: "x=1&y=%20",
	cookies: ["c=1", "d=2"],
	headers: { Host: "example.org", "content-type": "text/plain", "content-length": "999" },
	requestContext: { http: { method: "PUT", path: "/a/b" } },
	body: "hé",
	isBase64Encoded: false,
};

describe("an event of payload format 2.0", () => {
	it("is the request that it describes", async () => {
		const request = of(V2);
		expect(request).toMatchObject({
			method: "PUT",
			scheme: "http",
			authority: "example.org",
			pathWithQuery: "/a/b?x=1&y=%20",
			headers: [
				["host", "example.org"],
				["content-type", "text/plain"],
				["cookie", "c=1; d=2"],
				["content-length", "3"],
			],
		});
		expect((await body(request)).toString()).toBe("hé");
	});

	it("may have a body in base64, or none", async () => {
		expect([...(await body(of({ ...V2, body: "AP8=", isBase64Encoded: true })))]).toEqual([0, 255]);
		for (const none of [null, undefined, ""]) {
			const request = of({ ...V2, body: none });
			expect(request.body).toBeNull();
			expect(request.headers.map(([name]) => name)).not.toContain("content-length");
		}
	});

	it("came by https if its proxy says so", () => {
		expect(of({ ...V2, headers: { "X-Forwarded-Proto": "https" } })).toMatchObject({ scheme: "https" });
	});

	it("has a host even if it names none", () => {
		const request = of({ ...V2, headers: {} });
		expect([request.authority, request.headers[0]]).toEqual(["lambda.localhost", ["host", "lambda.localhost"]]);
	});

	it.each([
		["/a b", "/a%20b"],
		["/日", "/%E6%97%A5"],
		["/a?b#c", "/a%3Fb%23c"],
		["/a%20b", "/a%20b"],
		['/\n"<>\\^`{|}', "/%0A%22%3C%3E%5C%5E%60%7B%7C%7D"],
		["/-._~!$&'()*+,;=:@[]", "/-._~!$&'()*+,;=:@[]"],
	])("that has its path decoded has it encoded again: %j", (rawPath, target) => {
		expect(of({ ...V2, rawPath, rawQueryString: "" }).pathWithQuery).toBe(target);
	});

	it("made of a request gives that request again", async () => {
		const request: HttpRequest = {
			method: "PATCH",
			scheme: "http",
			authority: "f.localhost:9000",
			pathWithQuery: "/%C3%A9?a=1&a=2&b",
			headers: [
				["host", "f.localhost:9000"],
				["x-a", "1"],
				["x-b", "\xc3\xa9"],
				["cookie", "k=v; l=w"],
				["content-type", "application/json"],
			],
			body: null,
		};
		const meta = {
			accountId: "0",
			apiId: "a",
			domainName: "a",
			domainPrefix: "a",
			requestId: "r",
			sourceIp: "::1",
			port: 1,
			protocol: "HTTP/1.1",
			time: 0,
		};
		const again = of(toEvent(request, Buffer.from("{}"), meta));
		expect(again).toMatchObject({
			method: "PATCH",
			authority: request.authority,
			pathWithQuery: request.pathWithQuery,
		});
		for (const field of request.headers) expect(again.headers).toContainEqual(field);
		expect((await body(again)).toString()).toBe("{}");
	});
});

describe("an event of payload format 1.0", () => {
	const V1 = {
		version: "1.0",
		httpMethod: "GET",
		path: "/my path",
		requestContext: {},
		headers: { a: "1" },
		body: null,
	};

	it("is the request that it describes", () => {
		expect(of({ ...V1, queryStringParameters: { q: "a b" } })).toMatchObject({
			method: "GET",
			pathWithQuery: "/my%20path?q=a+b",
			headers: [
				["host", "lambda.localhost"],
				["a", "1"],
			],
			body: null,
		});
	});

	it("has all values of a name if it says so", () => {
		const request = of({
			...V1,
			version: undefined,
			multiValueQueryStringParameters: { q: ["1", "2"] },
			queryStringParameters: { q: "2" },
			multiValueHeaders: { A: ["1", "2"] },
		});
		expect(request.pathWithQuery).toBe("/my%20path?q=1&q=2");
		expect(request.headers.slice(1)).toEqual([
			["a", "1"],
			["a", "2"],
		]);
	});
});

describe("any other event", () => {
	it.each([
		["JSON of another kind", { Records: [] }],
		["text", "hello"],
		["nothing", ""],
		["an array", [V2]],
		["no method", { ...V2, requestContext: { http: {} } }],
		["no context", { ...V2, requestContext: undefined }],
		["no path", { ...V2, rawPath: undefined }],
		["a path that is none", { ...V2, rawPath: "a" }],
		["a method with a line break", { ...V2, requestContext: { http: { method: "GET /\r\n" } } }],
		["a query with a line break", { ...V2, rawQueryString: "a\r\nb: c" }],
		["a header with a line break", { ...V2, headers: { a: "b\r\nc: d" } }],
		["a header that has no name", { ...V2, headers: { "": "a" } }],
		["a cookie with a line break", { ...V2, cookies: ["a\n"] }],
		["a body that is no text", { ...V2, body: {} }],
		["base64 that is none", { ...V2, body: "*", isBase64Encoded: true }],
		["members of strange kinds", { version: "2.0", rawPath: {}, requestContext: "x", headers: 1, cookies: 2 }],
	])("is posted to / as JSON, as it is: %s", async (_, event) => {
		const bytes = Buffer.from(typeof event === "string" ? event : JSON.stringify(event));
		const request = eventToRequest(bytes);
		expect(request).toMatchObject({ method: "POST", pathWithQuery: "/", authority: "lambda.localhost" });
		expect(request.headers).toEqual([
			["host", "lambda.localhost"],
			["content-type", "application/json"],
			["content-length", String(bytes.length)],
		]);
		expect(await body(request)).toEqual(bytes);
	});
});
