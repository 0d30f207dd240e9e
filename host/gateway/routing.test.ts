import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { InvokeRequest } from "../invoker/types.ts";
import { call, raw, result, startGateway, type TestGateway } from "./testing.ts";

let gateway: TestGateway;
const seen: InvokeRequest[] = [];

beforeAll(async () => {
	gateway = await startGateway(async (request) => {
		seen.push(request);
		return result(JSON.stringify({ statusCode: 200, body: `function ${request.functionName}` }));
	});
});
afterAll(() => gateway.close());

const get = (host: string, path = "/", headers = {}) => call(gateway.port, host, path, { headers });

describe("the Host header decides", () => {
	it("the host's own names are API and page, at any port", async () => {
		for (const host of ["localhost", "127.0.0.1", "[::1]", "LOCALHOST:9000", `127.0.0.1:${gateway.port}`]) {
			expect((await get(host, "/2015-03-31/functions")).text).toBe("api /2015-03-31/functions");
			expect((await get(host, "/_pilot/x")).text).toBe("console /_pilot/x");
		}
	});

	it("ID.lambda-url.localhost is the function with that URL, whatever the case and the path", async () => {
		const url = await gateway.add("by-id", "handler");
		for (const host of [`${url.id}.lambda-url.localhost`, `${url.id.toUpperCase()}.Lambda-URL.localhost:9000`])
			expect((await get(host, "/_pilot/")).text).toBe("function by-id");
	});

	it("NAME.localhost is that function", async () => {
		await gateway.add("by-name", "handler");
		await gateway.add("MixedCase", "handler");
		expect((await get("by-name.localhost:9000")).text).toBe("function by-name");
		expect((await get("mixedcase.localhost")).text).toBe("function MixedCase");
	});

	it("a name that two functions share is refused with their ids", async () => {
		const [upper, lower] = [await gateway.add("Twin", "handler"), await gateway.add("twin", "handler")];
		const { status, text } = await get("twin.localhost");
		expect(status).toBe(404);
		expect(text).toContain(`Twin: ${upper.id}.lambda-url.localhost`);
		expect(text).toContain(`twin: ${lower.id}.lambda-url.localhost`);
		expect((await get(`${lower.id}.lambda-url.localhost`)).text).toBe("function twin");
	});

	it("a name that becomes ambiguous, or loses its twin, does so at once", async () => {
		await gateway.add("Soon", "handler");
		expect((await get("soon.localhost")).status).toBe(200);
		await gateway.add("soon", "handler");
		expect((await get("soon.localhost")).status).toBe(404);
		await gateway.store.functions.delete("Soon");
		expect((await get("soon.localhost")).text).toBe("function soon");
	});

	it("a function without a URL has no address", async () => {
		await gateway.add("closed", "handler");
		await gateway.store.urls.delete("closed", null);
		expect(await get("closed.localhost")).toMatchObject({ status: 404 });
		expect((await call(gateway.urlPort, "localhost", "/closed/")).status).toBe(404);
	});

	it("an alias's URL has its own id, and not the function's name", async () => {
		const url = await gateway.add("aliased", "handler", { qualifier: "live" });
		expect((await get("aliased.localhost")).status).toBe(404);
		const host = `${url.id}.lambda-url.localhost`;
		// A URL outlives its alias; then it is nobody's.
		expect((await get(host)).status).toBe(403);
		const live = { functionName: "aliased", name: "live", version: "$LATEST", description: "", weights: {} };
		await gateway.store.aliases.create({ ...live, revisionId: "1" });
		expect((await get(host)).text).toBe("function aliased");
		expect(seen.at(-1)).toMatchObject({ functionName: "aliased", qualifier: "live" });
	});

	it("an unknown id is refused as AWS refuses it", async () => {
		for (const id of ["a".repeat(32), "short", "1".repeat(32)]) {
			const { status, text, headers } = await get(`${id}.lambda-url.localhost`);
			expect([status, text, headers["x-amzn-errortype"]]).toEqual([403, '{"Message":null}', "AccessDeniedException"]);
		}
	});

	it.each([
		"evil.example",
		"localhost.evil.example",
		"127.0.0.1.evil.example",
		"127.0.0.2",
		"0.0.0.0",
		"a.b.localhost",
		"under_score.localhost",
		"-dash.localhost",
		`${"a".repeat(64)}.localhost`,
		"localhost.",
		"[::2]",
		"user@localhost",
		"%6cocalhost",
	])("another host is refused: %s", async (host) => {
		// Some of them the server itself calls malformed.
		expect([400, 421]).toContain((await get(host)).status);
		expect([400, 421]).toContain((await call(gateway.urlPort, host, "/by-id/")).status);
	});
});

