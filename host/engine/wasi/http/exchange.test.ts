import { describe, expect, it } from "vitest";
import { Trap } from "../../trap.ts";
import { inputStreamKind, outputStreamKind, pollableKind } from "../io/kinds.ts";
import { testGuest } from "../testing.ts";
import { heldBytes } from "./budget.ts";
import { openExchange } from "./exchange.ts";
import {
	fieldsKind,
	futureTrailersKind,
	incomingBodyKind,
	incomingRequestKind,
	outgoingBodyKind,
	outgoingResponseKind,
	responseOutparamKind,
} from "./kinds.ts";
import { BODY_BUFFER_BYTES } from "./outgoing-body.ts";
import { HttpGuest, request, responseOf, serve, TestBody, textOf } from "./testing.ts";

const TYPES = "wasi:http/types";

describe("a response", () => {
	it("is given once, when the guest sets it, and its body follows", async () => {
		const served = serve();
		const { guest, open } = served;
		const { response, body, stream } = guest.response([["x-a", "1"]]);
		expect(guest.value("[method]outgoing-response.set-status-code", response, 201)).toBe(0);
		expect([open.answered, served.answers.length]).toEqual([false, 0]);
		guest.set(open.outparam, response);
		expect(open.answered).toBe(true);
		const answer = responseOf(served);
		expect([answer.status, answer.headers]).toEqual([201, [["x-a", "1"]]]);
		expect(await guest.write(stream, "hello ")).toBe("ok");
		expect(await guest.write(stream, "world")).toBe("ok");
		guest.test.drop(outputStreamKind, stream);
		expect(guest.finish(body)).toBeUndefined();
		open.close();
		expect(await textOf(answer.body)).toBe("hello world");
		expect(await answer.trailers).toBeNull();
		expect(await open.bodyEnded()).toBe(true);
	});

	it("can be taken at once when it is complete, and only then", async () => {
		const served = serve();
		const { guest, open } = served;
		const { response, body, stream } = guest.response();
		guest.set(open.outparam, response);
		const answer = responseOf(served);
		await guest.write(stream, "a");
		await guest.write(stream, "b");
		expect(answer.body.buffered?.()).toBeUndefined();
		guest.test.drop(outputStreamKind, stream);
		guest.finish(body);
		expect(Buffer.from(answer.body.buffered!()!).toString()).toBe("ab");
		expect(answer.body.buffered?.()).toBeUndefined();
	});

	it("may have no body at all", async () => {
		const served = serve();
		const { guest, open } = served;
		guest.set(open.outparam, guest.value("[constructor]outgoing-response", guest.fields()));
		open.close();
		const answer = responseOf(served);
		expect(answer.body.buffered?.()).toEqual(new Uint8Array());
		expect(await textOf(answer.body)).toBe("");
		expect(await answer.trailers).toBeNull();
		expect(await open.bodyEnded()).toBe(true);
	});

	it("has trailers after its body", async () => {
		const served = serve();
		const { guest, open } = served;
		const { response, body, stream } = guest.response();
		guest.set(open.outparam, response);
		guest.test.drop(outputStreamKind, stream);
		expect(guest.finish(body, guest.fields([["X-Sum", "42"]]))).toBeUndefined();
		const answer = responseOf(served);
		open.close();
		expect(await textOf(answer.body)).toBe("");
		expect(await answer.trailers).toEqual([["x-sum", "42"]]);
	});

	it.each([
		[99, 1],
		[100, 0],
		[999, 0],
		[1000, 1],
		[65_736, 0],
	])("status %i gives %i", (status, expected) => {
		const guest = new HttpGuest();
		const response = guest.value("[constructor]outgoing-response", guest.fields());
		expect(guest.value("[method]outgoing-response.status-code", response)).toBe(200);
		expect(guest.value("[method]outgoing-response.set-status-code", response, status)).toBe(expected);
		const now = expected === 0 ? status & 0xffff : 200;
		expect(guest.value("[method]outgoing-response.status-code", response)).toBe(now);
	});

	it("can be an error instead, in the guest's words", () => {
		const { guest, open, answers } = serve();
		const [at, length] = guest.put("no luck");
		guest.test.call(TYPES, "[static]response-outparam.set", open.outparam, 1, 38, 1, BigInt(at), length, 0, 0, 0);
		expect(answers).toEqual([{ error: "internal-error (no luck)" }]);
		expect(open.answered).toBe(true);
	});

	it("has one body, and its body one stream", () => {
		const guest = new HttpGuest();
		const { response, body } = guest.response();
		expect(guest.own("[method]outgoing-response.body", response)).toBeUndefined();
		expect(guest.own("[method]outgoing-body.write", body)).toBeUndefined();
	});
});

