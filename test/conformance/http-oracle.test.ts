/** Components that other toolchains built answer the same through this host and under `wasmtime serve`. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
	CreateFunctionCommand,
	CreateFunctionUrlConfigCommand,
	type Runtime,
	waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { InstanceGuest } from "../../host/engine/guest.ts";
import { startTestHost, type TestHost } from "../support/host.ts";
import { guestCode, guestFile, hasGuest } from "../support/toolchains.ts";
import { findWasmtime } from "../support/wasmtime.ts";
import { type Answer, exchange, type Sent } from "./exchange.ts";
import { HTTP_GUESTS } from "./languages.ts";
import { type Served, serveWithJco, serveWithWasmtime } from "./serve.ts";

/**
 * Its fetch events serve one request an instance, and with the second the instance ends without an answer: under
 * `wasmtime serve --max-instance-reuse-count`, too. So every other request is sent again, to a new instance.
 */
const ONE_REQUEST = "starlingmonkey-http";
const GUESTS = ["rust-http", ...Object.keys(HTTP_GUESTS)].filter((name) => hasGuest(name));

/** preview2-shim 0.26 breaks off where a guest asks for a request's trailers. */
const READS_TRAILERS = new Set(["rust-http", "rust-wstd-http"]);

const wasmtime = findWasmtime();
if (wasmtime === null) console.warn("skipped: the comparison with wasmtime serve (no wasmtime: set PILOT_WASMTIME)");

const FOLDER = new URL("../guests/", import.meta.url);

describe("the built guests", () => {
	const sums = readdirSync(FOLDER).flatMap((name) =>
		readdirSync(new URL(`${name}/`, FOLDER))
			.filter((file) => file.endsWith(".sha256"))
			.map((file) => `${name}/${file}`),
	);

	it.each(sums)("%s is the checksum of a small file beside it", (sum) => {
		const path = new URL(sum.slice(0, -".sha256".length), FOLDER);
		const bytes = readFileSync(path);
		const digest = createHash("sha256").update(bytes).digest("hex");
		expect(readFileSync(new URL(sum, FOLDER), "utf8")).toBe(`${digest}  ${path.pathname.split("/").at(-1)}\n`);
		expect(bytes.length).toBeLessThan(path.pathname.endsWith(".br") ? 700_000 : 260_000);
	});
});

