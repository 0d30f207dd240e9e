/** The API behind a real socket, with callers that do not behave. */
import type { Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestApi, type TestApi } from "../support/api.ts";

let api: TestApi;
let server: Server;
beforeEach(async () => {
	api = await openTestApi();
	await api.create("one");
	server = createAdaptorServer({ fetch: api.app.fetch }) as Server;
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
	expect(api.faults).toEqual([]);
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
	await api.close();
});

const INVOKE = "POST /2015-03-31/functions/one/invocations HTTP/1.1\r\nhost: localhost\r\n";
const CREATE = "POST /2015-03-31/functions HTTP/1.1\r\nhost: localhost\r\n";

function dial(): Promise<Socket> {
	const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
	// The server may close first: then writing fails, as it should.
	socket.on("error", () => {});
	return new Promise((resolve) => socket.once("connect", () => resolve(socket)));
}

/** All that comes until the text holds `mark` or the connection ends. */
function receive(socket: Socket, mark: string): Promise<string> {
	return new Promise((resolve) => {
		let text = "";
		socket.on("data", (chunk) => {
			text += chunk.toString("latin1");
			if (text.includes(mark)) resolve(text);
		});
		socket.once("close", () => resolve(text));
	});
}

async function expectAlive(): Promise<void> {
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/2015-03-31/functions/one/invocations`;
	const response = await fetch(url, { method: "POST", body: '{"still":"here"}' });
	expect(await response.text()).toBe('{"still":"here"}');
}

describe("on the wire", () => {
	it.each([
		["Invoke", INVOKE, 6_291_457, "InvokeFunction"],
		["CreateFunction", CREATE, 70_167_212, "CreateFunction"],
	])("a body of %s that declares too much is refused before it is sent", async (_, head, length, name) => {
		const socket = await dial();
		socket.write(`${head}content-length: ${length}\r\n\r\n`);
		const answer = await receive(socket, "}");
		expect(answer).toMatch(/^HTTP\/1\.1 413 /);
		expect(answer).toContain(`Request must be smaller than ${length - 1} bytes for the ${name} operation`);
		socket.destroy();
		await expectAlive();
	});

	it("a body without end is refused when it passes the limit", async () => {
		const socket = await dial();
		socket.write(`${INVOKE}transfer-encoding: chunked\r\n\r\n`);
		const answer = receive(socket, "}");
		const answered = answer.then(() => true);
		const piece = `10000\r\n${" ".repeat(0x10000)}\r\n`;
		const send = () => new Promise<false>((resolve) => void socket.write(piece, () => resolve(false)));
		for (let sent = 0; sent < 400; sent++) if (await Promise.race([answered, send()])) break;
		expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
		socket.destroy();
		await expectAlive();
	});

	it("a caller that goes away in the middle of its body harms nobody", async () => {
		for (const head of [INVOKE, CREATE]) {
			const socket = await dial();
			socket.write(`${head}content-length: 1000\r\n\r\n{"half":`);
			await new Promise((resolve) => setTimeout(resolve, 20));
			socket.destroy();
		}
		await expectAlive();
		expect(api.invoker.requests).toHaveLength(1);
	});

	it("a caller that goes away while its function runs is noticed", async () => {
		const noticed = new Promise<void>((resolve) => {
			api.invoker.whileInvoking = ({ signal }) =>
				new Promise((done) => {
					signal!.addEventListener("abort", () => {
						resolve();
						done();
					});
				});
		});
		const socket = await dial();
		socket.write(`${INVOKE}content-length: 2\r\n\r\n{}`);
		await expect.poll(() => api.invoker.requests.length).toBe(1);
		socket.destroy();
		await noticed;
		api.invoker.whileInvoking = async () => {};
		await expectAlive();
	});

	it("a caller that waits for its answer is not taken for one that went away", async () => {
		let aborted = false;
		api.invoker.whileInvoking = async ({ signal }) => {
			signal!.addEventListener("abort", () => {
				aborted = true;
			});
			await new Promise((resolve) => setTimeout(resolve, 50));
		};
		await expectAlive();
		expect(aborted).toBe(false);
	});

	it("bytes pass as they are, whatever they are", async () => {
		const event = Buffer.from(JSON.stringify({ text: "é😀\u2028", nested: [[[]]] }));
		const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/2015-03-31/functions/one/invocations`;
		const response = await fetch(url, { method: "POST", body: event });
		expect(event.equals(Buffer.from(await response.arrayBuffer()))).toBe(true);
	});
});