describe("a body that is not as promised", () => {
	it("is cut off when the guest drops it unfinished", async () => {
		const served = serve();
		const { guest, open } = served;
		const { response, body, stream } = guest.response();
		guest.set(open.outparam, response);
		await guest.write(stream, "half");
		guest.test.drop(outputStreamKind, stream);
		guest.test.drop(outgoingBodyKind, body);
		const { body: answer } = responseOf(served);
		expect(answer.buffered?.()).toBeUndefined();
		const read = answer[Symbol.asyncIterator]();
		expect(Buffer.from((await read.next()).value!).toString()).toBe("half");
		await expect(read.next()).rejects.toThrow("HTTP-protocol-error");
		expect((await read.next()).done).toBe(true);
		expect(await open.bodyEnded()).toBe(false);
	});

	it("is cut off when the guest traps or is ended midway, also for a reader that waits", async () => {
		const served = serve();
		const { guest, open } = served;
		const { response, stream } = guest.response();
		guest.set(open.outparam, response);
		const read = responseOf(served).body[Symbol.asyncIterator]();
		await guest.write(stream, "half");
		await read.next();
		const next = read.next();
		open.close("the function crashed");
		await expect(next).rejects.toThrow("the function crashed");
		expect(await guest.write(stream, "more")).toBe("closed");
	});

	it("ends where a guest that returned has left it", async () => {
		const served = serve();
		const { guest, open } = served;
		const { response, stream } = guest.response();
		guest.set(open.outparam, response);
		await guest.write(stream, "all of it");
		open.close();
		expect(await textOf(responseOf(served).body)).toBe("all of it");
		expect(await guest.write(stream, "more")).toBe("closed");
	});

	it("shorter than its content-length fails to finish", async () => {
		const served = serve();
		const { guest, open } = served;
		const { response, body, stream } = guest.response([["content-length", "5"]]);
		guest.set(open.outparam, response);
		await guest.write(stream, "1234");
		guest.test.drop(outputStreamKind, stream);
		expect(guest.finish(body)).toBe("HTTP-response-body-size");
		await expect(textOf(responseOf(served).body)).rejects.toThrow("HTTP-response-body-size (4)");
	});

	it("shorter than its content-length is cut off when the guest leaves it so", async () => {
		const served = serve();
		const { guest, open } = served;
		const { response, stream } = guest.response([["content-length", "5"]]);
		guest.set(open.outparam, response);
		await guest.write(stream, "1234");
		open.close();
		await expect(textOf(responseOf(served).body)).rejects.toThrow("HTTP-response-body-size");
	});

	it("longer than its content-length fails to be written, with an error that names it", async () => {
		const served = serve();
		const { guest, open } = served;
		const { response, body, stream } = guest.response([["content-length", "5"]]);
		guest.set(open.outparam, response);
		const error = await guest.write(stream, "123456");
		const area = guest.result("http-error-code", error as number);
		expect([guest.u8(area), guest.errorAt(area + 8), guest.u32(area + 24)]).toEqual([1, "HTTP-response-body-size", 6]);
		guest.test.drop(outputStreamKind, stream);
		expect(guest.finish(body)).toBe("HTTP-response-body-size");
		await expect(textOf(responseOf(served).body)).rejects.toThrow();
	});
});

