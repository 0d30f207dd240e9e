import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HttpBody, HttpFields, HttpRequest, HttpResponse } from "../../engine/http.ts";
import { ServiceError, WorkerGone } from "../../errors.ts";
import { result } from "../../gateway/testing.ts";
import type { InvokeRequest, InvokeResult } from "../../invoker/types.ts";
import { requestBodies } from "../../request-bodies.ts";
import { WINDOW } from "./bodies.ts";
import { Peers } from "./caller.ts";
import { PeerServer } from "./server.ts";

let folder: string;
let path: string;
let peers: Peers;
let server: PeerServer;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "pilot-peer-"));
	path = join(folder, "home.sock");
	peers = new Peers();
});
afterEach(() => {
	peers.close();
	server.destroy();
	rmSync(folder, { recursive: true });
});

/** A home whose invoker is `invoke`. */
async function home(invoke: (request: InvokeRequest) => Promise<InvokeResult>): Promise<void> {
	server = await PeerServer.listen({ invoke }, path);
}

const REQUEST: HttpRequest = {
	method: "GET",
	scheme: "http",
	authority: "h",
	pathWithQuery: "/a%20b?x=%2f",
	headers: [
		["x-two", "1"],
		["x-two", "\xff"],
	],
	body: null,
};

async function* chunks(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
	for (const part of parts) yield Buffer.from(part as string);
}

async function text(body: AsyncIterable<Uint8Array>): Promise<string> {
	const parts: Uint8Array[] = [];
	for await (const part of body) parts.push(part);
	return Buffer.concat(parts).toString();
}

/** A body that is there as a whole. */
function whole(all: string): HttpBody {
	return { ...chunks(all), [Symbol.asyncIterator]: () => chunks(all), buffered: () => Buffer.from(all) };
}

/** Sends a request; resolves with the answer, and with what comes of the invocation. */
function send(request: Partial<HttpRequest>, more: Partial<InvokeRequest> = {}) {
	const answered = Promise.withResolvers<HttpResponse>();
	const payload = { ...REQUEST, ...request };
	const ended = peers.invoke(path, { functionName: "f", payload, onResponse: answered.resolve, ...more });
	ended.catch(answered.reject);
	answered.promise.catch(() => {});
	return { response: answered.promise, ended };
}

/** An endless body, and how much of it was asked for. */
function endless() {
	const state = { given: 0, returned: Promise.withResolvers<void>() };
	const body: HttpBody = {
		async *[Symbol.asyncIterator]() {
			try {
				for (;;) {
					state.given += 10_000;
					yield new Uint8Array(10_000);
				}
			} finally {
				state.returned.resolve();
			}
		},
	};
	return { state, body };
}

/** Waits until a number has stopped growing. */
async function settled(value: () => number): Promise<number> {
	for (let before = -1; before !== value(); ) {
		before = value();
		for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
	}
	return value();
}

describe("an event", () => {
	it("arrives with all that goes with it, and its result comes back", async () => {
		let seen: InvokeRequest | undefined;
		await home(async (request) => {
			seen = request;
			return result(Buffer.from([0, 255, 1]), "id");
		});
		const payload = Buffer.from([1, 0, 255]);
		const head = { functionName: "f", qualifier: "q", requestId: "id", traceId: "t", tenantId: null };
		const { payload: answer, ...rest } = await peers.invoke(path, { ...head, payload, clientContext: "c" });
		expect([...answer]).toEqual([0, 255, 1]);
		const { payload: _, logTail: __, ...expected } = result("", "id");
		expect(rest).toEqual(expected);
		const { payload: arrived, signal, onResponse, ...others } = seen!;
		expect([...(arrived as Uint8Array)]).toEqual([1, 0, 255]);
		expect(onResponse).toBe(undefined);
		expect(others).toEqual({ ...head, clientContext: "c" });
	});

	it("of megabytes arrives whole, and counts among the bodies that are held until it is answered", async () => {
		const before = requestBodies.bytes;
		const payload = Buffer.alloc(5_000_000, "x");
		await home(async (request) => {
			expect(requestBodies.bytes - before).toBe(payload.length);
			return result(request.payload as Uint8Array);
		});
		const answer = await peers.invoke(path, { functionName: "f", payload });
		expect(payload.equals(answer.payload)).toBe(true);
		expect(requestBodies.bytes).toBe(before);
	});

	it.each([
		[
			new ServiceError("TooManyRequestsException", "too many", { Reason: "r" }),
			{ name: "TooManyRequestsException", members: { Reason: "r" } },
		],
		[new Error("a fault"), { name: "Error", message: "a fault" }],
	])("that is refused is refused here: %s", async (error, expected) => {
		await home(() => Promise.reject(error));
		await expect(peers.invoke(path, { functionName: "f", payload: Buffer.from("{}") })).rejects.toMatchObject(expected);
	});

	it("is one of many at once, each answered with its own, in any order", async () => {
		const waiting: (() => void)[] = [];
		await home(async ({ payload }) => {
			await new Promise<void>((resolve) => waiting.push(resolve));
			return result(payload as Uint8Array);
		});
		const sent = Array.from({ length: 100 }, (_, i) => `event ${i}`);
		const answers = sent.map((it) => peers.invoke(path, { functionName: "f", payload: Buffer.from(it) }));
		while (waiting.length < sent.length) await new Promise((resolve) => setImmediate(resolve));
		for (const go of waiting.reverse()) go();
		expect((await Promise.all(answers)).map((it) => Buffer.from(it.payload).toString())).toEqual(sent);
	});
});

