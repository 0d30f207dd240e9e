import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HttpRequest, HttpResponse } from "../engine/http.ts";
import type { Store } from "../store/types.ts";
import {
	answer,
	echo,
	type FakeObserver,
	failed,
	fakeEngine,
	fakeObserver,
	type Guest,
	hangingGuest,
	temporaryStore,
	testConfig,
	testFunction,
	testGuest,
} from "./fakes.ts";
import { createInvoker, type HostInvoker, type InvokerNews } from "./invoker.ts";
import { MAX_ROUNDS, tagOf } from "./lineage.ts";
import { MAX_ASYNC_PAYLOAD, MAX_SYNC_PAYLOAD } from "./types.ts";

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
let store: Store;
let dispose: () => Promise<void>;
let observer: FakeObserver;

beforeEach(async () => {
	({ store, dispose } = await temporaryStore());
	observer = fakeObserver();
	await store.functions.create(testGuest("f", "handler"));
	await store.functions.create(testGuest("site", "http"));
	await store.functions.create(testGuest("command", "cli"));
});
afterEach(() => dispose());

function setUp(guest: Guest = echo, settings: Record<string, unknown> = {}) {
	const engine = fakeEngine(guest);
	const invoker = createInvoker({ config: testConfig(settings), store, engine, observer });
	return { engine, invoker };
}

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (payload: Uint8Array): string => Buffer.from(payload).toString();

async function invoke(invoker: HostInvoker, functionName = "f", payload = "{}") {
	return invoker.invoke({ functionName, payload: bytes(payload) });
}

describe("a chain of invocations", () => {
	const header = (task: { payload: unknown }) => (task.payload as { context: { traceId: string } }).context.traceId;

	it("hands its lineage on, and ends where it is a loop", async () => {
		let traceId = "Root=1;Sampled=0";
		const { engine, invoker } = setUp();
		for (let round = 0; round < MAX_ROUNDS; round++) {
			await invoker.invoke({ functionName: "f", payload: bytes("{}"), traceId });
			traceId = header(engine.tasks.at(-1)!);
		}
		await expect(invoker.invoke({ functionName: "f", payload: bytes("{}"), traceId })).rejects.toMatchObject({
			name: "RecursiveInvocationException",
			status: 400,
		});
		// Another function may follow, and a chain that begins anew is none.
		await store.functions.create(testFunction("other"));
		await invoker.invoke({ functionName: "other", payload: bytes("{}"), traceId });
		expect(header(engine.tasks.at(-1)!)).toMatch(/^Root=1;Sampled=0;Lineage=[0-9a-f]{8}:16\|[0-9a-f]{8}:1$/);
		await invoker.invoke({ functionName: "f", payload: bytes("{}") });
		expect(engine.tasks).toHaveLength(MAX_ROUNDS + 2);
	});

	it("goes on where the function allows it", async () => {
		await store.settings.put({ functionName: "f", recursiveLoop: "Allow" });
		const { engine, invoker } = setUp();
		const traceId = `Root=1;Lineage=${tagOf("f")}:99`;
		await invoker.invoke({ functionName: "f", payload: bytes("{}"), traceId });
		expect(header(engine.tasks[0]!)).toContain(":100");
	});

	it("reaches an http guest among its request's fields", async () => {
		const { engine, invoker } = setUp();
		const headers: [string, string][] = [
			["x-amzn-trace-id", "Root=1"],
			["a", "b"],
		];
		const request: HttpRequest = {
			method: "GET",
			scheme: "http",
			authority: "a",
			pathWithQuery: "/",
			headers,
			body: null,
		};
		await invoker.invoke({ functionName: "site", payload: request, traceId: "Root=1", onResponse() {} });
		expect(engine.tasks[0]!.payload).toMatchObject({
			request: {
				headers: [
					["a", "b"],
					["x-amzn-trace-id", `Root=1;Lineage=${tagOf("site")}:1`],
				],
			},
		});
	});
});