describe("backpressure", () => {
	it("lets a guest be 64 KiB ahead of the reader, and no more", async () => {
		const served = serve();
		const { guest, open } = served;
		const { response, body, stream } = guest.response();
		guest.set(open.outparam, response);
		expect(await guest.room(stream)).toBe(BigInt(BODY_BUFFER_BYTES));
		for (let i = 0; i < 15; i++) expect(await guest.write(stream, "x".repeat(4096))).toBe("ok");
		expect(await guest.room(stream)).toBe(4096n);
		let blocked = true;
		const last = guest.write(stream, "x".repeat(4096)).then((result) => {
			blocked = false;
			return result;
		});
		await new Promise((resolve) => setImmediate(resolve));
		expect(blocked).toBe(true);
		const text = textOf(responseOf(served).body);
		expect(await last).toBe("ok");
		guest.test.drop(outputStreamKind, stream);
		guest.finish(body);
		expect((await text).length).toBe(BODY_BUFFER_BYTES);
	});

	it("gathers 100,000 tiny writes", async () => {
		const served = serve();
		const { guest, open } = served;
		const { response, body, stream } = guest.response();
		guest.set(open.outparam, response);
		let chunks = 0;
		let size = 0;
		const reading = (async () => {
			for await (const chunk of responseOf(served).body) {
				chunks += 1;
				size += chunk.length;
			}
		})();
		const bytes = guest.put("x");
		const area = guest.test.room();
		for (let left = 100_000; left > 0; ) {
			const room = Number(await guest.room(stream));
			for (let i = Math.min(room, left); i > 0; i--, left--) {
				guest.test.call("wasi:io/streams", "[method]output-stream.write", stream, ...bytes, area);
				expect(guest.u8(area)).toBe(0);
			}
			await new Promise((resolve) => setImmediate(resolve));
		}
		guest.test.drop(outputStreamKind, stream);
		guest.finish(body);
		await reading;
		expect(size).toBe(100_000);
		expect(chunks).toBeLessThan(100);
	});

	it("tells the guest when the reader went away, also one that waits for room", async () => {
		const served = serve();
		const { guest, open } = served;
		const { response, body, stream } = guest.response();
		guest.set(open.outparam, response);
		for (let i = 0; i < 15; i++) await guest.write(stream, "x".repeat(4096));
		const blocked = guest.write(stream, "x".repeat(4096));
		await responseOf(served).body[Symbol.asyncIterator]().return?.();
		expect(await blocked).toBe("closed");
		expect(await guest.room(stream)).toBeUndefined();
		expect(await guest.write(stream, "x")).toBe("closed");
		guest.test.drop(outputStreamKind, stream);
		expect(guest.finish(body)).toBeUndefined();
	});

	it("counts a body that nobody reads against the guest only as long as the call lasts", async () => {
		const guest = new HttpGuest();
		const held = heldBytes(guest.test.guest);
		for (const read of [false, true]) {
			const served = serve({}, guest);
			const { response, body, stream } = guest.response();
			guest.set(served.open.outparam, response);
			await guest.write(stream, "x".repeat(4000));
			guest.test.drop(outputStreamKind, stream);
			guest.finish(body);
			expect(held.bytes).toBe(4000);
			served.open.close();
			expect(held.bytes).toBe(0);
			if (read) expect((await textOf(responseOf(served).body)).length).toBe(4000);
			expect(held.bytes).toBe(0);
		}
	});

	it("bounds what bodies hold that nobody reads", async () => {
		const guest = new HttpGuest();
		await expect(async () => {
			for (let i = 0; i < 1000; i++) {
				const { stream } = guest.response();
				for (let j = 0; j < 15; j++) await guest.write(stream, "x".repeat(4096));
			}
		}).rejects.toThrow(Trap);
	});
});

