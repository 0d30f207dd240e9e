/** Callers who go away, send half of it, send what is no HTTP, or never read: it costs nobody else anything, and ends. */
import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type ChildHost, sleep, workplace } from "./child-host.ts";
import { call, type Lambda, lambda } from "./lambda.ts";
import { open, request, type Wire } from "./sockets.ts";

const HTTP_GUEST = readFileSync(new URL("../guests/rust-http/rust-http.wasm", import.meta.url));
const WAIT = { timeout: 60_000, interval: 50 };
const INVOKE = "/2015-03-31/functions";

let place: ReturnType<typeof workplace>;
let host: ChildHost;
let api: Lambda;
const wires: Wire[] = [];

beforeAll(async () => {
	place = workplace();
	host = await place.boot();
	api = lambda(host.apiUrl);
	await api.deploy("echo", "echo");
	// Only a caller who went away ends these within the test's time.
	await api.deploy("loop", "loop", { Timeout: 600 });
	await api.create("http", HTTP_GUEST, { Timeout: 600 });
	for (const name of ["echo", "loop", "http"]) expect((await api.createUrl(name)).status).toBe(201);
	expect((await call(host.urlPortUrl, "GET", "/http/hello")).text).toBe("Hello, world!\n");
});
afterAll(() => place.clear());

/** Afterwards nothing runs, the host is as it was, and answers. */
afterEach(async () => {
	for (const { socket } of wires.splice(0)) socket.destroy();
	await vi.waitFor(async () => expect((await api.status()).json.engine.busy).toBe(0), WAIT);
	expect(await api.invoke("echo", "[1]")).toMatchObject({ status: 200, text: "[1]" });
	expect((await call(host.urlPortUrl, "GET", "/http/hello")).status).toBe(200);
	expect([host.child.exitCode, host.output.stderr]).toEqual([null, ""]);
});

async function wire(url: string, sent: string): Promise<Wire> {
	const it = await open(url);
	wires.push(it);
	it.socket.write(sent);
	return it;
}

async function untilBusy(count: number): Promise<void> {
	await vi.waitFor(async () => expect((await api.status()).json.engine.busy).toBe(count), WAIT);
}

/** The last line of a function's log. */
async function report(name: string): Promise<string> {
	return (await api.logs(name)).text.trimEnd().split("\n").at(-1)!;
}

describe("a caller who goes away", () => {
	it.each([
		["an API call", () => host.apiUrl, `${INVOKE}/echo/invocations`],
		["a deploy", () => host.apiUrl, INVOKE],
		["a request to a function URL", () => host.urlPortUrl, "/echo/"],
		["a request that a guest reads itself", () => host.urlPortUrl, "/http/echo"],
	])("in the middle of the body of %s", async (_, url, path) => {
		for (let count = 0; count < 8; count++) {
			const { socket } = await wire(url(), request("POST", path, { "content-length": "5000000" }, "x".repeat(100_000)));
			await sleep(10 * count);
			if (count % 2 === 0) socket.resetAndDestroy();
			else socket.end();
		}
	});

	it("while a guest runs without end, by the API: the guest is ended, and the log says why", async () => {
		const { socket } = await wire(
			host.apiUrl,
			request("POST", `${INVOKE}/loop/invocations`, { "content-length": "0" }),
		);
		await untilBusy(1);
		socket.destroy();
		await untilBusy(0);
		await vi.waitFor(
			async () => expect(await report("loop")).toContain("Status: error\tError Type: Pilot.Cancelled"),
			WAIT,
		);
	});

	it("while guests run without end, by their URL", async () => {
		const sent = request("GET", "/loop/");
		const callers = await Promise.all(Array.from({ length: 8 }, () => wire(host.urlPortUrl, sent)));
		await untilBusy(8);
		for (const { socket } of callers) socket.resetAndDestroy();
		await untilBusy(0);
	});

	it.each(["/large?1000000000", "/spin"])("in the middle of the response %s", async (path) => {
		const { socket, received } = await wire(host.urlPortUrl, request("GET", `/http${path}`));
		await vi.waitFor(() => expect(received()).toContain("200 OK"), WAIT);
		await untilBusy(1);
		socket.destroy();
		await untilBusy(0);
	});

	it("having asked for many things at once on one connection", async () => {
		const { socket } = await wire(host.urlPortUrl, request("GET", "/loop/").repeat(5));
		await vi.waitFor(async () => expect((await api.status()).json.engine.busy).toBeGreaterThan(0), WAIT);
		socket.destroy();
		await untilBusy(0);
	});
});

describe("a caller who never reads", () => {
	it("is sent no more than fits: the guest waits, others do not", async () => {
		const { socket } = await wire(host.urlPortUrl, request("GET", "/http/large?1000000000"));
		socket.pause();
		await untilBusy(1);
		const before = await host.look();
		await sleep(1000);
		const after = await host.look();
		expect(after.heapUsed + after.external).toBeLessThan(before.heapUsed + before.external + 20_000_000);
		expect(await api.invoke("echo", "[2]")).toMatchObject({ status: 200, text: "[2]" });
	});
});

