import { readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acceptanceData } from "../../test/support/acceptance.ts";
import { openTestApi, type TestApi } from "../../test/support/api.ts";
import { ServiceError } from "../errors.ts";
import { MAX_ASYNC_PAYLOAD, MAX_SYNC_PAYLOAD } from "../invoker/types.ts";

let api: TestApi;
beforeEach(async () => {
	api = await openTestApi();
	await api.create("echo");
});
afterEach(async () => {
	expect(api.faults).toEqual([]);
	await api.close();
});

const path = "/2015-03-31/functions/echo/invocations";
const invoke = (body?: string | Uint8Array, headers?: HeadersInit) => api.send("POST", path, body, headers);
const json = (size: number) => `"${"x".repeat(size - 2)}"`;
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("Invoke, and wait", () => {
	it("hands the bytes over and back as they are", async () => {
		const event = ' {"a" : 1.0, "a":2, "é":"\\u00e9"}\n';
		const response = await invoke(event);
		expect(response.status).toBe(200);
		expect(await response.text()).toBe(event);
		expect(Buffer.from(api.invoker.requests[0]!.payload as Uint8Array).toString()).toBe(event);
		expect(Object.fromEntries(response.headers)).toEqual({
			"content-type": "application/json",
			"x-amz-executed-version": "$LATEST",
			"x-amzn-requestid": "11111111-2222-3333-4444-555555555555",
			"x-amzn-trace-id": expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/),
		});
	});

	it("gives the function an empty object for an empty body", async () => {
		expect(await (await invoke()).text()).toBe("{}");
		expect(await (await invoke(new Uint8Array())).text()).toBe("{}");
	});

	it("names a failure in a header, with 200", async () => {
		await api.create("fails");
		const response = await api.send("POST", "/2015-03-31/functions/fails/invocations", "{}");
		expect(response.status).toBe(200);
		expect(response.headers.get("x-amz-function-error")).toBe("Unhandled");
		expect(await response.json()).toEqual({ errorType: "Error", errorMessage: "no" });
	});

	it("adds the log's end as base64, to who asks", async () => {
		const log = (await invoke("{}", { "x-amz-log-type": "Tail" })).headers.get("x-amz-log-result")!;
		expect(Buffer.from(log, "base64").toString()).toBe("START RequestId\nEND\n");
		expect((await invoke("{}", { "x-amz-log-type": "None" })).headers.has("x-amz-log-result")).toBe(false);
	});

	it("passes the client context as JSON, and the trace header", async () => {
		const trace = "Root=1-00000000-000000000000000000000000;Sampled=1";
		const headers = { "x-amz-client-context": base64('{"custom":{"a":1}}'), "x-amzn-trace-id": trace };
		const response = await invoke("{}", headers);
		expect(api.invoker.requests[0]).toMatchObject({ clientContext: '{"custom":{"a":1}}', traceId: trace });
		expect(response.headers.get("x-amzn-trace-id")).toBe(trace);
	});

	it.each(["not base64!", base64("[1]"), base64("1"), base64("{"), Buffer.of(0x22, 0xff, 0x22).toString("base64")])(
		"refuses the client context %s",
		async (text) => {
			const response = await invoke("{}", { "x-amz-client-context": text });
			expect(response.status).toBe(400);
			expect(response.headers.get("x-amzn-errortype")).toBe("InvalidRequestContentException");
		},
	);

	it("refuses a client context over 3,583 bytes", async () => {
		const text = base64(`{"a":"${"x".repeat(2700)}"}`);
		expect((await invoke("{}", { "x-amz-client-context": text })).status).toBe(400);
		expect(api.invoker.requests).toEqual([]);
	});

	it("passes the tenant, now and for later; and says where there is none", async () => {
		await invoke("{}", { "x-amz-tenant-id": "blue @home" });
		await invoke("{}");
		expect(api.invoker.requests.map((it) => it.tenantId)).toEqual(["blue @home", null]);
		await invoke("{}", { "x-amz-tenant-id": "blue", "x-amz-invocation-type": "Event" });
		expect(api.invoker.queued).toMatchObject([{ tenantId: "blue" }]);
	});

	it("passes the qualifier, from the name or beside it", async () => {
		for (const where of ["echo:$LATEST/invocations", "echo/invocations?Qualifier=$LATEST"])
			expect((await api.send("POST", `/2015-03-31/functions/${where}`, "{}")).status).toBe(200);
		expect(api.invoker.requests.map(({ qualifier }) => qualifier)).toEqual(["$LATEST", "$LATEST"]);
		const response = await api.send("POST", `${path}?Qualifier=7`, "{}");
		expect(await response.json()).toEqual({
			Type: "User",
			Message: "Function not found: arn:aws:lambda:us-east-1:000000000000:function:echo:7",
		});
	});

	it("passes errors of the invoker on, with their members", async () => {
		api.invoker.whileInvoking = async () => {
			const members = { Reason: "ConcurrentInvocationLimitExceeded", retryAfterSeconds: "2" };
			throw new ServiceError("TooManyRequestsException", "Rate Exceeded.", members);
		};
		const response = await invoke("{}");
		expect([response.status, response.headers.get("retry-after")]).toEqual([429, "2"]);
		expect(await response.json()).toMatchObject({ Reason: "ConcurrentInvocationLimitExceeded" });
	});

	it("tells the invoker when the caller goes away", async () => {
		const caller = new AbortController();
		const seen = new Promise<void>((resolve) => {
			api.invoker.whileInvoking = ({ signal }) =>
				new Promise((done) => {
					signal!.addEventListener("abort", () => {
						resolve();
						done();
					});
					caller.abort();
				});
		});
		const request = new Request(`http://localhost${path}`, { method: "POST", body: "{}", signal: caller.signal });
		void api.app.fetch(request);
		await seen;
	});

	it.each([
		["x-amz-invocation-type", "Later", "ValidationException", /enum value set: \[Event, RequestResponse, DryRun\]/],
		["x-amz-log-type", "All", "ValidationException", /at 'logType'/],
		["x-amz-tenant-id", "a,b", "ValidationException", /at 'tenantId'/],
		["x-amz-durable-execution-name", "d", "InvalidParameterValueException", /DurableExecutionName is not supported/],
	])("refuses the header %s: %s", async (name, value, error, message) => {
		const response = await invoke("{}", { [name]: value });
		expect([response.status, response.headers.get("x-amzn-errortype")]).toEqual([400, error]);
		expect(((await response.json()) as { message: string }).message).toMatch(message);
	});

	it("says why a name is none, as the service does", async () => {
		const name = "arn:aws:lambda:us-east-1:000000000000@function:myfn";
		const response = await api.send("POST", `/2015-03-31/functions/${encodeURIComponent(name)}/invocations`, "{}");
		expect(response.status).toBe(400);
		expect(await response.json()).toEqual({
			message: `1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?`,
		});
	});
});

