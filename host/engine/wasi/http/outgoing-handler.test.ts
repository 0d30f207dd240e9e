import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { Trap } from "../../trap.ts";
import { inputStreamKind, outputStreamKind } from "../io/kinds.ts";
import { testGuest } from "../testing.ts";
import type { ErrorName } from "./error-code.ts";
import {
	futureIncomingResponseKind,
	incomingBodyKind,
	incomingResponseKind,
	outgoingBodyKind,
	requestOptionsKind,
} from "./kinds.ts";
import { connections, MAX_CONNECTIONS } from "./send.ts";
import { HttpGuest, textOf } from "./testing.ts";
import { selfSigned } from "./testing-certificate.ts";

const servers: net.Server[] = [];

async function listen<T extends net.Server>(server: T): Promise<T & { authority: string }> {
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	servers.push(server);
	return Object.assign(server, { authority: `127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function serve(handler: (request: IncomingMessage, response: ServerResponse) => unknown) {
	return listen(http.createServer((request, response) => void handler(request, response)));
}

/** A server that says these bytes to whoever connects, and then perhaps hangs up. */
function raw(bytes: string, hangUp: boolean) {
	return listen(
		net.createServer((socket) => {
			socket.on("error", () => {});
			socket.once("data", () => (hangUp ? socket.end(bytes) : socket.write(bytes)));
		}),
	);
}

/** A server that keeps what it hears and hangs up. */
async function recorded() {
	const seen: string[] = [];
	const server = await listen(
		net.createServer((socket) => {
			socket.on("error", () => {});
			socket.on("data", (bytes) => {
				seen.push(bytes.toString("latin1"));
				socket.end();
			});
		}),
	);
	return { authority: server.authority, seen };
}

afterEach(() => {
	for (const server of servers.splice(0)) {
		server.close();
		if (server instanceof http.Server) server.closeAllConnections();
	}
});

interface Sending {
	method?: number | string;
	scheme?: "http" | "https";
	path?: string;
	headers?: [string, string][];
	/** Take the body before it is sent. */
	body?: boolean;
	timeouts?: Partial<Record<"connect" | "first-byte" | "between-bytes", bigint>>;
}

class Client extends HttpGuest {
	readonly asked: string[];

	constructor(allowed = true) {
		const asked: string[] = [];
		const mayReach = (scheme: string, authority: string) => {
			asked.push(`${scheme} ${authority}`);
			return allowed;
		};
		super(testGuest({ mayReach }));
		this.asked = asked;
	}

	/** Sends a request: the future and the body's handle, or the error. */
	send(authority: string, sending: Sending = {}): { future: number; body: number } | ErrorName {
		const request = this.value("[constructor]outgoing-request", this.fields(sending.headers));
		const { method = 0 } = sending;
		const methodArgs = typeof method === "number" ? [method, 0, 0] : [9, ...this.put(method)];
		expect(this.value("[method]outgoing-request.set-method", request, ...methodArgs)).toBe(0);
		const scheme = sending.scheme === "https" ? 1 : 0;
		expect(this.value("[method]outgoing-request.set-scheme", request, 1, scheme, 0, 0)).toBe(0);
		expect(this.value("[method]outgoing-request.set-authority", request, 1, ...this.put(authority))).toBe(0);
		const path = this.put(sending.path ?? "/");
		expect(this.value("[method]outgoing-request.set-path-with-query", request, 1, ...path)).toBe(0);
		const body = sending.body ? this.take("[method]outgoing-request.body", request) : 0;
		return this.handle(request, body, sending.timeouts);
	}

	private handle(request: number, body: number, timeouts: Sending["timeouts"]) {
		const options = timeouts === undefined ? 0 : this.value("[constructor]request-options");
		for (const [name, duration] of Object.entries(timeouts ?? {})) {
			expect(this.value(`[method]request-options.set-${name}-timeout`, options, 1, duration)).toBe(0);
		}
		const area = this.test.room();
		this.test.call("wasi:http/outgoing-handler", "handle", request, options === 0 ? 0 : 1, options, area);
		if (this.u8(area) === 1) return this.errorAt(area + 8);
		return { future: this.u32(area + 8), body };
	}

	/** As `send`, where it must be sent. */
	sent(authority: string, sending: Sending = {}) {
		const sent = this.send(authority, sending);
		if (typeof sent === "string") throw new Error(sent);
		return sent;
	}

	/** Waits for the response: its handle, or the error. */
	async outcome(future: number): Promise<number | ErrorName> {
		const pollable = this.value("[method]future-incoming-response.subscribe", future);
		await this.test.call("wasi:io/poll", "[method]pollable.block", pollable);
		const area = this.result("[method]future-incoming-response.get", future);
		expect([this.u8(area), this.u8(area + 8)]).toEqual([1, 0]);
		return this.u8(area + 16) === 0 ? this.u32(area + 24) : this.errorAt(area + 24);
	}

	/** As `outcome`, where there must be a response. */
	async answer(future: number): Promise<number> {
		const outcome = await this.outcome(future);
		if (typeof outcome === "string") throw new Error(outcome);
		return outcome;
	}

	openBody(response: number): { body: number; stream: number } {
		const body = this.take("[method]incoming-response.consume", response);
		return { body, stream: this.take("[method]incoming-body.stream", body) };
	}

	/** All of a response's body; then the error's name, if it failed. */
	async text(response: number): Promise<[string, ErrorName | undefined]> {
		const { stream } = this.openBody(response);
		let text = "";
		for (;;) {
			const area = await this.test.result("wasi:io/streams", "[method]input-stream.blocking-read", stream, 65_536n);
			if (this.u8(area) === 0) text += this.listAt(area + 4);
			else if (this.u8(area + 4) === 1) return [text, undefined];
			else return [text, this.errorAt(this.result("http-error-code", this.u32(area + 8)) + 8)];
		}
	}
}

describe("a request", () => {
	it("arrives as the guest made it, with the authority as its host and nothing of the host's own", async () => {
		const seen: (string | string[] | undefined)[] = [];
		const { authority } = await serve((request, response) => {
			seen.push(request.method, request.url, ...request.rawHeaders);
			response.writeHead(203, [
				["X-One", "1"],
				["set-cookie", "a=1"],
				["Set-Cookie", "b=2"],
				["x-octets", "caf\u00e9"],
				["connection", "close"],
			] as unknown as string[]);
			response.end("hello");
		});
		const client = new Client();
		const { future } = client.sent(authority, {
			method: "PROPFIND",
			path: "/a%20b?c={d}",
			headers: [
				["X-A", "1"],
				["x-a", "\xff"],
			],
		});
		const response = await client.answer(future);
		expect(client.value("[method]incoming-response.status", response)).toBe(203);
		const headers = client.entries(client.value("[method]incoming-response.headers", response));
		expect(headers.filter(([name]) => name !== "date" && name !== "content-length")).toEqual([
			["x-one", "1"],
			["set-cookie", "a=1"],
			["set-cookie", "b=2"],
			["x-octets", "caf\u00e9"],
		]);
		expect(await client.text(response)).toEqual(["hello", undefined]);
		expect(seen.slice(0, 2)).toEqual(["PROPFIND", "/a%20b?c={d}"]);
		const sent = seen.slice(2).filter((_, i, all) => all[i - (i % 2)] !== "Connection");
		expect(sent).toEqual(["host", authority, "x-a", "1", "x-a", "\xff", "content-length", "0"]);
		expect(client.asked).toEqual([`http ${authority}`]);
	});

	it("has the octets of its path as they are, UTF-8", async () => {
		const { authority, seen } = await recorded();
		const client = new Client();
		await client.outcome(client.sent(authority, { path: "/caf\u00c3\u00a9" }).future);
		expect(seen.join("").split("\r\n")[0]).toBe("GET /caf\u00c3\u00a9 HTTP/1.1");
	});

	it("streams its body out while the response streams in", async () => {
		const { authority } = await serve((request, response) => request.pipe(response));
		const client = new Client();
		const { future, body } = client.sent(authority, { method: 2, body: true });
		const out = client.take("[method]outgoing-body.write", body);
		await client.write(out, "first");
		const { stream, body: incoming } = client.openBody(await client.answer(future));
		expect(await client.read(stream)).toBe("first");
		await client.write(out, "second");
		expect(await client.read(stream)).toBe("second");
		client.test.drop(outputStreamKind, out);
		expect(client.finish(body)).toBeUndefined();
		expect(await client.read(stream)).toBeUndefined();
		client.test.drop(inputStreamKind, stream);
		client.test.drop(incomingBodyKind, incoming);
	});

	it("carries trailers both ways", async () => {
		const { authority } = await serve(async (request, response) => {
			response.writeHead(200, { trailer: "x-back" });
			const text = await textOf(request);
			response.addTrailers({ "X-Back": `${text} ${request.trailers["x-sum"]}` });
			response.end("body");
		});
		const client = new Client();
		const { future, body } = client.sent(authority, { method: 2, body: true });
		const out = client.take("[method]outgoing-body.write", body);
		await client.write(out, "content");
		client.test.drop(outputStreamKind, out);
		expect(client.finish(body, client.fields([["x-sum", "42"]]))).toBeUndefined();
		const incoming = client.take("[method]incoming-response.consume", await client.answer(future));
		const trailers = client.value("[static]incoming-body.finish", incoming);
		const pollable = client.value("[method]future-trailers.subscribe", trailers);
		await client.test.call("wasi:io/poll", "[method]pollable.block", pollable);
		const area = client.result("[method]future-trailers.get", trailers);
		expect([0, 8, 16, 24].map((at) => client.u8(area + at))).toEqual([1, 0, 0, 1]);
		expect(client.entries(client.u32(area + 28))).toEqual([["x-back", "content 42"]]);
	});

	it("has its content-length where the guest gave one, else chunks; GET has no body unless its length is known", async () => {
		const { authority } = await serve(async (request, response) => {
			const text = await textOf(request);
			response.end(`${request.headers["content-length"]} ${request.headers["transfer-encoding"]} ${text}`);
		});
		const client = new Client();
		const answers: string[] = [];
		for (const [method, headers] of [
			[0, []],
			[0, [["content-length", "4"]]],
			[2, []],
			[2, [["content-length", "4"]]],
		] as const) {
			const { future, body } = client.sent(authority, {
				method,
				headers: [...headers] as [string, string][],
				body: true,
			});
			const out = client.take("[method]outgoing-body.write", body);
			await client.write(out, "body");
			client.test.drop(outputStreamKind, out);
			client.finish(body);
			answers.push((await client.text(await client.answer(future)))[0]);
		}
		expect(answers).toEqual(["undefined undefined ", "4 undefined body", "undefined chunked body", "4 undefined body"]);
	});

	it("that the guest leaves unfinished never looks complete to the server", async () => {
		const ends: string[] = [];
		let cut: () => void;
		const over = new Promise<void>((resolve) => {
			cut = resolve;
		});
		const { authority } = await serve((request) => {
			request.on("end", () => ends.push("end"));
			request.on("error", () => ends.push("error"));
			request.on("close", () => cut());
			request.resume();
		});
		const client = new Client();
		const { future, body } = client.sent(authority, { method: 2, body: true });
		const out = client.take("[method]outgoing-body.write", body);
		await client.write(out, "half");
		await new Promise((resolve) => setTimeout(resolve, 50));
		client.test.drop(outputStreamKind, out);
		client.test.drop(outgoingBodyKind, body);
		expect(await client.outcome(future)).toBe("HTTP-protocol-error");
		await over;
		expect(ends).toEqual(["error"]);
	});

	it("does not follow redirects", async () => {
		const { authority } = await serve((_, response) => response.writeHead(302, { location: "/elsewhere" }).end());
		const client = new Client();
		const response = await client.answer(client.sent(authority).future);
		expect(client.value("[method]incoming-response.status", response)).toBe(302);
	});

	it("over https trusts no self-signed certificate, and one that the host trusts", async () => {
		const certificate = selfSigned();
		const { authority } = await listen(https.createServer(certificate, (_, response) => response.end("secret")));
		const client = new Client();
		expect(await client.outcome(client.sent(authority, { scheme: "https" }).future)).toBe("TLS-certificate-error");
		const trusted = tls.getCACertificates("default");
		tls.setDefaultCACertificates([...trusted, certificate.cert]);
		try {
			const response = await client.answer(client.sent(authority, { scheme: "https" }).future);
			expect(await client.text(response)).toEqual(["secret", undefined]);
		} finally {
			tls.setDefaultCACertificates(trusted);
		}
	});
});

describe("a request that is not sent", () => {
	it("is denied before anybody is connected to", async () => {
		let connected = false;
		const server = await serve(() => {});
		server.on("connection", () => {
			connected = true;
		});
		const client = new Client(false);
		expect(client.send(server.authority)).toBe("HTTP-request-denied");
		await new Promise((resolve) => setTimeout(resolve, 20));
		expect([connected, client.asked]).toEqual([false, [`http ${server.authority}`]]);
	});

	it("tells the guest's writes that nobody reads", async () => {
		const client = new Client(false);
		const request = client.value("[constructor]outgoing-request", client.fields());
		const body = client.take("[method]outgoing-request.body", request);
		const out = client.take("[method]outgoing-body.write", body);
		const area = client.test.room();
		client.test.call("wasi:http/outgoing-handler", "handle", request, 0, 0, area);
		expect([client.u8(area), await client.write(out, "x")]).toEqual([1, "closed"]);
	});

	it("has no authority, a foreign scheme, or is a tunnel", () => {
		const client = new Client();
		const send = (request: number) => {
			const area = client.test.room();
			client.test.call("wasi:http/outgoing-handler", "handle", request, 0, 0, area);
			return client.u8(area) === 1 ? client.errorAt(area + 8) : "sent";
		};
		const request = () => client.value("[constructor]outgoing-request", client.fields());
		expect(send(request())).toBe("HTTP-request-URI-invalid");
		const foreign = request();
		client.value("[method]outgoing-request.set-authority", foreign, 1, ...client.put("a.test"));
		client.value("[method]outgoing-request.set-scheme", foreign, 1, 2, ...client.put("ftp"));
		expect(send(foreign)).toBe("HTTP-protocol-error");
		expect(client.send("a.test", { method: 5 })).toBe("HTTP-request-method-invalid");
		expect(client.asked).toEqual([]);
	});

	it.each(["a b", "a/b", "a:x", "a:", "a:65536", "user@a", "user:pw@a:80", "[::1", "::1", "", "a\r\nb", "[::1]x"])(
		"cannot have the authority %j",
		(authority) => {
			const guest = new HttpGuest();
			const request = guest.value("[constructor]outgoing-request", guest.fields());
			expect(guest.value("[method]outgoing-request.set-authority", request, 1, ...guest.put(authority))).toBe(1);
			expect(guest.u8(guest.result("[method]outgoing-request.authority", request))).toBe(0);
		},
	);

	it.each(["/a b", "/a\r\nHost: b", "/#f", "/\x7f", "/<"])("cannot have the path %j", (path) => {
		const guest = new HttpGuest();
		const request = guest.value("[constructor]outgoing-request", guest.fields());
		expect(guest.value("[method]outgoing-request.set-path-with-query", request, 1, ...guest.put(path))).toBe(1);
		expect(guest.value("[method]outgoing-request.set-path-with-query", request, 1, 0, 2 ** 31)).toBe(1);
	});

	it.each(["", "a b", "GET\r\n", "caf\u00c3\u00a9"])("cannot have the method %j", (method) => {
		const guest = new HttpGuest();
		const request = guest.value("[constructor]outgoing-request", guest.fields());
		expect(guest.value("[method]outgoing-request.set-method", request, 9, ...guest.put(method))).toBe(1);
		expect(() => guest.value("[method]outgoing-request.set-method", request, 10, 0, 0)).toThrow(Trap);
		expect(() => guest.value("[method]outgoing-request.set-scheme", request, 1, 3, 0, 0)).toThrow(Trap);
	});

	it("gives back what was set", () => {
		const guest = new HttpGuest();
		const request = guest.value("[constructor]outgoing-request", guest.fields([["a", "1"]]));
		const method = () => guest.u8(guest.result("[method]outgoing-request.method", request));
		expect(method()).toBe(0);
		guest.value("[method]outgoing-request.set-method", request, 9, ...guest.put("GET"));
		expect(method()).toBe(9);
		guest.value("[method]outgoing-request.set-method", request, 3, 0, 0);
		expect(method()).toBe(3);
		guest.value("[method]outgoing-request.set-path-with-query", request, 1, ...guest.put("/x?y"));
		expect(guest.optionAt(guest.result("[method]outgoing-request.path-with-query", request))).toBe("/x?y");
		guest.value("[method]outgoing-request.set-path-with-query", request, 0, 0, 0);
		expect(guest.optionAt(guest.result("[method]outgoing-request.path-with-query", request))).toBeUndefined();
		guest.value("[method]outgoing-request.set-scheme", request, 1, 2, ...guest.put("ftp"));
		const scheme = guest.result("[method]outgoing-request.scheme", request);
		expect([guest.u8(scheme), guest.u8(scheme + 4), guest.listAt(scheme + 8)]).toEqual([1, 2, "ftp"]);
		guest.value("[method]outgoing-request.set-scheme", request, 0, 0, 0, 0);
		expect(guest.u8(guest.result("[method]outgoing-request.scheme", request))).toBe(0);
		expect(guest.entries(guest.value("[method]outgoing-request.headers", request))).toEqual([["a", "1"]]);
	});
});

describe("a request that fails", () => {
	it("says that the connection was refused", async () => {
		const server = await serve(() => {});
		server.close();
		await once(server, "close");
		const client = new Client();
		expect(await client.outcome(client.sent(server.authority).future)).toBe("connection-refused");
	});

	it("says that there is no such name", async () => {
		const client = new Client();
		expect(await client.outcome(client.sent("no-such-host.invalid").future)).toBe("DNS-error");
	});

	it.each([
		["", true, "connection-terminated"],
		["nonsense\r\n\r\n", true, "HTTP-protocol-error"],
		[`HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}\r\n\r\n`, true, "HTTP-response-header-section-size"],
		["HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", false, "HTTP-upgrade-failed"],
	] as const)("tells what is wrong with the answer %#", async (bytes, hangUp, expected) => {
		const { authority } = await raw(bytes, hangUp);
		const client = new Client();
		expect(await client.outcome(client.sent(authority).future)).toBe(expected);
	});

	it("says that TLS failed", async () => {
		const { authority } = await raw("HTTP/1.1 400 Bad Request\r\n\r\n", true);
		const client = new Client();
		expect(await client.outcome(client.sent(authority, { scheme: "https" }).future)).toBe("TLS-protocol-error");
	});

	it.each(["content-length: 10", "transfer-encoding: chunked"])(
		"in the middle of a body of %s gives what came, and its error",
		async (header) => {
			const body = header.startsWith("content") ? "half" : "4\r\nhalf\r\n";
			const { authority } = await raw(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n${body}`, true);
			const client = new Client();
			const response = await client.answer(client.sent(authority).future);
			expect(await client.text(response)).toEqual(["half", "HTTP-response-incomplete"]);
		},
	);
});

