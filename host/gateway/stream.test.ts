/** http guests: the request as it came, the response as it comes. */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { HttpBody, HttpFields, HttpRequest, HttpResponse } from "../engine/http.ts";
import type { CancelSignal } from "../engine/types.ts";
import { ServiceError } from "../errors.ts";
import type { InvokeRequest, InvokeResult } from "../invoker/types.ts";
import { call, failure, open, raw, result, startGateway, type TestGateway } from "./testing.ts";

const HOST = "web.localhost";
let gateway: TestGateway;
let guest: (request: HttpRequest, signal: CancelSignal) => Promise<HttpResponse> | HttpResponse;
let end: () => Promise<InvokeResult> | InvokeResult;

beforeAll(async () => {
	gateway = await startGateway(async ({ payload, signal, onResponse }: InvokeRequest) => {
		if (payload instanceof Uint8Array) throw new Error("an http guest got an event");
		onResponse!(await guest(payload, signal!));
		return end();
	});
	await gateway.add("web", "http", { cors: null });
});
beforeEach(() => {
	end = () => result("");
	gateway.logged.length = 0;
});
afterAll(() => gateway.close());

async function* body(...chunks: (string | Uint8Array)[]): HttpBody {
	for (const chunk of chunks) yield Buffer.from(chunk as string);
}
const ok = (...chunks: (string | Uint8Array)[]): HttpResponse => ({ status: 200, headers: [], body: body(...chunks) });
const read = async (stream: HttpBody | null) => Buffer.concat(stream ? await Array.fromAsync(stream) : []).toString();

describe("the request", () => {
	it("comes as it is: method, target, repeated fields and their bytes", async () => {
		let seen: HttpRequest | undefined;
		guest = (request) => {
			seen = request;
			return ok();
		};
		await raw(
			gateway.port,
			"PROPFIND /a//b/../%2e?q=%zz&q HTTP/1.1\r\nHost: Web.localhost:9000\r\nX-Two: a\r\nx-two: b, c\r\nX-Bytes: \xe9\xff\r\n" +
				"Cookie: a=1\r\nCookie: b=2\r\nConnection: close, x-own\r\nX-Own: 1\r\nKeep-Alive: 5\r\nTE: gzip, trailers\r\n\r\n",
		);
		expect(seen).toMatchObject({
			method: "PROPFIND",
			scheme: "http",
			authority: "Web.localhost:9000",
			pathWithQuery: "/a//b/../%2e?q=%zz&q",
			body: null,
			headers: [
				["host", "Web.localhost:9000"],
				["x-two", "a"],
				["x-two", "b, c"],
				["x-bytes", "\xe9\xff"],
				["cookie", "a=1"],
				["cookie", "b=2"],
				["te", "trailers"],
			],
		});
		expect(seen!.trailers).toBeUndefined();
	});

	it("streams its body while the response streams", async () => {
		guest = (request) => ({ status: 200, headers: [], body: request.body! });
		const socket = connect(gateway.port, "127.0.0.1");
		socket.setEncoding("latin1");
		socket.write("POST / HTTP/1.1\r\nHost: web.localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nping\r\n");
		let received = "";
		while (!received.includes("ping")) received += (await once(socket, "data"))[0];
		socket.write("4\r\npong\r\n0\r\n\r\n");
		while (!received.endsWith("0\r\n\r\n")) received += (await once(socket, "data"))[0];
		expect(received).toContain("4\r\nping\r\n4\r\npong\r\n0\r\n\r\n");
		socket.destroy();
	});

	it("is larger than an event may be", async () => {
		guest = async (request) => {
			let length = 0;
			for await (const chunk of request.body!) length += chunk.length;
			return ok(String(length));
		};
		expect((await call(gateway.port, HOST, "/", { method: "POST", body: Buffer.alloc(20_000_000) })).text).toBe(
			"20000000",
		);
	});

	it("has its trailers after its body", async () => {
		guest = async (request) => {
			const text = await read(request.body);
			return ok(text, JSON.stringify(await request.trailers));
		};
		const bytes =
			"POST / HTTP/1.1\r\nHost: web.localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" +
			"2\r\nhi\r\n0\r\nX-Sum: 1\r\nx-sum: 2\r\n\r\n";
		expect(await raw(gateway.port, bytes)).toContain('[["x-sum","1"],["x-sum","2"]]');
	});

	it("breaks off for the guest when the caller does", async () => {
		const broken = Promise.withResolvers<unknown>();
		guest = async (request) => {
			await read(request.body).catch(broken.resolve);
			return ok();
		};
		await raw(gateway.port, "POST / HTTP/1.1\r\nHost: web.localhost\r\nContent-Length: 10\r\n\r\nhel", 50);
		expect(await broken.promise).toBeInstanceOf(Error);
	});

	it("may be left unread; the connection serves the next one", async () => {
		guest = (request) => ok(request.method);
		const chunk = `${(50_000).toString(16)}\r\n${"x".repeat(50_000)}\r\n`;
		const bytes =
			`POST / HTTP/1.1\r\nHost: web.localhost\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}0\r\n\r\n` +
			"GET / HTTP/1.1\r\nHost: web.localhost\r\nConnection: close\r\n\r\n";
		const received = await raw(gateway.port, bytes, 2000);
		expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 200"]);
	});

	it("may be read in part; the answer still goes out", async () => {
		guest = async (request) => {
			for await (const chunk of request.body!) return ok(String(chunk.length > 0));
			return ok("nothing");
		};
		const answer = await call(gateway.port, HOST, "/", { method: "POST", body: Buffer.alloc(3_000_000) });
		expect(answer.text).toBe("true");
	});
});

