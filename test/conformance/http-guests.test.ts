/** Components that other toolchains built, as they come: what they must answer, wherever the tests run. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HttpBody, HttpResponse } from "../../host/engine/http.ts";
import type { FunctionSpec } from "../../host/engine/types.ts";
import { type TestEngine, testEngine } from "../support/engine.ts";
import { guestCode, hasGuest } from "../support/toolchains.ts";
import { HTTP_GUESTS } from "./languages.ts";

let test: TestEngine;
let rust: FunctionSpec;
let c: FunctionSpec;

function load(name: string, settings: Partial<FunctionSpec> = {}): Promise<FunctionSpec> {
	const code = readFileSync(new URL(`../guests/${name}/${name}.wasm`, import.meta.url));
	return test.spec(code, { maxInstances: 1, ...settings });
}

beforeAll(async () => {
	test = await testEngine();
	[rust, c] = await Promise.all([load("rust-http"), load("c-http")]);
});
afterAll(() => test.close());

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
	for (const text of texts) {
		await new Promise((resolve) => setTimeout(resolve, 5));
		yield Buffer.from(text);
	}
}

function failure(it: Awaited<ReturnType<TestEngine["request"]>>): string | null {
	return it.outcome.ok ? null : it.outcome.failure.kind;
}

describe("rust-http", () => {
	it("greets, call after call, on one instance", async () => {
		for (let i = 0; i < 50; i++) {
			const { response, body } = await test.request(rust, { pathWithQuery: "/hello" });
			expect([response?.status, response?.headers, body]).toEqual([
				200,
				[["content-type", "text/plain"]],
				"Hello, world!\n",
			]);
		}
		expect(test.engine.stats().instances).toBe(1);
	});

	it("sees the request as it came", async () => {
		const { body } = await test.request(rust, {
			method: "PROPFIND",
			pathWithQuery: "/inspect?a=%20b",
			headers: [
				["x-b", "2"],
				["host", "a.test"],
				["x-a", "caf\u00e9"],
			],
		});
		expect(body.split("\n")).toEqual([
			"method other PROPFIND",
			'path Some("/inspect?a=%20b")',
			"scheme Some(Scheme::Http)",
			"authority some",
			"header x-a: caf\\xe9",
			"header x-b: 2",
			"",
		]);
	});

	it("streams a body back while it comes, and its trailers after it", async () => {
		const trailers = Promise.resolve<[string, string][]>([["x-sum", "1"]]);
		let response: HttpResponse | undefined;
		const seen: string[] = [];
		const onResponse = (it: HttpResponse) => {
			response = it;
			void (async () => {
				for await (const chunk of it.body) seen.push(Buffer.from(chunk).toString());
			})();
		};
		const body: HttpBody = pieces("one ", "two ", "three");
		await test.request(rust, { method: "POST", pathWithQuery: "/echo", body, trailers }, { onResponse });
		expect(await response?.trailers).toEqual([["x-sum", "1"]]);
		expect(seen).toEqual(["one ", "two ", "three"]);
	});

	it("answers at length, no faster than it is read", async () => {
		const { body } = await test.request(rust, { pathWithQuery: "/large?3000000" });
		expect(body.length).toBeGreaterThan(2_000_000);
	});

	it.each([
		["/error", "handled"],
		["/nothing", "crash"],
		["/panic", "crash"],
	])("has no response to %s: the invocation failed as %s", async (pathWithQuery, kind) => {
		const it = await test.request(rust, { pathWithQuery });
		expect([it.response, failure(it)]).toEqual([undefined, kind]);
	});

	it.each([
		["/drop-body", "HTTP-protocol-error"],
		["/short", "HTTP-response-body-size (3)"],
		["/long", "HTTP-response-body-size (12)"],
		["/panic-late", "internal-error"],
	])("breaks its body off at %s", async (pathWithQuery, message) => {
		await expect(test.request(rust, { pathWithQuery })).rejects.toThrow(message);
	});

	it("that spins in the middle of its body is ended, and its body broken off", async () => {
		await expect(test.request(rust, { pathWithQuery: "/spin" }, { timeoutMs: 300 })).rejects.toThrow("timed out");
		expect((await test.request(rust, { pathWithQuery: "/hello" })).body).toBe("Hello, world!\n");
	});

	it("is told when its caller takes no more of the body", async () => {
		const onResponse = (response: HttpResponse) => void response.body[Symbol.asyncIterator]().return?.();
		const it = await test.request(rust, { pathWithQuery: "/large?100000000" }, { onResponse });
		// The guest unwraps the `closed` that it gets.
		expect(failure(it)).toBe("crash");
	});

	it("reaches nobody that it may not reach", async () => {
		const { response, body } = await test.request(rust, { pathWithQuery: "/fetch?127.0.0.1:1/" });
		expect([response?.status, body]).toEqual([502, "ErrorCode::HttpRequestDenied\n"]);
	});

	it("fetches from where it may, bodies both ways", async () => {
		const origin = createServer((request, response) => {
			response.writeHead(201, { "x-answer": `${request.method} ${request.url} ${request.headers["x-from"]}` });
			request.pipe(response);
		});
		await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
		const authority = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
		const allowed = await load("rust-http", { egress: ["a.test", authority] });
		try {
			const { response, body } = await test.request(allowed, { pathWithQuery: `/fetch?post:${authority}/a?b` });
			expect([response?.status, response?.headers]).toEqual([201, [["x-answer", "POST /a?b guest"]]]);
			expect(body).toBe("p".repeat(100_000));
			const elsewhere = await test.request(allowed, { pathWithQuery: `/fetch?localhost:${authority.split(":")[1]}/` });
			expect(elsewhere.body).toBe("ErrorCode::HttpRequestDenied\n");
		} finally {
			origin.close();
		}
	});
});

describe("c-http, made for wasi:http 0.2.0", () => {
	it("greets", async () => {
		const { response, body } = await test.request(c, {});
		expect([response?.status, response?.headers, body]).toEqual([
			200,
			[["content-type", "text/plain"]],
			"Hello from C!\n",
		]);
	});

	it("echoes", async () => {
		const { body } = await test.request(c, { method: "POST", body: pieces("one ", "x".repeat(50_000), " two") });
		expect(body).toBe(`one ${"x".repeat(50_000)} two`);
	});
});

it("rust-outbound waits for what it asks, two at once", async () => {
	const waiting: (() => void)[] = [];
	const origin = createServer((request, response) => {
		waiting.push(() => response.writeHead(request.url === "/a?b" ? 218 : 500).end());
		if (waiting.length === 2) for (const answer of waiting) answer();
	});
	await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
	const authority = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
	try {
		const spec = await load("rust-outbound", { egress: [authority], maxInstances: 2 });
		const call = () => test.request(spec, { pathWithQuery: `/${authority}/a?b` });
		for (const { body } of await Promise.all([call(), call()])) expect(body).toBe("218\n");
	} finally {
		origin.close();
	}
});

describe.each(Object.entries(HTTP_GUESTS).filter(([name]) => hasGuest(name)))("%s", (name, language) => {
	it("answers each request as its first where it is kept to one", { timeout: 300_000 }, async () => {
		const settings = { maxInstances: 1, memoryBytes: 256 * 2 ** 20, isolation: "request" } as const;
		const spec = await test.spec(await guestCode(name), settings);
		for (let i = 0; i < 3; i++) {
			expect((await test.request(spec, {})).body).toBe(`Hello from ${language}!\n`);
			const body = pieces("one ", "x".repeat(50_000), " two");
			expect((await test.request(spec, { method: "POST", body })).body).toBe(`one ${"x".repeat(50_000)} two`);
		}
	});
});
