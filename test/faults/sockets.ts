/** Connections as bytes: what no HTTP client would do. */
import { connect, type Socket } from "node:net";

export interface Wire {
	socket: Socket;
	/** What came so far, as Latin-1. */
	received(): string;
	/** Resolves when the host has closed the connection. */
	closed: Promise<void>;
}

/** Opens a connection to the host of this URL; never rejects once it is open. */
export async function open(url: string): Promise<Wire> {
	const { hostname, port } = new URL(url);
	const socket = connect(Number(port), hostname);
	await new Promise<void>((resolve, reject) => {
		socket.once("connect", resolve);
		socket.once("error", reject);
	});
	socket.on("error", () => {});
	let text = "";
	socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
	const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
	return { socket, received: () => text, closed };
}

/** A request's head, and what of a body was given. */
export function request(method: string, path: string, headers: Record<string, string> = {}, body = ""): string {
	const lines = Object.entries({ host: "localhost", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
	return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}