describe("reserved concurrency", () => {
	it("is the function's own, and its most", async () => {
		await store.settings.put({ functionName: "f", reservedConcurrency: 1 });
		const { guest, started } = hangingGuest();
		const { invoker } = setUp((task) => (task.spec.kind === "cli" ? answer("1") : guest(task)));
		const leave = new AbortController();
		const first = invoker.invoke({ functionName: "f", payload: bytes("{}"), signal: leave.signal });
		await started;
		await expect(invoke(invoker)).rejects.toMatchObject({
			name: "TooManyRequestsException",
			message: "Rate Exceeded.",
			members: { Reason: "ReservedFunctionConcurrentInvocationLimitExceeded", retryAfterSeconds: "1" },
		});
		await invoke(invoker, "command");
		leave.abort();
		await first;
		await store.settings.put({ functionName: "f", reservedConcurrency: 0 });
		invoker.changed("f");
		await expect(invoke(invoker)).rejects.toMatchObject({ name: "TooManyRequestsException" });
	});
});

describe("a tenant", () => {
	beforeEach(() => store.functions.create(testFunction("shared", { tenancy: "PER_TENANT" })));

	it("reaches the engine and the handler, now and later", async () => {
		const { engine, invoker } = setUp();
		await invoker.invoke({ functionName: "shared", payload: bytes("{}"), tenantId: "blue" });
		expect(engine.tasks[0]).toMatchObject({
			tenantId: "blue",
			spec: { isolation: "tenant" },
			payload: { context: { tenantId: "blue" } },
		});
		await invoker.enqueue({ functionName: "shared", payload: bytes("{}"), tenantId: "blue" });
		expect(await store.queue.due(Date.now(), 10, new Set())).toMatchObject([{ tenantId: "blue" }]);
	});

	it("is refused where it is missing, and where it has no meaning", async () => {
		const { engine, invoker } = setUp();
		for (const send of [invoker.invoke, invoker.enqueue]) {
			await expect(send({ functionName: "shared", payload: bytes("{}"), tenantId: null })).rejects.toMatchObject({
				name: "InvalidParameterValueException",
				message: expect.stringContaining("Add a valid tenant ID"),
			});
			await expect(send({ functionName: "f", payload: bytes("{}"), tenantId: "blue" })).rejects.toMatchObject({
				name: "InvalidParameterValueException",
				message: expect.stringContaining("Remove the tenant ID"),
			});
		}
		await invoker.invoke({ functionName: "f", payload: bytes("{}"), tenantId: null });
		expect(engine.tasks).toHaveLength(1);
	});

	it("is nobody for who has no way to name one", async () => {
		const { engine, invoker } = setUp();
		await invoker.invoke({ functionName: "shared", payload: bytes("{}") });
		expect(engine.tasks[0]).toMatchObject({ tenantId: undefined, payload: { context: { tenantId: undefined } } });
	});
});

