import { describe, expect, it } from "vitest";
import { type BufferedResponse, fromResult } from "./result.ts";

function response(payload: unknown): BufferedResponse {
	const read = fromResult(Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload)));
	if ("malformed" in read) throw new Error(read.malformed);
	return read;
}

function malformed(payload: string | Uint8Array): string | null {
	const read = fromResult(Buffer.from(payload as string));
	return "malformed" in read ? read.malformed : null;
}

const text = ({ body }: BufferedResponse) => Buffer.from(body).toString();

describe("a result with a statusCode", () => {
	it("is the response", () => {
		const read = response({ statusCode: 418, headers: { "X-A": "b" }, cookies: ["c=d"], body: "e" });
		expect(read).toMatchObject({
			status: 418,
			headers: [
				["x-a", "b"],
				["content-type", "application/json"],
				["set-cookie", "c=d"],
			],
		});
		expect(text(read)).toBe("e");
	});

	it("may leave out all else, or say null", () => {
		expect(text(response({ statusCode: 200 }))).toBe("");
		const nulls = {
			statusCode: 200,
			headers: null,
			multiValueHeaders: null,
			cookies: null,
			body: null,
			isBase64Encoded: null,
		};
		expect(response(nulls)).toMatchObject({ status: 200, headers: [["content-type", "application/json"]] });
	});

	it("keeps its own type, in whatever case it is named", () => {
		expect(response({ statusCode: 200, headers: { "CONTENT-type": "text/csv" } }).headers).toEqual([
			["content-type", "text/csv"],
		]);
	});

	it("with a body that is no text sends it as JSON", () => {
		expect(text(response({ statusCode: 200, body: { a: [1] } }))).toBe('{"a":[1]}');
		expect(text(response({ statusCode: 200, body: false }))).toBe("false");
	});

	it("decodes base64 only if told so", () => {
		expect(text(response({ statusCode: 200, body: "aGk=", isBase64Encoded: true }))).toBe("hi");
		expect(text(response({ statusCode: 200, body: "aGk", isBase64Encoded: true }))).toBe("hi");
		expect(text(response({ statusCode: 200, body: "aGk=", isBase64Encoded: false }))).toBe("aGk=");
		expect(text(response({ statusCode: 200, body: "aGk=" }))).toBe("aGk=");
	});

	it("has lone surrogates of its text replaced", () => {
		expect(text(response('{"statusCode":200,"body":"\\ud800"}'))).toBe("\ufffd");
	});
});

describe("any other JSON", () => {
	it.each(["{}", '{"statuscode":200}', "[]", '[{"statusCode":200}]', '"statusCode"', "0", "  true\n", "null"])(
		"is the body, byte for byte: %s",
		(json) => {
			const read = response(json);
			expect([read.status, read.headers, text(read)]).toEqual([200, [["content-type", "application/json"]], json]);
		},
	);

	it("an empty result is null", () => {
		expect(text(response(""))).toBe("null");
	});

	it("a statusCode that is inherited is none", () => {
		expect(text(response('{"__proto__":{"statusCode":500}}'))).toBe('{"__proto__":{"statusCode":500}}');
	});
});

describe("a malformed result", () => {
	it.each([
		["hello", "not JSON"],
		["{", "not JSON"],
		["{} {}", "not JSON"],
		["\ufeff{}", "not JSON"],
		['{"statusCode":"200"}', 'statusCode is "200"'],
		['{"statusCode":200.5}', "statusCode is 200.5"],
		['{"statusCode":1e3}', "statusCode is 1000"],
		['{"statusCode":-200}', "statusCode is -200"],
		['{"statusCode":199}', "statusCode is 199"],
		['{"statusCode":600}', "statusCode is 600"],
		['{"statusCode":null}', "statusCode is null"],
		['{"statusCode":[200]}', "statusCode is an array"],
		['{"statusCode":200,"headers":[]}', "headers is an array"],
		['{"statusCode":200,"headers":"a"}', 'headers is "a"'],
		['{"statusCode":200,"headers":{"a":["b"]}}', 'header "a" is not a string'],
		['{"statusCode":200,"headers":{"a":null}}', 'header "a" is not a string'],
		['{"statusCode":200,"headers":{"":"b"}}', "no valid header"],
		['{"statusCode":200,"headers":{"a:":"b"}}', "no valid header"],
		['{"statusCode":200,"headers":{"é":"b"}}', "no valid header"],
		['{"statusCode":200,"headers":{"a":"b\\n"}}', "no valid header"],
		['{"statusCode":200,"headers":{"a":"b\\rc"}}', "no valid header"],
		['{"statusCode":200,"headers":{"a":"\\u0000"}}', "no valid header"],
		['{"statusCode":200,"headers":{"a":"\\u007f"}}', "no valid header"],
		['{"statusCode":200,"cookies":"a=b"}', 'cookies is "a=b"'],
		['{"statusCode":200,"cookies":[1]}', "cookie 1 is not a string"],
		['{"statusCode":200,"cookies":["a\\r\\nb: c"]}', "no valid header"],
		['{"statusCode":200,"isBase64Encoded":"true"}', 'isBase64Encoded is "true"'],
		['{"statusCode":200,"isBase64Encoded":true,"body":"a"}', "not base64"],
		['{"statusCode":200,"isBase64Encoded":true,"body":"aGk=aGk="}', "not base64"],
		['{"statusCode":200,"isBase64Encoded":true,"body":"_-_-"}', "not base64"],
	])("is told apart, and why: %j", (payload, reason) => {
		expect(malformed(payload)).toContain(reason);
	});

	it("is one that is no UTF-8", () => {
		expect(malformed(Buffer.from([0x22, 0xff, 0x22]))).toContain("not UTF-8");
	});

	it("never throws, however deep it is nested", () => {
		const deep = "[".repeat(200_000) + "]".repeat(200_000);
		expect(() => fromResult(Buffer.from(deep))).not.toThrow();
		expect(() => fromResult(Buffer.from(`{"statusCode":200,"body":${deep}}`))).not.toThrow();
	});

	it("is not repeated at length", () => {
		expect(malformed(JSON.stringify({ statusCode: "x".repeat(1_000_000) }))!.length).toBeLessThan(200);
	});
});

describe("headers of a result", () => {
	it("that belong to the connection are dropped, and the length is not the function's to say", () => {
		const headers = {
			"Content-Length": "9",
			"Transfer-Encoding": "chunked",
			Connection: "x-own",
			"X-Own": "1",
			kept: "1",
		};
		expect(response({ statusCode: 200, headers }).headers.map(([name]) => name)).toEqual(["kept", "content-type"]);
	});

	it("beyond ASCII are UTF-8 bytes", () => {
		const [[, value]] = response({ statusCode: 200, headers: { "content-type": "text/é" } }).headers as [
			[string, string],
		];
		expect(Buffer.from(value, "latin1").toString()).toBe("text/é");
	});

	it("named like JavaScript's own are headers like others", () => {
		const read = response('{"statusCode":200,"headers":{"__proto__":"a","constructor":"b"}}');
		expect(read.headers.slice(0, 2)).toEqual([
			["__proto__", "a"],
			["constructor", "b"],
		]);
	});
});
