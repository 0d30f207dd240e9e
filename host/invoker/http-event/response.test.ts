import { describe, expect, it } from "vitest";
import type { HttpBody, HttpFields, HttpResponse } from "../../engine/http.ts";
import { MAX_SYNC_PAYLOAD } from "../types.ts";
import { ResponseTooLarge, responseToPayload } from "./response.ts";
import { fromResult } from "./result.ts";

async function* chunks(...parts: (string | Uint8Array)[]): HttpBody {
	for (const part of parts) yield Buffer.from(part as string);
}

const respond = (headers: HttpFields, ...parts: (string | Uint8Array)[]): HttpResponse => ({
	status: 200,
	headers,
	body: chunks(...parts),
});
const payload = async (response: HttpResponse) => JSON.parse(Buffer.from(await responseToPayload(response)).toString());

describe("the response of an http guest as a result", () => {
	it("is a response object", async () => {
		const headers: HttpFields = [
			["content-type", "text/plain"],
			["x-two", "a"],
			["x-two", "b"],
			["set-cookie", "a=1"],
			["set-cookie", "b=2"],
			["connection", "close"],
		];
		expect(await payload({ ...respond(headers, "hé", "llo"), status: 203 })).toEqual({
			statusCode: 203,
			headers: { "content-type": "text/plain", "x-two": "a,b" },
			cookies: ["a=1", "b=2"],
			body: "héllo",
			isBase64Encoded: false,
		});
	});

	it("has no cookies if there are none, and an empty body as such", async () => {
		expect(await payload(respond([]))).toEqual({ statusCode: 200, headers: {}, body: "", isBase64Encoded: false });
	});

	it.each([
		["bytes that are no text", [], [0xff]],
		["a type that is not text", [["content-type", "image/png"]], [0x61]],
		[
			"a compressed body",
			[
				["content-type", "text/html"],
				["content-encoding", "gzip"],
			],
			[0x61],
		],
		["a text type with other bytes", [["content-type", "text/html"]], [0xff]],
	] as [string, HttpFields, number[]][])("is base64: %s", async (_, headers, bytes) => {
		const { body, isBase64Encoded } = await payload(respond(headers, Uint8Array.from(bytes)));
		expect([body, isBase64Encoded]).toEqual([Buffer.from(bytes).toString("base64"), true]);
	});

	it("is the same response again when it is read", async () => {
		const headers: HttpFields = [
			["content-type", "application/octet-stream"],
			["x-a", "\xc3\xa9"],
			["set-cookie", "a=b"],
		];
		const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
		const read = fromResult(await responseToPayload(respond(headers, bytes)));
		expect(read).toMatchObject({ status: 200, headers });
		expect("body" in read && [...read.body]).toEqual([...bytes]);
	});

	it("beyond 6 MB is an error, and the rest is not read", async () => {
		let read = 0;
		let returned = false;
		async function* endless(): HttpBody {
			try {
				for (;;) {
					read += 1 << 20;
					yield new Uint8Array(1 << 20);
				}
			} finally {
				returned = true;
			}
		}
		await expect(responseToPayload({ status: 200, headers: [], body: endless() })).rejects.toThrow(ResponseTooLarge);
		expect(read).toBeLessThanOrEqual(MAX_SYNC_PAYLOAD + (1 << 20));
		expect(returned).toBe(true);
	});

	it("that base64 makes too large is an error", async () => {
		const body = respond([["content-type", "image/png"]], new Uint8Array((MAX_SYNC_PAYLOAD * 3) / 4));
		await expect(responseToPayload(body)).rejects.toThrow(ResponseTooLarge);
	});

	it("whose body fails, fails", async () => {
		async function* failing(): HttpBody {
			yield Buffer.from("a");
			throw new Error("trap");
		}
		await expect(responseToPayload({ status: 200, headers: [], body: failing() })).rejects.toThrow("trap");
	});
});