describe("a request's body", () => {
	function open(body: TestBody, trailers?: Promise<[string, string][] | null>) {
		const served = serve({ method: "POST", body, trailers });
		const { guest } = served;
		const incoming = guest.take("[method]incoming-request.consume", served.open.request);
		return { ...served, incoming, stream: guest.take("[method]incoming-body.stream", incoming) };
	}

	it("is read chunk by chunk, as much as the guest asks for, and then closed", async () => {
		const { guest, stream } = open(new TestBody(["hello", "", " world"]));
		expect(await guest.read(stream, 3n)).toBe("hel");
		expect(await guest.read(stream)).toBe("lo");
		expect(await guest.read(stream)).toBe(" world");
		expect(await guest.read(stream)).toBeUndefined();
		expect(await guest.read(stream)).toBeUndefined();
	});

	it("is read at most one chunk ahead of the guest", async () => {
		const body = new TestBody(["a", "b", "c"]);
		const { guest, stream } = open(body);
		await new Promise((resolve) => setImmediate(resolve));
		expect(body.reads).toBe(1);
		await guest.read(stream);
		await new Promise((resolve) => setImmediate(resolve));
		expect(body.reads).toBeLessThanOrEqual(2);
	});

	it("that is there already is read without waiting", () => {
		const { guest, open } = serve({ body: Object.assign(new TestBody([]), { buffered: () => Buffer.from("all") }) });
		const incoming = guest.take("[method]incoming-request.consume", open.request);
		const stream = guest.take("[method]incoming-body.stream", incoming);
		const area = guest.test.room();
		guest.test.call("wasi:io/streams", "[method]input-stream.read", stream, 100n, area);
		expect([guest.u8(area), guest.listAt(area + 4)]).toEqual([0, "all"]);
		guest.test.call("wasi:io/streams", "[method]input-stream.read", stream, 100n, area);
		expect([guest.u8(area), guest.u8(area + 4)]).toEqual([1, 1]);
	});

	it("is consumed once, and its stream taken once", () => {
		const { guest, open: call, incoming } = open(new TestBody(["a"]));
		expect(guest.own("[method]incoming-request.consume", call.request)).toBeUndefined();
		expect(guest.own("[method]incoming-body.stream", incoming)).toBeUndefined();
	});

	it("that is missing is an empty one", async () => {
		const { guest, open } = serve();
		const incoming = guest.take("[method]incoming-request.consume", open.request);
		expect(await guest.read(guest.take("[method]incoming-body.stream", incoming))).toBeUndefined();
	});

	it("that fails gives its error once", async () => {
		const { guest, stream } = open(new TestBody(["a", new Error("ECONNRESET")]));
		expect(await guest.read(stream)).toBe("a");
		const area = await guest.test.result("wasi:io/streams", "[method]input-stream.blocking-read", stream, 1n);
		expect([guest.u8(area), guest.u8(area + 4)]).toEqual([1, 0]);
		const code = guest.result("http-error-code", guest.u32(area + 8));
		expect(guest.errorAt(code + 8)).toBe("HTTP-protocol-error");
		expect(await guest.read(stream)).toBeUndefined();
	});

	it.each([
		[
			"the body's handle is dropped",
			(it: ReturnType<typeof open>) => it.guest.test.drop(incomingBodyKind, it.incoming),
		],
		["the call is over", (it: ReturnType<typeof open>) => it.open.close()],
		["the instance ends", (it: ReturnType<typeof open>) => it.guest.test.end()],
	])("is given up when %s", async (_, end) => {
		const body = new TestBody(["a"], "hang");
		const opened = open(body);
		await opened.guest.read(opened.stream);
		end(opened);
		expect(body.returned).toBe(true);
	});

	it("that nobody consumed is given up with the request", () => {
		const body = new TestBody(["a"]);
		const { guest, open } = serve({ body });
		guest.test.drop(incomingRequestKind, open.request);
		expect(body.returned).toBe(true);
	});

	it("has trailers when it is finished, after the rest was read away", async () => {
		const body = new TestBody(["a", "b"]);
		const opened = open(body, Promise.resolve([["x-sum", "1"]]));
		const { guest, incoming, stream } = opened;
		expect(await guest.read(stream)).toBe("a");
		guest.test.drop(inputStreamKind, stream);
		const future = guest.value("[static]incoming-body.finish", incoming);
		const pollable = guest.value("[method]future-trailers.subscribe", future);
		expect(guest.u8(guest.result("[method]future-trailers.get", future))).toBe(0);
		await guest.test.call("wasi:io/poll", "[method]pollable.block", pollable);
		const area = guest.result("[method]future-trailers.get", future);
		expect([0, 8, 16, 24].map((at) => guest.u8(area + at))).toEqual([1, 0, 0, 1]);
		expect(guest.entries(guest.u32(area + 28))).toEqual([["x-sum", "1"]]);
		const again = guest.result("[method]future-trailers.get", future);
		expect([guest.u8(again), guest.u8(again + 8)]).toEqual([1, 1]);
		guest.test.drop(pollableKind, pollable);
		guest.test.drop(futureTrailersKind, future);
	});

	it("without trailers says so at once when it was read to its end", async () => {
		const { guest, incoming, stream } = open(new TestBody([]));
		expect(await guest.read(stream)).toBeUndefined();
		guest.test.drop(inputStreamKind, stream);
		const area = guest.result("[method]future-trailers.get", guest.value("[static]incoming-body.finish", incoming));
		expect([0, 8, 16, 24].map((at) => guest.u8(area + at))).toEqual([1, 0, 0, 0]);
	});

	it("whose trailers fail gives their error", async () => {
		const { guest, incoming, stream } = open(new TestBody([]), Promise.reject(new Error("gone")));
		guest.test.drop(inputStreamKind, stream);
		const future = guest.value("[static]incoming-body.finish", incoming);
		await guest.test.call(
			"wasi:io/poll",
			"[method]pollable.block",
			guest.value("[method]future-trailers.subscribe", future),
		);
		const area = guest.result("[method]future-trailers.get", future);
		expect([guest.u8(area + 16), guest.errorAt(area + 24)]).toEqual([1, "HTTP-protocol-error"]);
	});

	it("streams in while the response streams out", async () => {
		const { guest, open: call, answers, stream, incoming } = open(new TestBody(["one ", "two ", "three"]));
		const out = guest.response();
		guest.set(call.outparam, out.response);
		const text = textOf(responseOf({ guest, open: call, answers }).body);
		for (let chunk = await guest.read(stream); chunk !== undefined; chunk = await guest.read(stream)) {
			expect(await guest.write(out.stream, chunk.toUpperCase())).toBe("ok");
		}
		guest.test.drop(inputStreamKind, stream);
		guest.test.drop(incomingBodyKind, incoming);
		guest.test.drop(outputStreamKind, out.stream);
		expect(guest.finish(out.body)).toBeUndefined();
		expect(await text).toBe("ONE TWO THREE");
	});

	it("waits end when the invocation is over", async () => {
		const opened = open(new TestBody([], "hang"));
		const { guest, stream } = opened;
		const source = guest.test.guest.handles.get(inputStreamKind, stream);
		const waiting = source.wait(guest.test.guest.signal);
		guest.test.abort();
		await waiting;
		expect(source.ready()).toBe(false);
	});
});