describe("an invocation", () => {
	it("gives the answer byte for byte", async () => {
		const payload = Uint8Array.from({ length: 256 }, (_, index) => index);
		const result = await setUp().invoker.invoke({ functionName: "f", payload });
		expect([...result.payload]).toEqual([...payload]);
		expect(result).toMatchObject({ executedVersion: "$LATEST", functionError: null, error: null });
		expect(result.requestId).toMatch(UUID_V4);
	});

	it.each(["f", "command"])("of %s that answers nothing is null", async (name) => {
		const { invoker } = setUp(() => answer(""));
		expect(text((await invoke(invoker, name)).payload)).toBe("null");
	});

	it("has a context with Lambda's members", async () => {
		const { invoker, engine } = setUp();
		const { requestId } = await invoker.invoke({
			functionName: "f",
			qualifier: "$LATEST",
			payload: bytes("1"),
			clientContext: '{"custom":{}}',
			traceId: "Root=1-2-3",
		});
		const { payload, timeoutMs } = engine.tasks[0]!;
		if (payload.kind !== "event") throw new Error("no event");
		expect(timeoutMs).toBe(3000);
		expect(payload.context).toMatchObject({
			requestId,
			functionName: "f",
			functionVersion: "$LATEST",
			invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST",
			memoryLimitInMb: 128,
			logGroupName: "/aws/lambda/f",
			clientContext: '{"custom":{}}',
			traceId: `Root=1-2-3;Lineage=${tagOf("f")}:1`,
		});
	});

	it("keeps the request id that it is given", async () => {
		const { invoker } = setUp();
		const result = await invoker.invoke({ functionName: "f", payload: bytes("1"), requestId: "again" });
		expect(result.requestId).toBe("again");
		expect(observer.starts).toMatchObject([{ requestId: "again", functionName: "f", memoryMb: 128, timeoutMs: 3000 }]);
	});

	it("writes its log, whose tail it gives", async () => {
		const { invoker } = setUp((task) => {
			task.output(1, bytes("hello\n"));
			return answer("1");
		});
		const result = await invoke(invoker);
		expect(text(result.logTail())).toBe(
			`START RequestId: ${result.requestId} Version: $LATEST\nhello\nEND RequestId: ${result.requestId}\n`,
		);
		expect(observer.ends).toMatchObject([{ usage: { fuel: 1234 }, failure: null }]);
	});

	it("that fails has Lambda's error object as its payload, and the same words in its log", async () => {
		const { invoker } = setUp(() => failed("timeout"));
		const result = await invoke(invoker);
		const errorMessage = `RequestId: ${result.requestId} Error: Task timed out after 3.00 seconds`;
		expect(JSON.parse(text(result.payload))).toEqual({ errorType: "Sandbox.Timedout", errorMessage });
		expect(result).toMatchObject({
			functionError: "Unhandled",
			error: { errorType: "Sandbox.Timedout", errorMessage },
		});
		expect(observer.ends).toMatchObject([{ failure: { kind: "timeout", errorMessage } }]);
	});

	it("may answer Lambda's 6,291,556 bytes, and not one more", async () => {
		let size = 6_291_556;
		const { invoker } = setUp(() => answer(new Uint8Array(size)));
		expect((await invoke(invoker)).functionError).toBeNull();
		size++;
		const result = await invoke(invoker);
		expect(result.error?.errorType).toBe("Function.ResponseSizeTooLarge");
		expect(observer.ends[1]?.failure?.kind).toBe("response-too-large");
	});

	it("whose reported error is larger than an answer may be fails as too large", async () => {
		const { invoker } = setUp(() => failed("handled", "x".repeat(7_000_000)));
		const result = await invoke(invoker);
		expect(result.error?.errorType).toBe("Function.ResponseSizeTooLarge");
		expect(result.payload.length).toBeLessThan(1000);
	});

	it("that the host fails to run rejects with the host's error, and the log does not tell its words", async () => {
		const { invoker } = setUp(() => Promise.reject(new Error("/secret/path is gone")));
		await expect(invoke(invoker)).rejects.toThrow("/secret/path is gone");
		expect(observer.ends[0]?.failure).toMatchObject({ errorType: "Pilot.HostFault" });
		expect(JSON.stringify(observer.ends)).not.toContain("secret");
		// Its place is free again.
		await invoker.close(0);
	});
});

describe("what cannot be invoked", () => {
	it("is an unknown function, in AWS's words", async () => {
		await expect(invoke(setUp().invoker, "nobody")).rejects.toMatchObject({
			name: "ResourceNotFoundException",
			status: 404,
			message: "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody",
		});
		expect(observer.starts).toEqual([]);
	});

	it("is any qualifier but $LATEST", async () => {
		const request = { functionName: "f", qualifier: "7", payload: bytes("1") };
		await expect(setUp().invoker.invoke(request)).rejects.toMatchObject({
			name: "ResourceNotFoundException",
			message: "Function not found: arn:aws:lambda:us-east-1:000000000000:function:f:7",
		});
	});

	it("is an event of 6 MB and a byte", async () => {
		const { invoker } = setUp(() => answer("1"));
		const payload = new Uint8Array(MAX_SYNC_PAYLOAD);
		expect((await invoker.invoke({ functionName: "f", payload })).functionError).toBeNull();
		await expect(
			invoker.invoke({ functionName: "f", payload: new Uint8Array(MAX_SYNC_PAYLOAD + 1) }),
		).rejects.toMatchObject({ name: "RequestTooLargeException", status: 413 });
	});

	it("is more at once than the host allows, over all functions", async () => {
		const { guest, started } = hangingGuest();
		const { invoker } = setUp(guest, { concurrency: 1 });
		const caller = new AbortController();
		const first = invoker.invoke({ functionName: "f", payload: bytes("1"), signal: caller.signal });
		await started;
		await expect(invoke(invoker, "command")).rejects.toMatchObject({ name: "TooManyRequestsException" });
		caller.abort();
		expect((await first).error?.errorType).toBe("Pilot.Cancelled");
	});

	it("is an event guest by an HTTP request as it is: the function was updated since the gateway looked", async () => {
		const request = { functionName: "f", payload: httpRequest("/") };
		await expect(setUp().invoker.invoke(request)).rejects.toMatchObject({ name: "ResourceConflictException" });
	});
});