describe("timeouts", () => {
	const MS = 1_000_000n;

	it("end a wait for the first byte", async () => {
		const { authority } = await serve(() => {});
		const client = new Client();
		const { future } = client.sent(authority, { timeouts: { "first-byte": 30n * MS } });
		expect(await client.outcome(future)).toBe("connection-read-timeout");
	});

	it("end a wait between bytes, but not while the guest is the one who waits", async () => {
		const { authority } = await serve((_, response) => response.write("first"));
		const client = new Client();
		const { future } = client.sent(authority, { timeouts: { "between-bytes": 60n * MS } });
		const { stream } = client.openBody(await client.answer(future));
		expect(await client.read(stream)).toBe("first");
		const area = await client.test.result("wasi:io/streams", "[method]input-stream.blocking-read", stream, 1n);
		expect([client.u8(area), client.u8(area + 4)]).toEqual([1, 0]);
		expect(client.errorAt(client.result("http-error-code", client.u32(area + 8)) + 8)).toBe("connection-read-timeout");
	});

	it("end a wait for the connection", async () => {
		// The TLS handshake belongs to connecting, and this server never answers it.
		const { authority } = await listen(net.createServer((socket) => void socket.on("error", () => {})));
		const client = new Client();
		const { future } = client.sent(authority, { scheme: "https", timeouts: { connect: 50n * MS } });
		expect(await client.outcome(future)).toBe("connection-timeout");
	});

	it("as long as a u64 holds are no timeouts at once", async () => {
		const { authority } = await serve((_, response) => setTimeout(() => response.end("late"), 30));
		const client = new Client();
		const longest = 2n ** 64n - 1n;
		const timeouts = { connect: longest, "first-byte": longest, "between-bytes": longest };
		const response = await client.answer(client.sent(authority, { timeouts }).future);
		expect(await client.text(response)).toEqual(["late", undefined]);
	});

	it("are kept as they were set", () => {
		const guest = new HttpGuest();
		const options = guest.value("[constructor]request-options");
		for (const name of ["connect", "first-byte", "between-bytes"]) {
			const read = () => guest.result(`[method]request-options.${name}-timeout`, options);
			expect(guest.u8(read())).toBe(0);
			guest.value(`[method]request-options.set-${name}-timeout`, options, 1, 2n ** 64n - 1n);
			expect([guest.u8(read()), guest.test.memory.getU64(read() + 8)]).toEqual([1, 2n ** 64n - 1n]);
			guest.value(`[method]request-options.set-${name}-timeout`, options, 0, 7n);
			expect(guest.u8(read())).toBe(0);
		}
		guest.test.drop(requestOptionsKind, options);
	});
});

