import { EventStreamCodec } from "@smithy/core/event-streams";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestApi, type TestApi } from "../../test/support/api.ts";
import type { HttpResponse } from "../engine/http.ts";
import { ServiceError } from "../errors.ts";
import type { InvokeRequest } from "../invoker/types.ts";

const codec = new EventStreamCodec(
	(bytes) => Buffer.from(bytes as Uint8Array).toString(),
	(text) => Buffer.from(text),
);

/** The events of a reply, whose frames begin with their length. */
function eventsOf(bytes: Uint8Array): { type: string; body: string }[] {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const events = [];
	for (let at = 0; at < bytes.length; at += view.getUint32(at)) {
		const { headers, body } = codec.decode(bytes.subarray(at, at + view.getUint32(at)));
		expect(headers[":message-type"]!.value).toBe("event");
		events.push({ type: String(headers[":event-type"]!.value), body: Buffer.from(body).toString() });
	}
	return events;
}

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
	for (const text of texts) yield Buffer.from(text);
}

const answer = (body: HttpResponse["body"]): HttpResponse => ({
	status: 201,
	headers: [
		["content-type", "text/plain"],
		["set-cookie", "a=1"],
	],
	body,
});
const HEAD = '{"statusCode":201,"headers":{"content-type":"text/plain"},"cookies":["a=1"]}\0\0\0\0\0\0\0\0';

describe("InvokeWithResponseStream", () => {
	let api: TestApi;
	beforeEach(async () => {
		api = await openTestApi();
		await api.create("f");
		await api.create("fails");
	});
	afterEach(async () => {
		expect(api.faults).toEqual([]);
		await api.close();
	});

	const invoke = (name: string, body = '"hello"', headers: Record<string, string> = {}) =>
		api.send("POST", `/2021-11-15/functions/${name}/response-streaming-invocations`, body, headers);
	const events = async (response: Response) => eventsOf(new Uint8Array(await response.arrayBuffer()));

	it("gives a result in pieces, and says that it is all", async () => {
		const response = await invoke("f", JSON.stringify("x".repeat(100_000)));
		expect(response.status).toBe(200);
		expect(response.headers.get("content-type")).toBe("application/vnd.amazon.eventstream");
		expect(response.headers.get("x-amz-executed-version")).toBe("$LATEST");
		const [first, second, last] = await events(response);
		expect([first!.type, second!.type, last]).toEqual([
			"PayloadChunk",
			"PayloadChunk",
			{ type: "InvokeComplete", body: "{}" },
		]);
		expect(first!.body + second!.body).toBe(JSON.stringify("x".repeat(100_000)));
	});

	it("has the log's end only if it was asked for", async () => {
		const all = await events(await invoke("f", "1", { "X-Amz-Log-Type": "Tail" }));
		const { LogResult } = JSON.parse(all.at(-1)!.body) as { LogResult: string };
		expect(Buffer.from(LogResult, "base64").toString()).toContain("START");
	});

	it("says how the function failed", async () => {
		const [only, ...others] = await events(await invoke("fails"));
		expect(others).toEqual([]);
		expect(JSON.parse(only!.body)).toEqual({
			ErrorCode: "Error",
			ErrorDetails: '{"errorType":"Error","errorMessage":"no"}',
		});
	});

	it("gives an http guest's answer as it comes: status and fields, then the body", async () => {
		const more = Promise.withResolvers<void>();
		async function* body() {
			yield Buffer.from("one");
			await more.promise;
			yield Buffer.from("two");
		}
		api.invoker.whileInvoking = async ({ onStart, onResponse }: InvokeRequest) => {
			onStart!("7");
			onResponse!(answer(body()));
			await more.promise;
		};
		const response = await invoke("f");
		expect(response.headers.get("x-amz-executed-version")).toBe("7");
		const reader = response.body!.getReader();
		const next = async () => eventsOf((await reader.read()).value!)[0]!;
		expect(await next()).toEqual({ type: "PayloadChunk", body: HEAD });
		expect(await next()).toEqual({ type: "PayloadChunk", body: "one" });
		more.resolve();
		expect(await next()).toEqual({ type: "PayloadChunk", body: "two" });
		expect(await next()).toEqual({ type: "InvokeComplete", body: "{}" });
		expect((await reader.read()).done).toBe(true);
	});

	it("says so when the answer breaks off, after what had come", async () => {
		async function* broken() {
			yield Buffer.from("one");
			throw new Error("broken");
		}
		api.invoker.whileInvoking = async ({ onResponse }: InvokeRequest) => {
			onResponse!(answer(broken()));
			await new Promise(setImmediate);
			throw new ServiceError("ServiceException", "The worker process ended");
		};
		const all = await events(await invoke("f"));
		expect(all.map(({ type }) => type)).toEqual(["PayloadChunk", "PayloadChunk", "InvokeComplete"]);
		expect(JSON.parse(all.at(-1)!.body)).toEqual({
			ErrorCode: "ServiceException",
			ErrorDetails: "The worker process ended",
		});
	});

	it("ends the invocation when the caller leaves in the middle", async () => {
		let aborted = false;
		api.invoker.whileInvoking = async ({ signal, onResponse }: InvokeRequest) => {
			const gone = new Promise<void>((resolve) => signal!.addEventListener("abort", resolve));
			onResponse!(answer(chunks("one", "two", "three")));
			await gone;
			aborted = true;
		};
		const reader = (await invoke("f")).body!.getReader();
		await reader.read();
		await reader.cancel();
		await new Promise(setImmediate);
		expect(aborted).toBe(true);
	});

	it("refuses as Invoke does before anything runs", async () => {
		expect((await invoke("nope")).status).toBe(404);
		expect((await invoke("f", "{")).status).toBe(400);
		expect((await invoke("f", "1", { "X-Amz-Invocation-Type": "Event" })).status).toBe(400);
		const tooLarge = await invoke("f", JSON.stringify("x".repeat(6 * 1024 * 1024)));
		expect(tooLarge.status).toBe(413);
		expect(await tooLarge.json()).toMatchObject({ message: expect.stringContaining("InvokeWithResponseStream") });
	});

	it("runs nothing where the caller only tries", async () => {
		const response = await invoke("f", "1", { "X-Amz-Invocation-Type": "DryRun" });
		expect([response.status, await response.text()]).toEqual([204, ""]);
		expect(api.invoker.requests).toEqual([]);
		expect((await invoke("nope", "1", { "X-Amz-Invocation-Type": "DryRun" })).status).toBe(404);
	});
});

describe("InvokeAsync", () => {
	it("accepts the event and says 202", async () => {
		const api = await openTestApi();
		await api.create("f");
		const response = await api.send("POST", "/2014-11-13/functions/f/invoke-async", '{"a":1}');
		expect([response.status, await response.text()]).toEqual([202, ""]);
		expect(Buffer.from(api.invoker.queued[0]!.payload).toString()).toBe('{"a":1}');
		expect((await api.send("POST", "/2014-11-13/functions/nope/invoke-async", "{}")).status).toBe(404);
		expect((await api.send("POST", "/2014-11-13/functions/f/invoke-async", "{")).status).toBe(400);
		await api.close();
	});
});
