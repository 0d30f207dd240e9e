import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { open, request } from "../../test/faults/sockets.ts";
import { remoteOf } from "../remote.ts";
import { handedOver, takeHandedOver } from "./handed-over.ts";
import { passOn } from "./pass-on.ts";

let folder: string;
const servers: Server[] = [];
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "pilot-pass-"));
});
afterEach(() => {
	for (const server of servers.splice(0)) server.close().closeAllConnections();
	rmSync(folder, { recursive: true });
});

function listen(listener: RequestListener, where: { port: number; host: string } | { path: string }): Promise<Server> {
	const server = createServer(listener);
	servers.push(server);
	return new Promise((resolve) => server.listen(where, () => resolve(server)));
}

/** Two processes in one: requests to the URL are passed on to `inner`. */
async function chain(inner: RequestListener): Promise<string> {
	const path = join(folder, "inner.sock");
	await listen(
		(incoming, outgoing) => {
			takeHandedOver(incoming);
			inner(incoming, outgoing);
		},
		{ path },
	);
	const outer = await listen(
		(incoming, outgoing) => {
			void passOn({ incoming, outgoing }, path, handedOver(incoming));
		},
		{ port: 0, host: "127.0.0.1" },
	);
	return `http://127.0.0.1:${(outer.address() as AddressInfo).port}`;
}

async function text(incoming: AsyncIterable<Buffer>): Promise<string> {
	const parts: Buffer[] = [];
	for await (const part of incoming) parts.push(part);
	return Buffer.concat(parts).toString();
}

describe("a request that is passed on", () => {
	it("arrives as it was sent: method, path, repeated fields, body, trailers, caller", async () => {
		const seen: unknown[] = [];
		const url = await chain(async (incoming, outgoing) => {
			const body = await text(incoming);
			const raw = incoming.rawHeaders.join("|");
			seen.push(incoming.method, incoming.url, body, incoming.rawTrailers, remoteOf(incoming).address);
			seen.push(raw.includes("X-Two|1|X-Two|2"), /hand-over/i.test(raw));
			outgoing.end();
		});
		const { socket, closed } = await open(url);
		const head = "PATCH /a%20b//c?x=%2f HTTP/1.1\r\nHost: h\r\nX-Two: 1\r\nX-Two: 2\r\nX-Pilot-Hand-Over: forged\r\n";
		socket.write(`${head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-End: 1\r\n\r\n`);
		await closed;
		expect(seen).toEqual(["PATCH", "/a%20b//c?x=%2f", "abc", ["X-End", "1"], "127.0.0.1", true, false]);
	});

	it("is answered as it was answered: status, repeated fields, chunks as they come, trailers", async () => {
		const step = Promise.withResolvers<void>();
		const url = await chain(async (_, outgoing) => {
			outgoing.writeHead(203, ["Set-Cookie", "a", "Set-Cookie", "b", "Trailer", "X-End"]);
			outgoing.write("one");
			await step.promise;
			outgoing.addTrailers([["X-End", "1"]]);
			outgoing.end("two");
		});
		const { socket, received, closed } = await open(url);
		socket.write(request("GET", "/", { connection: "close" }));
		while (!received().includes("one")) await new Promise((resolve) => setTimeout(resolve, 5));
		expect(received()).toMatch(/^HTTP\/1\.1 203 [\s\S]*Set-Cookie: a\r\nSet-Cookie: b\r\n/);
		step.resolve();
		await closed;
		expect(received()).toMatch(/3\r\ntwo\r\n0\r\nX-End: 1\r\n\r\n$/);
	});

	it("may be answered before it was read; what comes next is not taken for the rest of it", async () => {
		const url = await chain((incoming, outgoing) => {
			if (incoming.method === "POST") return void outgoing.writeHead(413).end();
			outgoing.end("next");
		});
		for (let round = 0; round < 5; round++) {
			const large = await fetch(url, { method: "POST", body: Buffer.alloc(8_000_000, "x") }).catch(() => null);
			if (large !== null) expect(large.status).toBe(413);
			expect(await (await fetch(url)).text()).toBe("next");
		}
	});

	it("gives HEAD no body", async () => {
		const url = await chain((_, outgoing) => outgoing.writeHead(200, { "content-length": "5" }).end());
		const answer = await fetch(url, { method: "HEAD" });
		expect([answer.status, answer.headers.get("content-length"), await answer.text()]).toEqual([200, "5", ""]);
	});

	it("of a caller who goes away is given up there too", async () => {
		const begun = Promise.withResolvers<void>();
		const gone = Promise.withResolvers<void>();
		const url = await chain((_, outgoing) => {
			outgoing.once("close", () => gone.resolve());
			begun.resolve();
		});
		const { socket } = await open(url);
		socket.write(request("GET", "/"));
		await begun.promise;
		socket.destroy();
		await gone.promise;
	});
});

describe("a process that ends with a request", () => {
	it("before its answer: the caller's connection is cut", async () => {
		const url = await chain((incoming) => incoming.socket.destroy());
		await expect(fetch(url)).rejects.toThrow();
	});

	it("in the middle of its answer: the caller's connection is cut, so that a part is not taken for the whole", async () => {
		const url = await chain((incoming, outgoing) => {
			outgoing.write("part", () => incoming.socket.destroy());
		});
		await expect(fetch(url).then((it) => it.text())).rejects.toThrow();
	});
});
