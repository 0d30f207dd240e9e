import { request } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ServiceError } from "../errors.ts";
import { type Answer, call, functionRecord, open, result, startGateway, type TestGateway } from "../gateway/testing.ts";
import type { InvocationSummary } from "../observe/types.ts";
import type { TriggerRecord } from "../store/types.ts";
import { createConsole } from "./console.ts";
import type { ConsoleDeps } from "./types.ts";

const SUMMARY: InvocationSummary = {
	functionName: "hello",
	version: "$LATEST",
	requestId: "id",
	endedAt: 1,
	usage: { durationMs: 1, initMs: null, cpuMs: 1, fuel: 7, memoryBytes: 65_536 },
	failure: null,
};
const TRIGGER: TriggerRecord = {
	id: "t1",
	kind: "schedule",
	functionName: "hello",
	enabled: true,
	settings: { schedule: "* * * * *" },
	createdAt: "2026-11-22T00:00:00.000Z",
};

let gateway: TestGateway;
let read: ConsoleDeps["observer"]["read"];
let triggers: ConsoleDeps["triggers"];
let stopping = new AbortController();
const logged: string[] = [];

beforeAll(async () => {
	gateway = await startGateway(
		async () => result("{}"),
		(store) =>
			createConsole({
				config: {
					host: "127.0.0.1",
					port: 9000,
					urlPort: 9001,
					region: "eu-west-1",
					account: "123456789012",
					memoryBudget: 4 * 2 ** 30,
				},
				store,
				engine: { stats: () => ({ instances: 3, busy: 1, memoryBytes: 196_608 }) },
				observer: {
					stats: () => ({ invocations: 41, errors: 1, recent: Array.from({ length: 100 }, () => SUMMARY) }),
					read: (...all) => read(...all),
				},
				invoker: { enqueue: async (event) => `again ${event.functionName} ${Buffer.from(event.payload)}` },
				triggers: {
					list: (name) => triggers.list(name),
					add: (input) => triggers.add(input),
					remove: (id) => triggers.remove(id),
				},
				version: "1.2.3",
				get stopping() {
					return stopping.signal;
				},
				log: (line) => logged.push(line),
			}),
	);
	await gateway.add("hello", "handler");
	await gateway.store.functions.create(
		functionRecord("silent", "cli", { environment: { B: "secret-b", A: "secret-a" } }),
	);
});
beforeEach(() => {
	logged.length = 0;
	read = async function* () {
		yield "one";
		yield "two";
	};
	triggers = { list: async () => [TRIGGER], add: async () => TRIGGER, remove: async (id) => id === "t1" };
});
afterAll(() => gateway.close());

type Options = { method?: string; headers?: Record<string, string>; body?: string };
const api = (path: string, options: Options = {}): Promise<Answer> =>
	call(gateway.port, `127.0.0.1:${gateway.port}`, `/_pilot/${path}`, options);
const json = async (path: string) => JSON.parse((await api(path)).text);

describe("the page's files", () => {
	it("are the page and what it loads", async () => {
		const { status, headers, text } = await api("");
		expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
		const loaded = [...text.matchAll(/(?:src|href)="([\w.]+)"/g)].map((it) => it[1]!);
		const scripts = (await api("page.js")).text;
		loaded.push(...[...scripts.matchAll(/from "\.\/([\w.]+)"/g)].map((it) => it[1]!));
		expect(loaded.length).toBeGreaterThan(5);
		for (const file of loaded) expect([file, (await api(file)).status]).toEqual([file, 200]);
	});

	it("allow nothing but the own origin, and nothing inline", async () => {
		for (const path of ["", "page.js", "api/status", "nothing", "api/functions/none"]) {
			const { headers } = await api(path);
			expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
			expect(headers["content-security-policy"]).not.toMatch(/unsafe|\*|http|data:/);
			expect(headers["x-content-type-options"]).toBe("nosniff");
		}
		const page = (await api("")).text;
		expect(page).not.toMatch(/<script>|<style|style="|\son\w+="|https?:\/\/(?!www\.w3\.org)/);
	});

	it("are not sent again to a browser that has them", async () => {
		const { etag } = (await api("page.css")).headers;
		const again = await api("page.css", { headers: { "if-none-match": etag as string } });
		expect([again.status, again.text]).toEqual([304, ""]);
	});

	it.each([
		"../console.ts",
		"..%2fconsole.ts",
		"static/page.js",
		"%2e%2e/types.ts",
		"console.ts",
		"page.js/",
		"constructor",
	])("are no others: %s", async (path) => {
		expect((await api(path)).status).toBe(404);
	});

	it("are at /_pilot/, and /_pilot leads there", async () => {
		const { status, headers } = await call(gateway.port, "localhost", "/_pilot");
		expect([status, headers.location]).toEqual([308, "/_pilot/"]);
	});
});