describe.skipIf(wasmtime === null)("through this host and under wasmtime serve", () => {
	let host: TestHost;
	const oracles = new Map<string, Served>();
	/** A server for the guests to fetch from. */
	let origin: Server;
	let authority: string;

	beforeAll(async () => {
		host = await startTestHost();
		// Functions may reach nothing yet; the oracle's may reach all.
		vi.spyOn(InstanceGuest.prototype, "mayReach").mockReturnValue(true);
		for (const name of GUESTS) await start(name);
		origin = createServer((request, response) => {
			response.writeHead(request.method === "GET" ? 200 : 201, ["x-answer", `${request.method} ${request.url}`]);
			response.write(`${request.headers["x-from"]} ${request.headers.host === authority} `);
			request.pipe(response);
		});
		await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
		authority = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
	}, 600_000);

	afterAll(async () => {
		vi.restoreAllMocks();
		origin?.close();
		await host?.close();
		await Promise.all([...oracles.values()].map((it) => it.close()));
	});

	async function start(FunctionName: string): Promise<void> {
		const Code = { ZipFile: await guestCode(FunctionName) };
		const Role = "arn:aws:iam::000000000000:role/lambda";
		await host.client.send(
			new CreateFunctionCommand({ FunctionName, Role, Code, Runtime: "provided.wasi" as Runtime, Timeout: 30 }),
		);
		await waitUntilFunctionActiveV2({ client: host.client, maxWaitTime: 60, minDelay: 1 }, { FunctionName });
		await host.client.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE" }));
		oracles.set(FunctionName, await serveWithWasmtime(wasmtime!, await guestFile(FunctionName)));
	}

	async function both(name: string, sent: Sent): Promise<{ ours: Answer; theirs: Answer }> {
		const url = `${host.urlPortUrl}/${name}`;
		const first = await exchange(url, sent);
		const ours = name === ONE_REQUEST && first.status === 502 ? await exchange(url, sent) : first;
		return { ours, theirs: await exchange(oracles.get(name)!.url, sent) };
	}

	it.each<Sent>([
		{ path: "/hello" },
		{ path: "/" },
		{ path: "/hello", method: "HEAD" },
		{ path: "/inspect?a=%20b&c={d}" },
		{ path: "/inspect", headers: ["X-B", "2", "x-a", "1", "X-b", "caf\u00e9", "x-empty", ""] },
		{ path: "/inspect", headers: ["proxy-authorization", "x", "keep-alive", "timeout=5"] },
		...["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"].map((method) => ({ path: "/inspect", method })),
		{ path: "/echo", method: "POST", body: ["one ", "two ", "three"], headers: ["content-type", "text/x"] },
		{ path: "/echo", method: "PUT", body: [] },
		{ path: "/echo", method: "POST", body: [1_000_000, 12_345] },
		{ path: "/echo", method: "POST", headers: ["content-length", "0"] },
		{ path: "/unread", method: "POST", body: ["a", "b"] },
		{ path: "/fields" },
		{ path: "/headers" },
		{ path: "/trailers", headers: ["te", "trailers"] },
		{ path: "/large?10000000" },
		{ path: "/no-body" },
		{ path: "/empty-body" },
		{ path: "/twice" },
		{ path: "/leak-body" },
		...[200, 204, 304, 404, 418, 500, 599, 99, 1000].map((code) => ({ path: `/status/${code}` })),
		{ path: "/not/there" },
	])("rust-http answers the same: %j", async (sent) => {
		const { ours, theirs } = await both("rust-http", sent);
		expect(ours).toEqual(theirs);
	});

	describe.each(GUESTS.filter((name) => name !== ONE_REQUEST))("%s", (name) => {
		it("answers the same under jco", { timeout: 120_000 }, async () => {
			const jco = await serveWithJco(name, await guestFile(name));
			try {
				const post = { path: "/echo", method: "POST", body: ["one ", "two ", "three"] };
				for (const sent of [{ path: "/" }, ...(READS_TRAILERS.has(name) ? [] : [post]), { path: "/" }])
					expect(await exchange(`${host.urlPortUrl}/${name}`, sent)).toEqual(await exchange(jco.url, sent));
			} finally {
				await jco.close();
			}
		});
	});

	describe.each(GUESTS.filter((name) => name !== "rust-http"))("%s", (name) => {
		it.each<Sent>([
			{ path: "/" },
			{ path: "/?q" },
			{ path: "/", method: "POST", body: ["one ", "two ", "three"] },
			{ path: "/", method: "POST", body: [1_000_000] },
			{ path: "/", method: "POST", body: [] },
		])("answers the same: %j", async (sent) => {
			const { ours, theirs } = await both(name, sent);
			expect(ours).toEqual(theirs);
			expect(ours.body.startsWith("Hello from ")).toBe(sent.method === undefined);
		});
	});

	it.each(["fetch?ORIGIN/a?b=c", "fetch?post:ORIGIN/a", "fetch?127.0.0.1:1/"])(
		"rust-http fetches the same: %s",
		async (path) => {
			const { ours, theirs } = await both("rust-http", { path: `/${path.replace("ORIGIN", authority)}` });
			expect(ours).toEqual(theirs);
			expect(ours.status).toBe(path.includes("post") ? 201 : path.includes("ORIGIN") ? 200 : 502);
		},
	);

	it.each(["/error", "/nothing", "/panic"])("rust-http has no response to %s: a server's error", async (path) => {
		const { ours, theirs } = await both("rust-http", { path });
		expect([ours.status, theirs.status]).toEqual([502, 500]);
	});

	it.each(["/short", "/drop-body"])("a body that the guest cuts off at %s is cut off", async (path) => {
		const { ours, theirs } = await both("rust-http", { path });
		expect([ours.cut, theirs.cut]).toEqual([true, true]);
	});

	it.each(["/panic-late", "/long"])(
		"a body that breaks off at %s never looks whole here, where theirs does",
		async (path) => {
			const { ours, theirs } = await both("rust-http", { path });
			expect([ours.cut, theirs.cut]).toEqual([true, false]);
		},
	);
});