function httpRequest(pathWithQuery: string): HttpRequest {
	return { method: "GET", scheme: "http", authority: "site.localhost", pathWithQuery, headers: [], body: null };
}

async function* chunks(...pieces: string[]): AsyncGenerator<Uint8Array> {
	for (const piece of pieces) yield bytes(piece);
}

async function* breaking(): AsyncGenerator<Uint8Array> {
	yield bytes("half");
	throw new Error("body broke");
}

function site(...pieces: string[]): Guest {
	return (task) => {
		const headers: [string, string][] = [["content-type", "text/plain"]];
		task.onResponse?.({ status: 201, headers, body: chunks(...pieces) });
		return answer("");
	};
}

describe("an http guest", () => {
	it("gets the request as it is, and its response passes through", async () => {
		const { invoker, engine } = setUp(site("a", "b"));
		const responses: HttpResponse[] = [];
		const payload = httpRequest("/a%20b?x=1");
		const result = await invoker.invoke({ functionName: "site", payload, onResponse: (it) => responses.push(it) });
		expect(engine.tasks[0]?.payload).toEqual({ kind: "http", request: payload });
		expect(responses).toMatchObject([{ status: 201 }]);
		expect(result.functionError).toBeNull();
		expect(result.payload).toHaveLength(0);
	});

	it("that is invoked by event gets a request, and its response is a payload 2.0 object", async () => {
		const { invoker, engine } = setUp(site("hel", "lo"));
		const event = { version: "2.0", rawPath: "/x", requestContext: { http: { method: "PUT" } } };
		const result = await invoke(invoker, "site", JSON.stringify(event));
		const { payload } = engine.tasks[0]!;
		expect(payload).toMatchObject({ kind: "http", request: { method: "PUT", pathWithQuery: "/x" } });
		expect(JSON.parse(text(result.payload))).toMatchObject({ statusCode: 201, body: "hello", isBase64Encoded: false });
	});

	it("that ends without an answer has crashed", async () => {
		const { invoker } = setUp(() => answer(""));
		const result = await invoke(invoker, "site");
		expect(result.error).toMatchObject({ errorType: "Runtime.ExitError" });
		expect(result.error?.errorMessage).toContain("the request was not answered");
	});

	it("whose buffered answer is too large fails as such", async () => {
		const { invoker } = setUp(site("x".repeat(4_000_000), "x".repeat(4_000_000)));
		expect((await invoke(invoker, "site")).error?.errorType).toBe("Function.ResponseSizeTooLarge");
	});

	it("whose body breaks off has crashed, even if it ended well", async () => {
		const { invoker } = setUp((task) => {
			task.onResponse?.({ status: 200, headers: [], body: breaking() });
			return answer("");
		});
		expect((await invoke(invoker, "site")).error?.errorMessage).toContain("the response body broke off");
	});

	it("that fails half-way fails by its own failure, not by its broken body", async () => {
		const { invoker } = setUp((task) => {
			task.onResponse?.({ status: 200, headers: [], body: breaking() });
			return failed("crash", "unreachable");
		});
		expect((await invoke(invoker, "site")).error?.errorMessage).toContain("unreachable");
	});
});