describe("a request", () => {
	it("arrives as it came, and its answer too", async () => {
		let seen: unknown;
		await home(async ({ payload, onResponse }) => {
			const { body, trailers, ...head } = payload as HttpRequest;
			seen = { head, body: await text(body!), trailers: await trailers };
			onResponse!({
				status: 203,
				headers: [
					["a", "1"],
					["a", "\xff"],
				],
				body: whole("all of it"),
			});
			return result("");
		});
		const last: HttpFields = [["x-end", "1"]];
		const { response, ended } = send({ method: "PATCH", body: chunks("ab", "c"), trailers: Promise.resolve(last) });
		const { status, headers, body } = await response;
		expect([status, headers]).toEqual([
			203,
			[
				["a", "1"],
				["a", "\xff"],
			],
		]);
		expect(Buffer.from(body.buffered!()!).toString()).toBe("all of it");
		expect((await ended).functionError).toBe(null);
		const { body: _, ...head } = REQUEST;
		expect(seen).toEqual({ head: { ...head, method: "PATCH" }, body: "abc", trailers: last });
	});

	it("has its answer before its result, also where both come at once", async () => {
		await home(async ({ onResponse }) => {
			onResponse!({ status: 200, headers: [], body: whole("") });
			return result("");
		});
		const order: string[] = [];
		const { response, ended } = send({});
		await Promise.all([response.then(() => order.push("answer")), ended.then(() => order.push("result"))]);
		expect(order).toEqual(["answer", "result"]);
	});

	it("is answered in pieces as they come, with trailers, also after its result", async () => {
		const step = Promise.withResolvers<void>();
		const last: HttpFields = [["x-end", "1"]];
		async function* body() {
			yield Buffer.from("one");
			await step.promise;
			yield Buffer.from("two");
		}
		await home(async ({ onResponse }) => {
			onResponse!({ status: 200, headers: [], body: body(), trailers: Promise.resolve(last) });
			return result("");
		});
		const { response, ended } = send({});
		const { body: answer, trailers } = await response;
		const pieces = answer[Symbol.asyncIterator]();
		expect(String(Buffer.from((await pieces.next()).value!))).toBe("one");
		await ended;
		step.resolve();
		expect(String(Buffer.from((await pieces.next()).value!))).toBe("two");
		expect((await pieces.next()).done).toBe(true);
		expect(await trailers).toEqual(last);
	});

	it("is sent no faster than it is read", async () => {
		const go = Promise.withResolvers<void>();
		let read = 0;
		await home(async ({ payload, onResponse }) => {
			await go.promise;
			const iterator = (payload as HttpRequest).body![Symbol.asyncIterator]();
			while (read < 5 * WINDOW) read += (await iterator.next()).value!.length;
			await iterator.return!();
			onResponse!({ status: 200, headers: [], body: whole("") });
			return result("");
		});
		const { state, body } = endless();
		const { ended } = send({ body });
		const given = await settled(() => state.given);
		expect(given).toBeGreaterThanOrEqual(WINDOW);
		expect(given).toBeLessThanOrEqual(WINDOW + 20_000);
		go.resolve();
		await ended;
		await state.returned.promise;
		expect(state.given).toBeLessThanOrEqual(read + WINDOW + 20_000);
	});

	it("is answered no faster than the answer is read, and no further", async () => {
		const { state, body } = endless();
		await home(async ({ onResponse }) => {
			onResponse!({ status: 200, headers: [], body });
			return result("");
		});
		const { response, ended } = send({});
		const pieces = (await response).body[Symbol.asyncIterator]();
		await ended;
		expect(await settled(() => state.given)).toBeLessThanOrEqual(WINDOW + 20_000);
		for (let read = 0; read < 5 * WINDOW; ) read += (await pieces.next()).value!.length;
		expect(await settled(() => state.given)).toBeLessThanOrEqual(6 * WINDOW + 20_000);
		await pieces.return!();
		await state.returned.promise;
	});

	it("whose body breaks off breaks off there, and an answer here", async () => {
		async function* broken() {
			yield Buffer.from("part");
			throw new Error("gone");
		}
		await home(async ({ payload, onResponse }) => {
			await expect(text((payload as HttpRequest).body!)).rejects.toThrow("broke off");
			onResponse!({ status: 200, headers: [], body: broken() });
			return result("");
		});
		const { response } = send({ body: broken() });
		await expect(text((await response).body)).rejects.toThrow("broke off");
	});

	it("of a caller who goes away is given up there", async () => {
		const away = new AbortController();
		const begun = Promise.withResolvers<void>();
		await home(
			({ signal }) =>
				new Promise((resolve) => {
					signal!.addEventListener("abort", () => resolve(result("given up")));
					begun.resolve();
				}),
		);
		const { ended } = send({}, { signal: away.signal });
		await begun.promise;
		away.abort();
		expect(Buffer.from((await ended).payload).toString()).toBe("given up");
	});
});

