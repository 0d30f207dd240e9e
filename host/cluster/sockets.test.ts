import { createServer, type Server } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { bindPort, type Port } from "./sockets.ts";

const ports: Port[] = [];
const servers: Server[] = [];
afterEach(() => {
	for (const port of ports.splice(0)) port.close();
	for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function bind(wanted = 0, host = "127.0.0.1"): Promise<Port> {
	const port = await bindPort(host, wanted, 2);
	ports.push(port);
	return port;
}

/** Listens on one of a port's sockets, and answers with its slot. */
function begin(port: Port, slot: number): Promise<Server> {
	const server = createServer((_, response) => response.end(`${slot}`));
	servers.push(server);
	return new Promise((resolve) => server.listen({ fd: port.descriptor(slot) }, () => resolve(server)));
}

describe("a port", () => {
	it("that another host listens on is seen to be taken", async () => {
		const first = await bind();
		await begin(first, 0);
		await expect(bind(first.port)).rejects.toMatchObject({ code: "EADDRINUSE" });
	});

	it("is free again once it is closed", async () => {
		const first = await bind();
		first.close();
		expect((await bind(first.port)).port).toBe(first.port);
	});

	it.runIf(process.platform === "linux")("keeps connections waiting until somebody accepts", async () => {
		const port = await bind();
		await begin(port, 0);
		const answers = Promise.all(
			Array.from({ length: 20 }, () =>
				fetch(`http://127.0.0.1:${port.port}/`, { headers: { connection: "close" } }).then((it) => it.text()),
			),
		);
		await new Promise((resolve) => setTimeout(resolve, 50));
		await begin(port, 1);
		for (const answer of await answers) expect(["0", "1"]).toContain(answer);
	});
});