describe("an update", () => {
	it("is seen by every invocation that begins after it was told", async () => {
		const { invoker, engine } = setUp();
		await invoke(invoker);
		const old = await store.functions.get("f");
		const next = { ...old!, revisionId: "22222222-2222-4222-8222-222222222222", environment: { NEW: "1" } };
		await store.functions.update(next, old!.revisionId);
		invoker.changed("f");
		await invoke(invoker);
		expect(engine.retired).toEqual([engine.tasks[0]!.spec.id]);
		expect(engine.tasks[1]?.spec.env.NEW).toBe("1");
	});

	it("that deletes leaves nothing to invoke", async () => {
		const { invoker } = setUp();
		await invoke(invoker);
		await store.functions.delete("f");
		invoker.changed("f");
		await expect(invoke(invoker)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
	});
});

describe("an event for later", () => {
	it("is on disk when its request id is given", async () => {
		const { invoker, engine } = setUp();
		const before = Date.now();
		const id = await invoker.enqueue({
			functionName: "f",
			payload: bytes("[1]"),
			clientContext: "{}",
			traceId: "Root=1",
		});
		expect(id).toMatch(UUID_V4);
		const [event] = await store.queue.due(Date.now(), 10, new Set());
		expect(event).toMatchObject({
			id,
			functionName: "f",
			attempts: 0,
			hops: 0,
			clientContext: "{}",
			traceId: "Root=1",
		});
		expect(text(event!.payload)).toBe("[1]");
		expect(event!.acceptedAt).toBeGreaterThanOrEqual(before);
		expect(event!.dueAt).toBe(event!.acceptedAt);
		expect(engine.tasks).toEqual([]);
	});

	it("is told to who listens, after it is on disk, until they stop", async () => {
		const { invoker } = setUp();
		const news: InvokerNews[] = [];
		const stop = invoker.listen((it) => news.push(it));
		await invoker.enqueue({ functionName: "f", payload: bytes("1") });
		invoker.changed("f");
		stop();
		await invoker.enqueue({ functionName: "f", payload: bytes("1") });
		expect(news).toEqual([{ kind: "queued" }, { kind: "changed", functionName: "f" }]);
	});

	it("may have 1 MB and not one byte more", async () => {
		const { invoker } = setUp();
		await invoker.enqueue({ functionName: "f", payload: new Uint8Array(MAX_ASYNC_PAYLOAD) });
		const tooLarge = invoker.enqueue({ functionName: "f", payload: new Uint8Array(MAX_ASYNC_PAYLOAD + 1) });
		await expect(tooLarge).rejects.toMatchObject({ name: "RequestTooLargeException" });
		expect(await store.queue.size()).toBe(1);
	});

	it("is refused for an unknown function or qualifier", async () => {
		const { invoker } = setUp();
		const refused = [
			invoker.enqueue({ functionName: "nobody", payload: bytes("1") }),
			invoker.enqueue({ functionName: "f", qualifier: "live", payload: bytes("1") }),
		];
		for (const promise of refused) await expect(promise).rejects.toMatchObject({ name: "ResourceNotFoundException" });
		expect(await store.queue.size()).toBe(0);
	});
});

describe("a note", () => {
	it("goes to the function's log, and nowhere if the function is gone", async () => {
		const { invoker } = setUp();
		await invoker.note("f", "an event was dropped");
		await invoker.note("nobody", "an event was dropped");
		expect(observer.notes).toEqual([{ functionName: "f", message: "an event was dropped" }]);
	});
});

describe("when the host stops", () => {
	it("an invocation that had to be ended was not failed by its function: it can be tried again", async () => {
		const { guest, started } = hangingGuest();
		const { invoker } = setUp(guest);
		const running = invoke(invoker);
		const ended = expect(running).rejects.toMatchObject({ name: "ServiceUnavailableException" });
		await started;
		await invoker.close(0);
		await ended;
		expect(observer.ends).toMatchObject([{ failure: { kind: "cancelled" } }]);
	});

	it("no new invocation begins", async () => {
		const { invoker } = setUp();
		await invoker.close(0);
		await expect(invoke(invoker)).rejects.toMatchObject({ name: "ServiceUnavailableException", status: 503 });
	});
});

it("a function's own timeout and memory hold", async () => {
	await store.functions.create(testFunction("slow", { timeoutSeconds: 900, memoryMb: 2048, fuel: 77 }));
	const { invoker, engine } = setUp();
	await invoke(invoker, "slow");
	expect(engine.tasks[0]).toMatchObject({ timeoutMs: 900_000, spec: { memoryBytes: 2_147_483_648, fuel: 77 } });
});