describe("the response", () => {
	it("goes out as it is, fields repeated, with id and date", async () => {
		const headers: HttpFields = [
			["x-two", "a"],
			["x-two", "b"],
			["set-cookie", "a=1"],
			["set-cookie", "b=2"],
			["x-bytes", "\xe9"],
			["x-amzn-requestid", "forged"],
		];
		guest = () => ({ status: 299, headers, body: body("hello") });
		const answer = await call(gateway.port, HOST, "/");
		expect([answer.status, answer.text]).toEqual([299, "hello"]);
		expect(answer.rawHeaders.slice(0, 10)).toEqual(headers.slice(0, 5).flat());
		expect(answer.headers["x-amzn-requestid"]).toMatch(/^[0-9a-f-]{36}$/);
		expect(answer.headers.date).toBeDefined();
	});

	it("sends headers before the body begins, and each chunk as it comes", async () => {
		const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
		guest = () => ({
			status: 200,
			headers: [["content-type", "text/event-stream"]],
			body: (async function* () {
				for (const [index, gate] of gates.entries()) {
					await gate.promise;
					yield Buffer.from(`data: ${index}\n\n`);
				}
			})(),
		});
		const message = await open(gateway.port, HOST, "/");
		expect(message.headers["content-type"]).toBe("text/event-stream");
		const chunks = message[Symbol.asyncIterator]();
		for (const [index, gate] of gates.entries()) {
			gate.resolve();
			expect(String((await chunks.next()).value)).toBe(`data: ${index}\n\n`);
		}
		expect((await chunks.next()).done).toBe(true);
	});

	it("keeps to the caller's pace", async () => {
		let produced = 0;
		guest = () => ({
			status: 200,
			headers: [],
			body: (async function* () {
				for (; produced < 2000; produced++) yield Buffer.alloc(65_536);
			})(),
		});
		const message = await open(gateway.port, HOST, "/");
		message.pause();
		let before = -1;
		while (before !== produced) {
			before = produced;
			await sleep(100);
		}
		// 131 MB were on offer; the kernel's buffers hold a few.
		expect(produced).toBeLessThan(500);
		message.resume();
		await once(message, "end");
		expect(produced).toBe(2000);
	});

	it("has its length if the guest said so, and no length for none", async () => {
		guest = () => ({ status: 200, headers: [["content-length", "5"]], body: body("he", "", "llo") });
		const sized = await call(gateway.port, HOST, "/");
		expect([sized.headers["content-length"], sized.headers["transfer-encoding"], sized.text]).toEqual([
			"5",
			undefined,
			"hello",
		]);
		guest = () => ok("hello");
		const unsized = await call(gateway.port, HOST, "/");
		expect([unsized.headers["content-length"], unsized.headers["transfer-encoding"]]).toEqual([undefined, "chunked"]);
	});

	it("has trailers, without those that would reframe or rewrite it", async () => {
		guest = () => ({
			...ok("x"),
			trailers: Promise.resolve([
				["x-sum", "1"],
				["content-length", "9"],
				["transfer-encoding", "chunked"],
				["set-cookie", "a=b"],
				["bad name", "1"],
				["x-bad", "a\r\nb: c"],
			] as HttpFields),
		});
		const answer = await call(gateway.port, HOST, "/", { headers: { te: "trailers" } });
		expect(answer.trailers).toEqual({ "x-sum": "1" });
	});

	it("has no body for HEAD, 204 and 304, and the guest's is given back", async () => {
		let returned = 0;
		const endless = (): HttpBody => ({
			[Symbol.asyncIterator]: () => ({
				next: async () => ({ done: false, value: Buffer.from("x") }),
				return: async () => {
					returned++;
					return { done: true, value: undefined };
				},
			}),
		});
		guest = () => ({ status: 200, headers: [["content-length", "5"]], body: endless() });
		const head = await call(gateway.port, HOST, "/", { method: "HEAD" });
		expect([head.status, head.headers["content-length"], head.text]).toEqual([200, "5", ""]);
		for (const status of [204, 304]) {
			guest = () => ({ status, headers: [["content-length", "5"]], body: endless() });
			const answer = await call(gateway.port, HOST, "/");
			expect([answer.status, answer.text, answer.headers["content-length"]]).toEqual([status, "", undefined]);
		}
		expect(returned).toBe(3);
	});

	it("cannot misframe the connection", async () => {
		guest = () => ({
			status: 200,
			headers: [
				["transfer-encoding", "gzip"],
				["connection", "upgrade, x-own"],
				["upgrade", "websocket"],
				["x-own", "1"],
				["keep-alive", "timeout=9"],
				["trailer", "x"],
			],
			body: body("hello"),
		});
		const { headers, text } = await call(gateway.port, HOST, "/");
		expect(text).toBe("hello");
		expect(headers["transfer-encoding"]).toBe("chunked");
		for (const name of ["upgrade", "x-own", "trailer"]) expect(headers).not.toHaveProperty(name);
	});

	it.each([
		["an interim status", { status: 103, headers: [] }],
		["a status beyond 599", { status: 999, headers: [] }],
		["a line break in a value", { status: 200, headers: [["a", "b\r\nc: d"]] }],
		["a character beyond a byte", { status: 200, headers: [["a", "\u0100"]] }],
		["an empty name", { status: 200, headers: [["", "b"]] }],
		[
			"two lengths",
			{
				status: 200,
				headers: [
					["content-length", "1"],
					["content-length", "2"],
				],
			},
		],
		["a length that is none", { status: 200, headers: [["content-length", "-1"]] }],
	] as [string, { status: number; headers: HttpFields }][])("that cannot be sent is 502: %s", async (_, response) => {
		guest = () => ({ ...response, body: body("x") });
		const { status, text } = await call(gateway.port, HOST, "/");
		expect([status, text]).toEqual([502, "Internal Server Error"]);
		expect(gateway.logged).toEqual([expect.stringMatching(/^web answered .*\(request /)]);
	});

	it.each([
		["more than its length", "3", ["hello"]],
		["more, in later chunks", "3", ["he", "llo"]],
		["less than its length", "9", ["hello"]],
	])("with %s is cut, so that nothing is taken for another answer", async (_, length, chunks) => {
		guest = () => ({ status: 200, headers: [["content-length", length]], body: body(...chunks) });
		await expect(call(gateway.port, HOST, "/")).rejects.toThrow(/aborted|hang up|reset/i);
	});

	it("that fails on the way is cut", async () => {
		guest = () => ({
			status: 200,
			headers: [],
			body: (async function* () {
				yield Buffer.from("part");
				throw new Error("trap");
			})(),
		});
		await expect(call(gateway.port, HOST, "/")).rejects.toThrow(/aborted|hang up|reset/i);
	});
});

describe("the end of the invocation", () => {
	it("before a response is 502", async () => {
		guest = () => Promise.reject(new ServiceError("TooManyRequestsException", "Rate Exceeded."));
		expect((await call(gateway.port, HOST, "/")).status).toBe(429);
		guest = () => Promise.reject(new Error("host"));
		expect((await call(gateway.port, HOST, "/")).status).toBe(500);
	});

	it("after the response is nobody's business but the log's", async () => {
		guest = () => ok("fine");
		end = () => failure("late");
		expect((await call(gateway.port, HOST, "/")).text).toBe("fine");
		end = () => Promise.reject(new Error("late fault"));
		expect((await call(gateway.port, HOST, "/")).text).toBe("fine");
		expect(gateway.logged.join()).toContain("late fault");
	});

	it("without any response is 502", async () => {
		const silent = await startGateway(async () => failure("crash"));
		await silent.add("web", "http");
		expect(await call(silent.port, HOST, "/")).toMatchObject({ status: 502, text: "Internal Server Error" });
		await silent.close();
	});
});

describe("a caller that goes away", () => {
	it("while the response streams, ends invocation and body", async () => {
		const aborted = Promise.withResolvers<void>();
		const returned = Promise.withResolvers<void>();
		guest = (_, signal) => {
			signal.addEventListener("abort", () => aborted.resolve());
			return {
				status: 200,
				headers: [],
				body: {
					[Symbol.asyncIterator]: () => ({
						next: () => sleep(5).then(() => ({ done: false as const, value: Buffer.from("tick") })),
						return: async () => {
							returned.resolve();
							return { done: true as const, value: undefined };
						},
					}),
				},
			};
		};
		const message = await open(gateway.port, HOST, "/");
		await once(message, "data");
		message.destroy();
		await aborted.promise;
		await returned.promise;
	});

	it("before the response, ends the invocation", async () => {
		const aborted = Promise.withResolvers<void>();
		guest = (_, signal) =>
			new Promise((resolve) => {
				signal.addEventListener("abort", () => {
					aborted.resolve();
					resolve(ok("too late"));
				});
			});
		await raw(gateway.port, "GET / HTTP/1.1\r\nHost: web.localhost\r\n\r\n", 50);
		await aborted.promise;
		expect(gateway.logged).toEqual([]);
	});

	it("is one that closes its side: a connection half closed cannot be told from one that is gone", async () => {
		const aborted = Promise.withResolvers<void>();
		guest = (_, signal) =>
			new Promise((resolve) => {
				signal.addEventListener("abort", () => {
					aborted.resolve();
					resolve(ok());
				});
			});
		const socket = connect({ port: gateway.port, host: "127.0.0.1", allowHalfOpen: true });
		socket.end("GET / HTTP/1.1\r\nHost: web.localhost\r\n\r\n");
		await aborted.promise;
		socket.destroy();
	});
});
