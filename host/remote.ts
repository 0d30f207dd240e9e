/** Where a request came from, and to which port: what its connection says, unless it came by another process of the host. */
import type { IncomingMessage } from "node:http";

export interface Remote {
	/** IP address of the caller. */
	address: string;
	/** The host's own port, that the request came to. */
	port: number;
	/** `1.1`. */
	httpVersion: string;
}

const told = new WeakMap<IncomingMessage, Remote>();

/** For a request whose connection is another process of the host's. */
export function setRemote(incoming: IncomingMessage, remote: Remote): void {
	told.set(incoming, remote);
}

export function remoteOf(incoming: IncomingMessage): Remote {
	const { socket, httpVersion } = incoming;
	return told.get(incoming) ?? { address: socket.remoteAddress ?? "", port: socket.localPort ?? 0, httpVersion };
}