describe("status", () => {
	it("is what the host is and has", async () => {
		expect(await json("api/status")).toEqual({
			version: "1.2.3",
			node: process.version,
			uptimeSeconds: expect.any(Number),
			region: "eu-west-1",
			account: "123456789012",
			functions: 2,
			codeBytes: 8,
			engine: { instances: 3, busy: 1, memoryBytes: 196_608 },
			workers: [],
		});
	});
});

describe("functions", () => {
	it("are listed by name with figures and addresses", async () => {
		const { functions } = await json("api/functions");
		expect(functions.map((it: { name: string }) => it.name)).toEqual(["hello", "silent"]);
		expect(functions[0]).toMatchObject({
			kind: "handler",
			world: "handler@test",
			size: 4,
			memoryMb: 128,
			timeoutSeconds: 3,
			invocations: 41,
			errors: 1,
			url: {
				authType: "NONE",
				addresses: { byName: "http://hello.localhost:9000/", byPath: "http://127.0.0.1:9001/hello/" },
			},
		});
		expect(functions[0].recent.length).toBe(24);
		expect(functions[1].url).toBeNull();
	});

	it("are all listed, however many there are", async () => {
		for (let index = 0; index < 250; index++)
			await gateway.store.functions.create(functionRecord(`many-${String(index).padStart(3, "0")}`, "cli"));
		const names = (await json("api/functions")).functions.map((it: { name: string }) => it.name);
		expect(names.length).toBe(252);
		expect(new Set(names).size).toBe(252);
		for (const name of names.slice(1, -1)) await gateway.store.functions.delete(name);
	});

	it("one has its last versions, its aliases, and the memory that it can have", async () => {
		const { store } = gateway;
		const record = { ...functionRecord("published", "handler"), memoryMb: 32_768, lastVersion: 130 };
		await store.functions.create(record);
		for (let version = 1; version <= 130; version++)
			if (version !== 129) await store.versions.create({ ...record, version: String(version) });
		const alias = { functionName: "published", description: "", revisionId: "r", weights: { 2: 0.1 } };
		await store.aliases.create({ ...alias, name: "live", version: "1" });
		const view = await json("api/functions/published");
		expect(view.memoryAvailableMb).toBe(4096);
		expect(view.versions).toEqual(["130", ...Array.from({ length: 98 }, (_, index) => String(128 - index))]);
		expect(view.aliases).toEqual([{ name: "live", version: "1", weights: { 2: 0.1 } }]);
		expect((await json("api/functions/hello")).memoryAvailableMb).toBe(128);
		await store.functions.delete("published");
	});

	it("one has its record, URLs, figures and triggers", async () => {
		triggers.list = async (name) => (name === "hello" ? [TRIGGER] : []);
		const view = await json("api/functions/hello");
		expect(view).toMatchObject({
			function: { name: "hello", artifact: { kind: "handler" } },
			urls: [{ qualifier: null, addresses: { byId: expect.stringContaining(".lambda-url.localhost:9000/") } }],
			stats: { invocations: 41 },
			triggers: [TRIGGER],
		});
		expect(view.stats.recent.length).toBe(100);
	});

	it("the environment's values stay where they are", async () => {
		const { text } = await api("api/functions/silent");
		expect(JSON.parse(text).function.environmentNames).toEqual(["A", "B"]);
		expect(text).not.toContain("secret");
		expect((await api("api/functions")).text).not.toContain("secret");
	});

	it("a shared host name is no address", async () => {
		await gateway.add("Hello", "handler");
		expect((await json("api/functions/hello")).urls[0].addresses.byName).toBeNull();
		await gateway.store.functions.delete("Hello");
		expect((await json("api/functions/hello")).urls[0].addresses.byName).toBe("http://hello.localhost:9000/");
	});

	it.each(["none", "%3Cimg%3E", "a%2Fb", "__proto__"])("an unknown one is 404: %s", async (name) => {
		const { status, text } = await api(`api/functions/${name}`);
		expect([status, JSON.parse(text).error]).toEqual([404, "ResourceNotFoundException"]);
	});
});

