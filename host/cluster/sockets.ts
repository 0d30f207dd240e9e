/**
 * The sockets that workers listen on. Control binds and keeps them and never accepts: the connections of a worker that ended wait in
 * its socket for the next one, and nobody else gets the port meanwhile.
 */
import { lookup } from "node:dns/promises";
import * as net from "node:net";
import { getSystemErrorName } from "node:util";

/** A bound socket. */
export interface Bound {
	readonly fd: number;
	close(): void;
}

/** The sockets of one port, one a worker, or, where the system does not spread connections, the same for all. */
export interface Port {
	port: number;
	descriptor(slot: number): number;
	close(): void;
}

/** libuv's UV_TCP_REUSEPORT (https://docs.libuv.org/en/v1.x/tcp.html): connections are spread over the port's sockets. */
const REUSE_PORT = 2;
const SPREADING: ReadonlySet<string> = new Set(["linux", "freebsd"]);

// Binds without listening, as node:cluster needs it; not in the types.
const { _createServerHandle: createHandle } = net as unknown as {
	_createServerHandle(address: string, port: number, type: 4 | 6, fd: undefined, flags: number): Bound | number;
};

/** Binds a port for some workers; 0 takes a free one. Rejects with the system's error, such as EADDRINUSE. */
export async function bindPort(host: string, wanted: number, workers: number): Promise<Port> {
	const { address, family } = await lookup(host);
	// With `reusePort` a second host would get the port too, and half of the connections: so it is tried without.
	const port = await probe(address, wanted);
	const spreading = SPREADING.has(process.platform);
	const sockets: Bound[] = [];
	const close = (): void => {
		for (const socket of sockets.splice(0)) socket.close();
	};
	for (let index = 0; index < (spreading ? workers : 1); index++) {
		const bound = createHandle(address, port, family === 6 ? 6 : 4, undefined, spreading ? REUSE_PORT : 0);
		if (typeof bound === "number") {
			close();
			const code = getSystemErrorName(bound);
			throw Object.assign(new Error(`bind ${code} ${address}:${port}`), { code, address, port });
		}
		sockets.push(bound);
	}
	return { port, descriptor: (slot) => sockets[spreading ? slot : 0]!.fd, close };
}

/** The port that a server which has it alone gets. */
async function probe(address: string, port: number): Promise<number> {
	const server = net.createServer();
	const { promise, resolve, reject } = Promise.withResolvers<number>();
	server.once("error", reject);
	server.listen(port, address, () => {
		const taken = (server.address() as net.AddressInfo).port;
		server.close(() => resolve(taken));
	});
	return promise;
}
