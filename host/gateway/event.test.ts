/** Functions that take an event: what they see of a request, and what becomes of their result. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ServiceError, WorkerGone } from "../errors.ts";
import { type InvokeRequest, type InvokeResult, MAX_SYNC_PAYLOAD } from "../invoker/types.ts";
import type { FunctionUrlRecord } from "../store/types.ts";
import { type Answer, call, failure, open, raw, result, startGateway, type TestGateway } from "./testing.ts";

const HOST = "echo.localhost:9000";
let gateway: TestGateway;
let url: FunctionUrlRecord;
let reply: (request: InvokeRequest) => InvokeResult | Promise<InvokeResult>;
const seen: InvokeRequest[] = [];

beforeAll(async () => {
	gateway = await startGateway(async (request) => {
		seen.push(request);
		return reply(request);
	});
	url = await gateway.add("echo", "handler");
});
beforeEach(() => {
	reply = () => result("{}");
	seen.length = 0;
	gateway.logged.length = 0;
});
afterAll(() => gateway.close());

const event = () => JSON.parse(Buffer.from(seen.at(-1)!.payload as Uint8Array).toString());
const answering = async (payload: unknown): Promise<Answer> => {
	reply = () => result(typeof payload === "string" ? payload : JSON.stringify(payload));
	return call(gateway.port, HOST, "/");
};

describe("the event", () => {
	it("is payload format 2.0", async () => {
		await call(gateway.port, HOST, "/my%20path?a=1&a=2&b=%C3%A4+c", {
			method: "POST",
			headers: { "content-type": "application/json", "User-Agent": "test", cookie: "x=1; y=2", "X-Two": ["a", "b"] },
			body: '{"ä":1}',
		});
		const { requestContext, headers, ...rest } = event();
		expect(rest).toEqual({
			version: "2.0",
			routeKey: "$default",
			rawPath: "/my%20path",
			rawQueryString: "a=1&a=2&b=%C3%A4+c",
			cookies: ["x=1", "y=2"],
			queryStringParameters: { a: "1,2", b: "ä c" },
			body: '{"ä":1}',
			isBase64Encoded: false,
		});
		expect(headers).toEqual({
			host: HOST,
			"content-type": "application/json",
			"content-length": "8",
			"user-agent": "test",
			"x-two": "a,b",
			"x-forwarded-for": "127.0.0.1",
			"x-forwarded-port": String(gateway.port),
			"x-forwarded-proto": "http",
		});
		expect(requestContext).toEqual({
			accountId: "000000000000",
			apiId: url.id,
			authentication: null,
			domainName: `${url.id}.lambda-url.localhost`,
			domainPrefix: url.id,
			http: { method: "POST", path: "/my path", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "test" },
			requestId: seen[0]!.requestId,
			routeKey: "$default",
			stage: "$default",
			time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
			timeEpoch: expect.any(Number),
		});
	});

	it("leaves out body, cookies and query where there are none", async () => {
		await call(gateway.port, HOST, "/");
		expect(Object.keys(event())).toEqual([
			"version",
			"routeKey",
			"rawPath",
			"rawQueryString",
			"headers",
			"requestContext",
			"isBase64Encoded",
		]);
	});

	it("has any bytes as base64, in chunks too", async () => {
		const body = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
		await call(gateway.port, HOST, "/", {
			method: "PUT",
			headers: { "transfer-encoding": "chunked", "content-type": "text/plain" },
			body,
		});
		expect(event()).toMatchObject({ body: body.toString("base64"), isBase64Encoded: true });
		expect(event().headers).not.toHaveProperty("transfer-encoding");
	});

	it("has methods of any name and the caller's trace", async () => {
		const trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
		await call(gateway.port, HOST, "/", { method: "PROPFIND", headers: { "x-amzn-trace-id": trace } });
		expect(event().requestContext.http.method).toBe("PROPFIND");
		expect(seen[0]).toMatchObject({ functionName: "echo", qualifier: null, traceId: trace });
	});

	it("shows what the connection says, not what the caller claims", async () => {
		await call(gateway.port, HOST, "/", { headers: { "x-forwarded-for": "1.2.3.4", "x-forwarded-proto": "https" } });
		expect(event().headers).toMatchObject({ "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "http" });
	});

	it("has header names of JavaScript's own as data", async () => {
		await call(gateway.port, HOST, "/?__proto__=1&constructor=2", { headers: { __proto__: "x", constructor: "y" } });
		expect(Object.entries(event().queryStringParameters)).toEqual([
			["__proto__", "1"],
			["constructor", "2"],
		]);
	});

	it("has a caller's odd bytes without being broken by them", async () => {
		const odd =
			"GET /%zz%00?%zz=%ff&&=&a HTTP/1.1\r\nHost: echo.localhost\r\nX: caf\xc3\xa9\r\nY: \xff\r\nConnection: close\r\n\r\n";
		expect(await raw(gateway.port, odd)).toContain("200 OK");
		expect(event()).toMatchObject({ rawPath: "/%zz%00", rawQueryString: "%zz=%ff&&=&a" });
		expect(event().headers).toMatchObject({ x: "café", y: "ÿ" });
		expect(event().requestContext.http.path).toBe("/%zz%00");
	});
});

describe("a body that is too large", () => {
	const limit = MAX_SYNC_PAYLOAD;

	it("is refused by its length, before it is read", async () => {
		const head = `POST / HTTP/1.1\r\nHost: echo.localhost\r\nContent-Length: ${limit + 1}\r\n\r\n`;
		const answer = await raw(gateway.port, head);
		expect(answer).toMatch(/^HTTP\/1\.1 413 /);
		expect(answer).toContain("Connection: close");
		expect(seen).toEqual([]);
	});

	it("is refused when it grows beyond, without a length", async () => {
		const { status, headers } = await call(gateway.port, HOST, "/", {
			method: "POST",
			headers: { "transfer-encoding": "chunked" },
			body: Buffer.alloc(limit + 1),
		});
		expect([status, headers["x-amzn-errortype"]]).toEqual([413, "RequestTooLargeException"]);
		expect(seen).toEqual([]);
	});

	it("is refused when base64 makes the event too large", async () => {
		const body = Buffer.alloc((limit * 3) / 4);
		expect((await call(gateway.port, HOST, "/", { method: "POST", body })).status).toBe(413);
		expect(seen).toEqual([]);
	});

	it("but text just below the limit goes through", async () => {
		const body = "a".repeat(limit - 2000);
		const headers = { "content-type": "text/plain" };
		expect((await call(gateway.port, HOST, "/", { method: "POST", headers, body })).status).toBe(200);
		expect(event().body.length).toBe(body.length);
	});
});

describe("the result", () => {
	it("with a statusCode is the response", async () => {
		const { status, headers, rawHeaders, text } = await answering({
			statusCode: 201,
			headers: { "X-Custom": "a", "Content-Type": "text/html" },
			cookies: ["a=1; Path=/", "b=2"],
			body: "<p>ü</p>",
		});
		expect([status, text]).toEqual([201, "<p>ü</p>"]);
		expect(headers).toMatchObject({ "x-custom": "a", "content-type": "text/html", "content-length": "9" });
		expect(headers["set-cookie"]).toEqual(["a=1; Path=/", "b=2"]);
		expect(rawHeaders.filter((name) => name.toLowerCase() === "set-cookie").length).toBe(2);
		expect(Date.parse(headers.date!)).not.toBeNaN();
		expect(headers["x-amzn-requestid"]).toBe(seen[0]!.requestId);
	});

	it("may be base64", async () => {
		const { body } = await answering({ statusCode: 200, body: "AAEC/w==", isBase64Encoded: true });
		expect([...body]).toEqual([0, 1, 2, 255]);
	});

	it.each(['"Hello, world!"', '{\n  "message": "Hello, world!"\n}', "[1, 2]", "3.10", "true", "null"])(
		"without one is the body as it is: %s",
		async (json) => {
			const { status, headers, text } = await answering(json);
			expect([status, headers["content-type"], text]).toEqual([200, "application/json", json]);
		},
	);

	it.each([
		["no JSON", "hello"],
		["a statusCode that is a string", { statusCode: "200" }],
		["an interim status", { statusCode: 101 }],
		["headers that are no strings", { statusCode: 200, headers: { a: 1 } }],
		["a header with a line break", { statusCode: 200, headers: { a: "b\r\nSet-Cookie: c=d" } }],
		["a header name with a space", { statusCode: 200, headers: { "a b": "c" } }],
		["a cookie with a line break", { statusCode: 200, cookies: ["a=b\nc"] }],
		["base64 that is none", { statusCode: 200, body: "***", isBase64Encoded: true }],
	])("is 502 if malformed, and the log says why: %s", async (_, payload) => {
		const { status, text, headers } = await answering(payload);
		expect([status, text, headers["content-type"]]).toEqual([502, "Internal Server Error", "application/json"]);
		expect(gateway.logged).toEqual([expect.stringContaining(`(request ${headers["x-amzn-requestid"]})`)]);
		expect(headers["set-cookie"]).toBeUndefined();
	});

	it("is 502 beyond 6 MB", async () => {
		expect((await answering(JSON.stringify("a".repeat(MAX_SYNC_PAYLOAD - 1)))).status).toBe(502);
		expect((await answering(JSON.stringify("a".repeat(MAX_SYNC_PAYLOAD - 2)))).status).toBe(200);
	});

	it("cannot end or misframe the connection, or name another request", async () => {
		const { headers, text } = await answering({
			statusCode: 200,
			headers: {
				"Content-Length": "1",
				"Transfer-Encoding": "chunked",
				Connection: "close, x-own",
				"X-Own": "1",
				Upgrade: "h2c",
				"x-amzn-RequestId": "forged",
			},
			body: "whole",
		});
		expect(text).toBe("whole");
		expect(headers).toMatchObject({ "content-length": "5", "x-amzn-requestid": seen[0]!.requestId });
		for (const name of ["transfer-encoding", "x-own", "upgrade"]) expect(headers).not.toHaveProperty(name);
	});

	it("has no body where the status allows none, and none for HEAD", async () => {
		const empty = await answering({ statusCode: 204, body: "x" });
		expect([empty.status, empty.text, empty.headers["content-length"]]).toEqual([204, "", undefined]);
		reply = () => result(JSON.stringify({ statusCode: 203, body: "hello", cookies: ["a=1", "b=2"] }));
		const head = await call(gateway.port, HOST, "/", { method: "HEAD" });
		expect(event().requestContext.http.method).toBe("HEAD");
		expect([head.status, head.text, head.headers["content-length"]]).toEqual([203, "", "5"]);
		expect(head.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
	});

	it("may have text beyond Latin-1 in a header, sent as UTF-8", async () => {
		const { headers } = await answering({ statusCode: 200, headers: { "x-name": "日本 é" } });
		expect(Buffer.from(headers["x-name"] as string, "latin1").toString()).toBe("日本 é");
	});
});

describe("a failure", () => {
	it("of the function is 502 without its reason", async () => {
		reply = () => failure("secret: out of luck");
		const { status, text, headers } = await call(gateway.port, HOST, "/");
		expect([status, text]).toEqual([502, "Internal Server Error"]);
		expect(headers["x-amzn-errortype"]).toBe("InternalServerErrorException");
	});

	it.each([
		[
			"throttled is 429",
			new ServiceError("TooManyRequestsException", "Rate Exceeded."),
			429,
			'{"Message":"Rate Exceeded."}',
		],
		[
			"deleted meanwhile is 403",
			new ServiceError("ResourceNotFoundException", "Function not found"),
			403,
			'{"Message":null}',
		],
		["too large is 413", new ServiceError("RequestTooLargeException", "x"), 413, expect.stringContaining("6291456")],
		["unavailable is 503", new ServiceError("ServiceUnavailableException", "busy"), 503, '{"Message":"busy"}'],
		["ended with its worker is 502", new WorkerGone("it ended"), 502, expect.stringContaining("worker process")],
	])("of the invocation: %s", async (_, error, status, text) => {
		reply = () => Promise.reject(error);
		const answer = await call(gateway.port, HOST, "/");
		expect(answer).toMatchObject({ status, text });
		expect(answer.headers["x-amzn-errortype"]).toMatch(/Exception$/);
		expect(gateway.logged).toEqual([]);
	});

	it("of the host is 500, told to who runs it and not to the caller", async () => {
		reply = () => Promise.reject(new Error("disk at /secret is full"));
		const { status, text } = await call(gateway.port, HOST, "/");
		expect([status, text]).toEqual([500, '{"Message":"Internal Server Error"}']);
		expect(gateway.logged.join()).toContain("disk at /secret is full");
	});
});

describe("a caller that goes away", () => {
	it("ends the invocation", async () => {
		const aborted = Promise.withResolvers<void>();
		reply = ({ signal }) =>
			new Promise((resolve) => {
				signal!.addEventListener("abort", () => {
					aborted.resolve();
					resolve(failure("cancelled"));
				});
			});
		await expect(raw(gateway.port, "GET / HTTP/1.1\r\nHost: echo.localhost\r\n\r\n", 50)).resolves.toBe("");
		await aborted.promise;
		expect(gateway.logged).toEqual([]);
	});

	it("half-way through its body never reaches the function", async () => {
		await raw(gateway.port, "POST / HTTP/1.1\r\nHost: echo.localhost\r\nContent-Length: 10\r\n\r\nhel", 50);
		await raw(
			gateway.port,
			"POST / HTTP/1.1\r\nHost: echo.localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
			50,
		);
		const answer = await call(gateway.port, HOST, "/");
		expect(answer.status).toBe(200);
		expect(seen.length).toBe(1);
		expect(gateway.logged).toEqual([]);
	});

	it("does not end it by being done", async () => {
		await call(gateway.port, HOST, "/");
		expect(seen[0]!.signal!.aborted).toBe(false);
	});
});

describe("access", () => {
	it("to a URL with AWS_IAM is refused where nobody can check signatures", async () => {
		await gateway.add("iam", "handler", { authType: "AWS_IAM" });
		const headers = { authorization: "AWS4-HMAC-SHA256 Credential=A/20261122/us-east-1/lambda/aws4_request" };
		const { status, text } = await call(gateway.port, "iam.localhost", "/", { headers });
		expect([status, text]).toEqual([403, expect.stringMatching(/^{"Message":"Forbidden\. /)]);
		expect(seen).toEqual([]);
	});
});

describe("several requests on one connection", () => {
	it("are answered each, in order, also after a refusal", async () => {
		reply = () => result(`"${seen.length}"`);
		const get = (host: string, more = "") => `GET / HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
		const received = await raw(
			gateway.port,
			get("echo.localhost") + get("nobody.localhost") + get("echo.localhost", "Connection: close\r\n"),
		);
		expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 404", "HTTP/1.1 200"]);
		expect(received.indexOf('"1"')).toBeLessThan(received.indexOf('"2"'));
	});

	it("the answer begins while nobody reads it, and the host goes on", async () => {
		reply = () => result(JSON.stringify("a".repeat(5_000_000)));
		const slow = await open(gateway.port, HOST, "/");
		slow.pause();
		expect((await call(gateway.port, HOST, "/")).body.length).toBe(5_000_002);
		slow.destroy();
	});
});