describe("a function's log", () => {
	it("is text", async () => {
		const { status, headers, text } = await api("api/functions/hello/logs");
		expect([status, headers["content-type"], text]).toEqual([200, "text/plain; charset=utf-8", "one\ntwo\n"]);
	});

	it("is asked of the observer as the caller asked", async () => {
		const asked: unknown[] = [];
		read = async function* (name, { follow, lastLines }) {
			asked.push([name, follow, lastLines]);
			yield* [];
		};
		await api("api/functions/hello/logs?follow=1&lines=5");
		await api("api/functions/hello/logs?follow=false&lines=0");
		await api("api/functions/hello/logs");
		expect(asked).toEqual([
			["hello", true, 5],
			["hello", false, 0],
			["hello", false, 200],
		]);
	});

	it.each(["lines=-1", "lines=x", "lines=1e9", "lines=100001", "follow=yes"])("is 400 for %s", async (query) => {
		expect((await api(`api/functions/hello/logs?${query}`)).status).toBe(400);
	});

	it("of no function is 404", async () => {
		expect((await api("api/functions/none/logs?follow=1")).status).toBe(404);
	});

	it("comes line by line, and ends when nobody reads", async () => {
		const ended = Promise.withResolvers<void>();
		const next = Promise.withResolvers<void>();
		read = async function* (_, { signal }) {
			yield "first";
			await next.promise;
			yield "second";
			await new Promise((resolve) => signal.addEventListener("abort", resolve));
			ended.resolve();
		};
		const message = await open(gateway.port, "localhost", "/_pilot/api/functions/hello/logs?follow=1");
		const chunks = message[Symbol.asyncIterator]();
		expect(String((await chunks.next()).value)).toBe("first\n");
		next.resolve();
		expect(String((await chunks.next()).value)).toBe("second\n");
		message.destroy();
		await ended.promise;
	});

	it("of many lines comes in few pieces, none lost, and an empty line is a line", async () => {
		const lines = Array.from({ length: 20_000 }, (_, index) => (index % 7 === 0 ? "" : `line ${index}`));
		read = async function* () {
			yield* lines;
		};
		const message = await open(gateway.port, "localhost", "/_pilot/api/functions/hello/logs");
		const pieces = (await Array.fromAsync(message)).map(String);
		expect(pieces.join("")).toBe(lines.map((line) => `${line}\n`).join(""));
		expect(pieces.length).toBeLessThan(200);
	});

	it("that fails on the way is cut", async () => {
		read = async function* () {
			yield "first";
			throw new Error("disk");
		};
		await expect(api("api/functions/hello/logs")).rejects.toThrow(/aborted|hang up|reset/i);
	});

	it("ends when the host stops", async () => {
		read = async function* (_, { signal }) {
			yield "last";
			await new Promise((resolve) => signal.addEventListener("abort", resolve));
		};
		const message = await open(gateway.port, "localhost", "/_pilot/api/functions/hello/logs?follow=1");
		const chunks = message[Symbol.asyncIterator]();
		expect(String((await chunks.next()).value)).toBe("last\n");
		stopping.abort();
		expect((await chunks.next()).done).toBe(true);
		stopping = new AbortController();
	});
});