describe("a worker that ends", () => {
	it("is told to all who wait for its results, and they can try again", async () => {
		await home(() => new Promise(() => {}));
		const all = [send({}).ended, send({}).ended];
		const ended = Promise.allSettled(all);
		await settled(() => 0);
		server.destroy();
		for (const it of await ended) expect(it).toMatchObject({ status: "rejected", reason: expect.any(WorkerGone) });
		await home(async () => result("again"));
		const again = await peers.invoke(path, { functionName: "f", payload: Buffer.from("{}") });
		expect(Buffer.from(again.payload).toString()).toBe("again");
	});

	it("in the middle of an answer: its body breaks off, so that a part is not taken for the whole", async () => {
		const { body } = endless();
		await home(async ({ onResponse }) => {
			onResponse!({ status: 200, headers: [], body });
			return result("");
		});
		const { response, ended } = send({});
		const pieces = (await response).body[Symbol.asyncIterator]();
		await pieces.next();
		await ended;
		server.destroy();
		await expect(text({ [Symbol.asyncIterator]: () => pieces })).rejects.toThrow("broke off");
	});

	it("or does not listen: the caller is told", async () => {
		await home(async () => result(""));
		await expect(
			peers.invoke(join(folder, "nobody.sock"), { functionName: "f", payload: Buffer.from("{}") }),
		).rejects.toBeInstanceOf(WorkerGone);
	});

	it("leaves nothing running of those who handed over to it, or it to them", async () => {
		const given = endless();
		const began = Promise.withResolvers<void>();
		const aborted = Promise.withResolvers<void>();
		await home(async ({ signal, onResponse }) => {
			signal!.addEventListener("abort", () => aborted.resolve());
			onResponse!({ status: 200, headers: [], body: given.body });
			began.resolve();
			return new Promise(() => {});
		});
		const { response, ended } = send({});
		ended.catch(() => {});
		await began.promise;
		await response;
		peers.close();
		await aborted.promise;
		await given.state.returned.promise;
	});
});

describe("a home that stops", () => {
	it("lets what was handed over come to its end first, answer and all", async () => {
		const go = Promise.withResolvers<void>();
		const { state, body } = endless();
		await home(async ({ onResponse }) => {
			await go.promise;
			onResponse!({ status: 200, headers: [], body });
			return result("");
		});
		const { response } = send({});
		await settled(() => 0);
		let isClosed = false;
		const closed = server.close(60_000).then(() => (isClosed = true));
		go.resolve();
		const pieces = (await response).body[Symbol.asyncIterator]();
		await settled(() => state.given);
		expect(isClosed).toBe(false);
		await pieces.return!();
		await closed;
	});

	it("waits no longer than it is told", async () => {
		await home(() => new Promise(() => {}));
		send({}).ended.catch(() => {});
		await settled(() => 0);
		await server.close(1);
	});
});