describe("payloads", () => {
	it("are taken up to 6 MB, and refused by one byte more", async () => {
		expect((await invoke(json(MAX_SYNC_PAYLOAD))).status).toBe(200);
		const response = await invoke(json(MAX_SYNC_PAYLOAD + 1));
		expect([response.status, response.headers.get("x-amzn-errortype")]).toEqual([413, "RequestTooLargeException"]);
		expect(await response.json()).toEqual({
			Type: "User",
			message: "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
		});
	});

	it("are taken up to 1 MB for later", async () => {
		const event = { "x-amz-invocation-type": "Event" };
		expect((await invoke(json(MAX_ASYNC_PAYLOAD), event)).status).toBe(202);
		expect((await invoke(json(MAX_ASYNC_PAYLOAD + 1), event)).status).toBe(413);
	});

	it("must be JSON", async () => {
		for (const type of ["RequestResponse", "Event", "DryRun"]) {
			const response = await invoke("{", { "x-amz-invocation-type": type });
			expect([response.status, response.headers.get("x-amzn-errortype")]).toEqual([
				400,
				"InvalidRequestContentException",
			]);
			expect(await response.json()).toEqual({
				Type: "User",
				message: "Could not parse request body into json: Unexpected end-of-input",
			});
		}
	});

	const suite = acceptanceData("json/test_parsing");
	it.skipIf(!suite)("of JSONTestSuite are answered with 200 or 400, never with a fault", async () => {
		for (const name of readdirSync(suite!)) {
			const bytes = readFileSync(`${suite}/${name}`);
			const { status } = await invoke(bytes);
			const wanted = bytes.length === 0 ? [200] : { y: [200], n: [400], i: [200, 400] }[name.charAt(0)];
			expect(wanted, name).toContain(status);
		}
	});

	const events = acceptanceData("events");
	it.skipIf(!events)("of other people's events come back byte for byte", async () => {
		for (const folder of readdirSync(events!))
			for (const name of readdirSync(`${events}/${folder}`).filter((file) => file.endsWith(".json"))) {
				const bytes = readFileSync(`${events}/${folder}/${name}`);
				const response = await invoke(bytes);
				expect(Buffer.from(await response.arrayBuffer()).equals(bytes), name).toBe(true);
			}
	});
});

describe("Invoke for later, or not at all", () => {
	it("answers 202 with the id under which it is queued", async () => {
		const headers = { "x-amz-invocation-type": "Event", "x-amz-client-context": base64('{"a":1}') };
		const response = await invoke('{"n":1}', headers);
		expect(response.status).toBe(202);
		expect(await response.text()).toBe("");
		expect(response.headers.get("x-amzn-requestid")).toBe("66666666-7777-8888-9999-000000000000");
		expect(api.invoker.queued).toMatchObject([{ functionName: "echo", clientContext: '{"a":1}' }]);
		expect(Buffer.from(api.invoker.queued[0]!.payload).toString()).toBe('{"n":1}');
		expect(api.invoker.requests).toEqual([]);
	});

	it("answers 204 to a dry run of a function that is there, 404 else", async () => {
		const headers = { "x-amz-invocation-type": "DryRun" };
		expect((await invoke("{}", headers)).status).toBe(204);
		expect((await api.send("POST", "/2015-03-31/functions/nope/invocations", "{}", headers)).status).toBe(404);
		expect(api.invoker.requests).toEqual([]);
	});
});