describe("triggers", () => {
	const post = (body: string, headers: Record<string, string> = { "x-pilot": "1" }) =>
		api("api/triggers", { method: "POST", headers: { "content-type": "application/json", ...headers }, body });

	it("are listed, all or a function's", async () => {
		const asked: unknown[] = [];
		triggers.list = async (name) => {
			asked.push(name);
			return [TRIGGER];
		};
		expect(await json("api/triggers")).toEqual({ triggers: [TRIGGER] });
		await json("api/triggers?functionName=hello");
		expect(asked).toEqual([undefined, "hello"]);
	});

	it("are added with what the bus is given, unread", async () => {
		const given: unknown[] = [];
		triggers.add = async (input) => {
			given.push(input);
			return TRIGGER;
		};
		const { status, text } = await post('{"kind":"schedule","x":[1]}');
		expect([status, JSON.parse(text), given]).toEqual([201, TRIGGER, [{ kind: "schedule", x: [1] }]]);
	});

	it("that the bus refuses are refused in its words", async () => {
		triggers.add = () => Promise.reject(new ServiceError("InvalidParameterValueException", "schedule: must be cron"));
		const { status, text } = await post("{}");
		expect([status, JSON.parse(text)]).toEqual([
			400,
			{ error: "InvalidParameterValueException", message: "schedule: must be cron" },
		]);
	});

	it("are removed", async () => {
		const remove = (id: string) => api(`api/triggers/${id}`, { method: "DELETE", headers: { "x-pilot": "1" } });
		expect((await remove("t1")).status).toBe(204);
		expect((await remove("t2")).status).toBe(404);
	});

	it("are not changed by a form, or without the header", async () => {
		let changes = 0;
		triggers.add = async () => {
			changes++;
			return TRIGGER;
		};
		triggers.remove = async () => {
			changes++;
			return true;
		};
		expect((await post("{}", {})).status).toBe(403);
		expect((await post("{}", { "x-pilot": "0" })).status).toBe(403);
		expect((await api("api/triggers/t1", { method: "DELETE" })).status).toBe(403);
		expect((await post("{}", { "x-pilot": "1", origin: "http://evil.example" })).status).toBe(403);
		expect(changes).toBe(0);
	});

	it.each(["", "{", "nope"])("in no JSON are 400: %j", async (body) => {
		expect((await post(body)).status).toBe(400);
	});

	it("larger than they may be are 413, by length or in chunks", async () => {
		expect((await post(JSON.stringify("x".repeat(70_000)))).status).toBe(413);
		const status = await new Promise((resolve, reject) => {
			const sent = request(
				{
					port: gateway.port,
					path: "/_pilot/api/triggers",
					method: "POST",
					headers: { host: "localhost", "x-pilot": "1", "transfer-encoding": "chunked" },
				},
				(message) => resolve(message.resume().statusCode),
			);
			sent.on("error", reject);
			sent.end("x".repeat(70_000));
		});
		expect(status).toBe(413);
	});
});

describe("dead letters", () => {
	const letter = {
		functionName: "hello",
		id: "1-a",
		createdAt: "2026-11-22T00:00:00.000Z",
		target: "arn:aws:sqs:us-east-1:000000000000:q",
		condition: "RetriesExhausted",
		body: '{"a":1}',
		event: { qualifier: null, payload: Buffer.from("the event").toString("base64"), clientContext: null },
	};
	const change = (method: string, path: string) => api(path, { method, headers: { "x-pilot": "1" } });

	it("are listed, shown, removed, and tried again", async () => {
		await gateway.store.deadLetters.put(letter);
		const { id, createdAt, target, condition } = letter;
		const path = "api/functions/hello/dead-letters";
		expect(JSON.parse((await api(path)).text)).toEqual({ deadLetters: [{ id, createdAt, target, condition }] });
		expect(JSON.parse((await api(`${path}/1-a`)).text)).toEqual(letter);
		const again = await change("POST", `${path}/1-a/retry`);
		expect([again.status, JSON.parse(again.text)]).toEqual([202, { requestId: "again hello the event" }]);
		expect((await change("DELETE", `${path}/1-a`)).status).toBe(404);
		await gateway.store.deadLetters.put(letter);
		expect((await change("DELETE", `${path}/1-a`)).status).toBe(204);
		expect(JSON.parse((await api(path)).text)).toEqual({ deadLetters: [] });
	});

	it("are a function's, which must be there", async () => {
		expect((await api("api/functions/nope/dead-letters")).status).toBe(404);
		expect((await api("api/functions/hello/dead-letters/x")).status).toBe(404);
	});
});

describe("anything else", () => {
	it("is 404, in JSON", async () => {
		for (const path of ["api", "api/nothing", "nothing", "api/functions/hello/logs/x"]) {
			const { status, text } = await api(path);
			expect([path, status, JSON.parse(text).error]).toEqual([path, 404, "UnknownOperationException"]);
		}
	});

	it("that fails in the host says so to who runs it alone", async () => {
		triggers.list = () => Promise.reject(new Error("at /secret/path"));
		const { status, text } = await api("api/triggers");
		expect(status).toBe(500);
		expect(text).not.toContain("secret");
		expect(logged.join()).toContain("/secret/path");
	});
});