describe("callers who say little", () => {
	it("a thousand open connections and a hundred half requests keep nobody out", async () => {
		const urls = [host.apiUrl, host.urlPortUrl];
		const idle = await Promise.all(Array.from({ length: 1000 }, (_, index) => wire(urls[index % 2]!, "")));
		const half = ["G", "GET / HTTP/1.1\r\nhost", request("POST", "/echo/", { "content-length": "10" }, "12345")];
		await Promise.all(Array.from({ length: 100 }, (_, index) => wire(urls[1]!, half[index % half.length]!)));
		for (let count = 0; count < 10; count++)
			expect(await api.invoke("echo", `[${count}]`)).toMatchObject({ status: 200, text: `[${count}]` });
		expect((await call(host.urlPortUrl, "GET", "/echo/")).status).toBe(200);
		expect(idle.every(({ socket }) => !socket.destroyed)).toBe(true);
	});

	it("a byte at a time is served in the end", async () => {
		const { socket, received } = await wire(host.apiUrl, "");
		const text = request("POST", `${INVOKE}/echo/invocations`, { "content-length": "5" }, "[1,2]");
		for (const character of text) {
			socket.write(character);
			await sleep(2);
		}
		await vi.waitFor(() => expect(received()).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*\r\n\r\n\[1,2\]$/), WAIT);
	});
});

describe("a caller who sends what is no HTTP", () => {
	const long = "x".repeat(100_000);
	it.each([
		["bytes", "\0\x01\x02\xff\xfe\r\n\r\n"],
		["TLS", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"],
		["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
		["a method that is none", request("BREW", "/echo/")],
		["a long path", request("GET", `/${long}`)],
		["a long header", request("GET", "/", { "x-long": long })],
		["many headers", request("GET", "/", Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`x${i}`, "1"])))],
		["two lengths", request("POST", "/echo/", { "content-length": "1", "Content-Length": "2" }, "ab")],
		[
			"a length and chunks",
			request("POST", "/echo/", { "content-length": "5", "transfer-encoding": "chunked" }, "0\r\n\r\n"),
		],
		["a length that is none", request("POST", "/echo/", { "content-length": "-1" })],
		["a bad chunk", request("POST", "/echo/", { "transfer-encoding": "chunked" }, "zz\r\n")],
		["a space in a name", request("GET", "/", { "x y": "1" })],
	])("%s, is answered with 4xx or not at all, and let go", async (_, bytes) => {
		for (const url of [host.apiUrl, host.urlPortUrl]) {
			const { socket, received, closed } = await open(url);
			socket.write(bytes, "latin1");
			await closed;
			if (received() !== "") expect(received()).toMatch(/^HTTP\/1\.1 4\d\d /);
		}
	});
});

describe("a caller who sends the next request before the answer", () => {
	it("gets all answers, in order", async () => {
		const one = (n: number) =>
			request("POST", `${INVOKE}/echo/invocations`, { "content-length": "6" }, `[${1000 + n}]`);
		const count = 50;
		const { received } = await wire(host.apiUrl, Array.from({ length: count }, (_, n) => one(n)).join(""));
		await vi.waitFor(() => expect(received().match(/HTTP\/1\.1 200 OK/g)).toHaveLength(count), WAIT);
		expect(received().match(/\[\d+\]/g)).toEqual(Array.from({ length: count }, (_, n) => `[${1000 + n}]`));
	});
});

describe("sizes", () => {
	it("of an event may be 6 MB and not a byte more, and so may the answer", async () => {
		const event = (bytes: number) => `"${"x".repeat(bytes - 2)}"`;
		const limit = 6 * 1024 * 1024;
		const most = await api.invoke("echo", event(limit));
		expect([most.status, most.headers.get("x-amz-function-error"), most.text.length]).toEqual([200, null, limit]);
		expect(await api.invoke("echo", event(limit + 1))).toMatchObject({ status: 413 });
		expect(await api.invokeLater("echo", event(1024 * 1024 + 1))).toMatchObject({ status: 413 });
		await api.deploy("over", "result-over-limit");
		const over = await api.invoke("over");
		expect([over.status, over.json.errorType]).toEqual([200, "Function.ResponseSizeTooLarge"]);
	});

	it.each([
		["a name that is none", "ValidationException", () => api.invoke("a%20b")],
		["a timeout out of range", "ValidationException", () => api.updateConfiguration("echo", { Timeout: 901 })],
		["an event that is no JSON", "InvalidRequestContentException", () => api.invoke("echo", "{nope")],
	])("%s is the caller's mistake: %s", async (_, error, act) => {
		const { status, headers } = await act();
		expect([status, headers.get("x-amzn-errortype")]).toEqual([400, error]);
	});
});