describe("pages of another origin", () => {
	const post = (headers: Record<string, string>, path = "/2015-03-31/functions/f/invocations") =>
		call(gateway.port, `127.0.0.1:${gateway.port}`, path, { method: "POST", headers });

	it("are refused at API and page", async () => {
		for (const origin of [
			"http://evil.example",
			"null",
			"http://127.0.0.1",
			`https://127.0.0.1:${gateway.port}`,
			`http://127.0.0.1:${gateway.urlPort}`,
			`http://hello.localhost:${gateway.port}`,
		]) {
			expect([origin, (await post({ origin })).status]).toEqual([origin, 403]);
			expect([origin, (await post({ origin }, "/_pilot/api/triggers")).status]).toEqual([origin, 403]);
		}
		for (const site of ["cross-site", "same-site"]) expect((await post({ "sec-fetch-site": site })).status).toBe(403);
	});

	it("the own page, and clients that are no browser, are not", async () => {
		expect((await post({ origin: `http://127.0.0.1:${gateway.port}`, "sec-fetch-site": "same-origin" })).status).toBe(
			200,
		);
		expect((await post({ origin: `HTTP://127.0.0.1:${gateway.port}` })).status).toBe(200);
		expect((await post({})).status).toBe(200);
	});

	it("may link to the page, and to nothing else", async () => {
		const followed = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
		expect((await get("localhost", "/_pilot/", followed)).status).toBe(200);
		expect((await get("localhost", "/2015-03-31/functions", followed)).status).toBe(403);
		expect((await get("localhost", "/_pilot/", { ...followed, "sec-fetch-dest": "iframe" })).status).toBe(403);
		expect((await call(gateway.port, "localhost", "/_pilot/", { method: "POST", headers: followed })).status).toBe(403);
	});

	it("may call a function URL, as on AWS", async () => {
		const { status } = await get("by-name.localhost", "/", {
			origin: "http://evil.example",
			"sec-fetch-site": "cross-site",
		});
		expect(status).toBe(200);
	});
});

describe("the path form", () => {
	it("takes a name or an id, and hides it from the function", async () => {
		const url = await gateway.add("pathy", "handler");
		for (const name of ["pathy", url.id])
			for (const [path, rawPath, query] of [
				[`/${name}`, "/", ""],
				[`/${name}/`, "/", ""],
				[`/${name}?x=1`, "/", "x=1"],
				[`/${name}/a%20b/../c?x=1&x=2`, "/a%20b/../c", "x=1&x=2"],
				[`/${name}//double`, "//double", ""],
			]) {
				const { text } = await call(gateway.urlPort, `127.0.0.1:${gateway.urlPort}`, path!);
				expect(text).toBe("function pathy");
				const event = JSON.parse(Buffer.from(seen.at(-1)!.payload as Uint8Array).toString());
				expect([event.rawPath, event.rawQueryString]).toEqual([rawPath, query]);
			}
	});

	it("has neither API nor page", async () => {
		for (const path of ["/_pilot/", "/2015-03-31/functions", "/", "/?x", "//pathy/"])
			expect((await call(gateway.urlPort, "localhost", path)).status).toBe(404);
	});

	it("is not reached by function host names", async () => {
		expect((await call(gateway.urlPort, "pathy.localhost", "/pathy/")).status).toBe(421);
	});
});

describe("requests that say two things", () => {
	const status = (received: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(received)?.[1]);

	it.each([
		["no host", "GET / HTTP/1.1\r\n\r\n"],
		["no host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n"],
		["two hosts", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"],
		["two equal hosts", "GET / HTTP/1.1\r\nHost: localhost\r\nhost: localhost\r\n\r\n"],
		["another host in the target", "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n"],
		["a function in the target", "GET http://by-name.localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n"],
		["user info in the target", "GET http://localhost@evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n"],
		[
			"a length and chunks",
			"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		],
		["two lengths", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"],
		["a folded header", "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n"],
		["a space before the colon", "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n"],
		["a bare asterisk", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n"],
		["an encoding that is not chunked", "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\nhello"],
		["a NUL in a header", "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n"],
	])("are 400: %s", async (_, bytes) => {
		expect(status(await raw(gateway.port, bytes))).toBe(400);
	});

	it("headers without end are cut off", async () => {
		const bytes = `GET / HTTP/1.1\r\nHost: by-name.localhost\r\nX: ${"a".repeat(30_000)}\r\n\r\n`;
		expect(status(await raw(gateway.port, bytes))).toBe(431);
	});

	it("a target with the host that the header names is taken", async () => {
		const bytes = "GET http://by-name.localhost/a HTTP/1.1\r\nHost: by-name.localhost\r\nConnection: close\r\n\r\n";
		expect(await raw(gateway.port, bytes)).toContain("function by-name");
	});

	it("the host lives on", async () => {
		expect((await get("by-name.localhost")).status).toBe(200);
		expect(gateway.logged).toEqual([]);
	});
});
