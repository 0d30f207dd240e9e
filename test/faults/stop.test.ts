/** How a host ends: what runs finishes, what does not run holds nothing up, and there is an end to it. */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ChildHost, sleep, workplace } from "./child-host.ts";
import { lambda } from "./lambda.ts";
import { open, request } from "./sockets.ts";

let place: ReturnType<typeof workplace>;
beforeEach(() => {
	place = workplace();
});
afterEach(() => place.clear());

/** Long after a test's end: a host that waits for its grace time to pass fails it. */
const GRACE = { PILOT_GRACE_MS: "600000" };

/** Begins an invocation that runs until its timeout, and waits until it does. */
async function running(host: ChildHost, timeout: number): Promise<{ answer: Promise<string> }> {
	const api = lambda(host.apiUrl);
	await api.deploy("slow", "loop", { Timeout: timeout });
	const answer = api.invoke("slow").then(
		({ text }) => text,
		(error: unknown) => String(error),
	);
	await vi.waitFor(async () => expect((await api.status()).json.engine.busy).toBe(1), { timeout: 60_000 });
	return { answer };
}

describe.each(["SIGTERM", "SIGINT"] as const)("%s", (signal) => {
	it("lets a running invocation finish, takes no new one, and ends with 0", async () => {
		const host = await place.boot({ env: GRACE });
		const { answer } = await running(host, 3);
		host.child.kill(signal);
		await vi.waitFor(() => expect(fetch(`${host.apiUrl}/_pilot/api/status`)).rejects.toThrow(), { timeout: 60_000 });
		expect(await answer).toContain("Task timed out after 3.00 seconds");
		expect(await host.ended).toMatchObject({ code: 0, signal: null });
	});
});

describe("SIGTERM", () => {
	it("waits no longer than the grace time, and tells the caller", async () => {
		const host = await place.boot({ env: { PILOT_GRACE_MS: "300" } });
		const { answer } = await running(host, 600);
		host.child.kill("SIGTERM");
		expect(await answer).toContain("The host is stopping. Try again.");
		expect(await host.ended).toMatchObject({ code: 0, signal: null });
	});

	it("waits for nobody who asks for nothing: open connections, half requests, kept-alive ones, readers of a log", async () => {
		const host = await place.boot({ env: GRACE });
		const api = lambda(host.apiUrl);
		await api.deploy("f", "ok");
		const silent = [await open(host.apiUrl), await open(host.urlPortUrl)];
		const half = await open(host.apiUrl);
		half.socket.write("POST /2015-03-31/functions HTTP/1.1\r\nhost: loc");
		const kept = await open(host.apiUrl);
		kept.socket.write(request("GET", "/_pilot/api/status"));
		const reader = await open(host.apiUrl);
		reader.socket.write(request("GET", "/_pilot/api/functions/f/logs?follow=1"));
		await vi.waitFor(() => expect(kept.received()).toContain('"uptimeSeconds"'));
		await vi.waitFor(() => expect(reader.received()).toContain("200 OK"));
		host.child.kill("SIGTERM");
		await Promise.all([...silent, half, kept, reader].map((it) => it.closed));
		expect(await host.ended).toMatchObject({ code: 0, signal: null });
	});

	it("waits for an answer that is under way, but not for the connection that brought it", async () => {
		const host = await place.boot({ env: GRACE });
		const api = lambda(host.apiUrl);
		await api.deploy("slow", "loop", { Timeout: 2 });
		const wire = await open(host.apiUrl);
		wire.socket.write(
			request("POST", "/2015-03-31/functions/slow/invocations", { connection: "keep-alive", "content-length": "0" }),
		);
		await vi.waitFor(async () => expect((await api.status()).json.engine.busy).toBe(1), { timeout: 60_000 });
		host.child.kill("SIGTERM");
		await wire.closed;
		expect(wire.received()).toContain("Task timed out after 2.00 seconds");
		expect(await host.ended).toMatchObject({ code: 0, signal: null });
	});

	it("during the start ends the host in order, too", async () => {
		for (const ms of [150, 250, 350, 500]) {
			const starting = place.spawn();
			await sleep(ms);
			starting.child.kill("SIGTERM");
			const { code, signal } = await starting.ended;
			// Before the program has looked at signals there is nothing yet that needs an order.
			expect([0, null]).toContain(code);
			expect([null, "SIGTERM"]).toContain(signal);
		}
		await place.boot();
	});
});

describe("SIGINT", () => {
	it("a second time ends the host at once", async () => {
		const host = await place.boot({ env: GRACE });
		const { answer } = await running(host, 600);
		host.child.kill("SIGINT");
		await vi.waitFor(() => expect(host.output.stderr).toContain("Finishing what is running"));
		await sleep(500);
		host.child.kill("SIGINT");
		expect((await host.ended).code).toBe(130);
		expect(await answer).toContain("fetch failed");
		await place.boot();
	});
});

describe("a host beside another", () => {
	it.each(["--port", "--url-port"])(
		"whose %s is taken says so, leaves with 1, and leaves the folder free",
		async (option) => {
			const blocker = createServer().listen(0, "127.0.0.1");
			await new Promise((resolve) => blocker.once("listening", resolve));
			const { port } = blocker.address() as { port: number };
			const ports = { "--port": "0", "--url-port": "0", [option]: String(port) };
			const { code, stdout, stderr } = await place.spawn({ args: Object.entries(ports).flat() }).ended;
			blocker.close();
			expect([code, stdout]).toEqual([1, ""]);
			expect(stderr).toMatch(new RegExp(`^error: Port ${port} is in use[^\\n]*\\n$`));
			await place.boot();
		},
	);

	it("on the same folder says so and leaves with 1; the first does not notice", async () => {
		const first = await place.boot();
		await lambda(first.apiUrl).deploy("f", "ok");
		const before = readFileSync(`${place.data}/pilot.db`);
		const { code, stdout, stderr } = await place.spawn().ended;
		expect([code, stdout]).toEqual([1, ""]);
		expect(stderr).toMatch(/^error: Another host has .*data open: [^\n]*\n$/);
		expect(readFileSync(`${place.data}/pilot.db`)).toEqual(before);
		expect(await lambda(first.apiUrl).invoke("f")).toMatchObject({ status: 200, text: '"ok"' });
	});
});