describe("hostile calls", () => {
	it("set no response twice, nor on a forged handle", () => {
		const { guest, open, answers } = serve();
		const first = guest.response().response;
		guest.set(open.outparam, first);
		const second = guest.response().response;
		expect(() => guest.set(open.outparam, second)).toThrow(Trap);
		expect(() => guest.set(open.request, guest.response().response)).toThrow(Trap);
		expect(() => guest.set(0, guest.response().response)).toThrow(Trap);
		expect(answers).toHaveLength(1);
	});

	it("give no response after the call is over", async () => {
		const { guest, open, answers } = serve();
		const { response, stream } = guest.response();
		open.close("timed out");
		open.close();
		guest.set(open.outparam, response);
		expect([answers.length, open.answered]).toEqual([0, false]);
		expect(await guest.write(stream, "x")).toBe("closed");
	});

	it("leave the exchange unanswered when the outparam is dropped", () => {
		const { guest, open, answers } = serve();
		guest.test.drop(responseOutparamKind, open.outparam);
		open.close();
		expect([answers.length, open.answered]).toEqual([0, false]);
	});

	it("trap on tags and cases that there are not", () => {
		const { guest, open } = serve();
		const set = (tag: number, discriminant: number) =>
			guest.test.call(TYPES, "[static]response-outparam.set", open.outparam, tag, discriminant, 0, 0n, 0, 0, 0, 0);
		expect(() => set(2, 0)).toThrow(Trap);
		expect(() => set(1, 39)).toThrow(Trap);
		const { body } = guest.response();
		expect(() => guest.result("[static]outgoing-body.finish", body, 2, 0)).toThrow(Trap);
	});

	it("trap when a body is finished under its stream", async () => {
		const served = serve({ body: new TestBody(["a"]) });
		const { guest, open } = served;
		expect(() => guest.finish(guest.response().body)).toThrow(Trap);
		const incoming = guest.take("[method]incoming-request.consume", open.request);
		guest.take("[method]incoming-body.stream", incoming);
		expect(() => guest.value("[static]incoming-body.finish", incoming)).toThrow(Trap);
	});

	it("cannot send what is not theirs", () => {
		const { guest, open } = serve();
		const { response } = guest.response();
		const headers = guest.value("[method]outgoing-response.headers", response);
		expect(() => guest.value("[constructor]outgoing-response", response)).toThrow(Trap);
		expect(() => guest.test.drop(outgoingResponseKind, open.request)).toThrow(Trap);
		guest.test.drop(fieldsKind, headers);
	});

	it("get no informational response sent", () => {
		const { guest, open, answers } = serve();
		const area = guest.result("[method]response-outparam.send-informational", open.outparam, 103, guest.fields());
		expect([guest.u8(area), guest.errorAt(area + 8)]).toEqual([1, "internal-error"]);
		expect(answers).toHaveLength(0);
	});

	it("fill the handle table and no more", () => {
		const test = testGuest();
		const exchange = { request: request(), respond: () => {} };
		expect(() => {
			for (let i = 0; i < 40_000; i++) openExchange(test.guest, exchange);
		}).toThrow(Trap);
	});

	it("leave nothing behind that would make an instance's end throw", async () => {
		const { guest, open } = serve({ body: new TestBody(["a"], "hang") });
		const incoming = guest.take("[method]incoming-request.consume", open.request);
		guest.take("[method]incoming-body.stream", incoming);
		const { stream } = guest.response();
		await guest.write(stream, "x");
		expect(() => guest.test.end()).not.toThrow();
		expect(guest.test.guest.handles.size).toBe(0);
	});
});