describe("connections", () => {
	/** Waits until the server has no connection left. */
	async function empty(server: http.Server): Promise<void> {
		const count = () =>
			new Promise<number>((resolve, reject) => server.getConnections((e, n) => (e ? reject(e) : resolve(n))));
		while ((await count()) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
	}

	it("are bounded an instance", async () => {
		const server = await serve(() => {});
		const client = new Client();
		const futures = Array.from({ length: MAX_CONNECTIONS }, () => client.sent(server.authority).future);
		expect(client.send(server.authority)).toBe("connection-limit-reached");
		expect(connections(client.test.guest).full).toBe(true);
		for (const future of futures) client.test.drop(futureIncomingResponseKind, future);
		await empty(server);
		await new Promise((resolve) => setTimeout(resolve, 20));
		expect(connections(client.test.guest).full).toBe(false);
	});

	it.each([
		["the future is dropped", (client: Client, future: number) => client.test.drop(futureIncomingResponseKind, future)],
		["the invocation is over", (client: Client) => client.test.abort()],
		["the instance ends", (client: Client) => client.test.end()],
	])("end when %s", async (_, end) => {
		let asked: () => void;
		const arrived = new Promise<void>((resolve) => {
			asked = resolve;
		});
		const server = await serve(() => asked());
		const client = new Client();
		const { future } = client.sent(server.authority);
		await arrived;
		end(client, future);
		await empty(server);
	});

	it.each([
		["the response", (client: Client, response: number) => client.test.drop(incomingResponseKind, response)],
		[
			"its body",
			(client: Client, response: number) => {
				const { body, stream } = client.openBody(response);
				client.test.drop(inputStreamKind, stream);
				client.test.drop(incomingBodyKind, body);
			},
		],
	])("end when %s is dropped in the middle", async (_, end) => {
		const server = await serve((_request, response) => response.write("first"));
		const client = new Client();
		end(client, await client.answer(client.sent(server.authority).future));
		await empty(server);
	});

	it("go on when the future is dropped after the response was taken", async () => {
		const { authority } = await serve((_, response) =>
			response.write("first", () => setTimeout(() => response.end("second"), 20)),
		);
		const client = new Client();
		const { future } = client.sent(authority);
		const response = await client.answer(future);
		client.test.drop(futureIncomingResponseKind, future);
		expect(await client.text(response)).toEqual(["firstsecond", undefined]);
	});

	it("are not kept for the next request", async () => {
		let count = 0;
		const server = await serve((_, response) => response.end("x"));
		server.on("connection", () => {
			count += 1;
		});
		const client = new Client();
		for (let i = 0; i < 3; i++) await client.text(await client.answer(client.sent(server.authority).future));
		await empty(server);
		expect(count).toBe(3);
	});

	it("give their response once", async () => {
		const { authority } = await serve((_, response) => response.end("x"));
		const client = new Client();
		const { future } = client.sent(authority);
		await client.answer(future);
		const area = client.result("[method]future-incoming-response.get", future);
		expect([client.u8(area), client.u8(area + 8)]).toEqual([1, 1]);
	});

	it("give nothing yet while the response is on its way", async () => {
		const { authority } = await serve(() => {});
		const client = new Client();
		const area = client.result("[method]future-incoming-response.get", client.sent(authority).future);
		expect(client.u8(area)).toBe(0);
	});

	it("do not read what the guest does not: a fast server waits", async () => {
		let written = 0;
		const { authority } = await serve((_, response) => {
			const chunk = Buffer.alloc(65_536);
			const pump = () => {
				while (written < 400) {
					written += 1;
					if (!response.write(chunk)) return void response.once("drain", pump);
				}
				response.end();
			};
			pump();
		});
		const client = new Client();
		const { stream } = client.openBody(await client.answer(client.sent(authority).future));
		await client.read(stream, 1n);
		await new Promise((resolve) => setTimeout(resolve, 200));
		expect(written).toBeLessThan(400);
		let size = 1;
		for (let chunk = await client.read(stream); chunk !== undefined; chunk = await client.read(stream))
			size += chunk.length;
		expect(size).toBe(400 * 65_536);
	});
});
