import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connections } from "./connections.ts";

let server: ReturnType<typeof createServer>;
let connections: Connections;
let requests: { request: IncomingMessage; response: ServerResponse }[];
const open: Socket[] = [];

beforeEach(async () => {
	requests = [];
	server = createServer((request, response) => requests.push({ request, response }));
	connections = new Connections(server);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
	for (const socket of open.splice(0)) socket.destroy();
	server.closeAllConnections();
	server.close();
});

/** A connection that has sent this, and what it got. */
async function client(sent: string): Promise<{ socket: Socket; text(): string; ended: Promise<void> }> {
	const accepted = new Promise((resolve) => server.once("connection", resolve));
	const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
	open.push(socket);
	let text = "";
	socket.on("data", (chunk) => (text += chunk)).on("error", () => {});
	const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
	socket.write(sent);
	await accepted;
	return { socket, text: () => text, ended };
}

const GET = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
const arrived = (count: number) => vi.waitFor(() => expect(requests).toHaveLength(count));
const FOREVER = 1e6;

describe("a server that closes", () => {
	it("ends the connection of a request that does not arrive any further, not one that does", async () => {
		const POST = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n";
		const stalled = await client(`${POST}half`);
		const slow = await client(POST);
		await arrived(2);
		for (const { request } of requests) request.resume();
		const closed = connections.close(FOREVER);
		const drip = setInterval(() => slow.socket.write("x"), 100);
		await stalled.ended;
		clearInterval(drip);
		expect(slow.socket.destroyed).toBe(false);
		requests[1]!.response.end("done");
		await slow.ended;
		expect(slow.text()).toContain("done");
		await closed;
	});

	it.each([
		["sent nothing", ""],
		["sent half a request", "GET / HT"],
	])("closes a connection that %s", async (_, sent) => {
		const { ended } = await client(sent);
		await connections.close(FOREVER);
		await ended;
	});

	it("closes a connection that waits for its next request", async () => {
		const { ended, text } = await client(GET);
		await arrived(1);
		requests[0]!.response.end("done");
		await vi.waitFor(() => expect(text()).toContain("done"));
		await connections.close(FOREVER);
		await ended;
	});

	it("waits for an answer, whole, and closes its connection then", async () => {
		const { ended, text } = await client(GET);
		await arrived(1);
		const large = "x".repeat(4_000_000);
		let closed = false;
		const closing = connections.close(FOREVER).then(() => {
			closed = true;
		});
		await new Promise((resolve) => setTimeout(resolve, 50));
		expect(closed).toBe(false);
		requests[0]!.response.end(large);
		await Promise.all([closing, ended]);
		expect(text().split("\r\n\r\n")[1]).toBe(large);
	});

	it("waits for all answers on a connection that brought several requests", async () => {
		const { ended, text } = await client(GET + GET);
		await arrived(2);
		const closing = connections.close(FOREVER);
		requests[0]!.response.end("first");
		await vi.waitFor(() => expect(text()).toContain("first"));
		requests[1]!.response.end("second");
		await Promise.all([closing, ended]);
		expect(text()).toContain("second");
	});

	it("ends what is still under way after the grace time", async () => {
		const { ended } = await client(GET);
		await arrived(1);
		await connections.close(20);
		await ended;
	});

	it("is not held up by a caller who went", async () => {
		const { socket } = await client(GET);
		await arrived(1);
		const gone = new Promise((resolve) => requests[0]!.response.once("close", resolve));
		socket.destroy();
		await gone;
		await connections.close(FOREVER);
	});
});
