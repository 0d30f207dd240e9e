/**
 * The connections of a server, for its end. Node's `closeIdleConnections` leaves alone what never sent a request, or half of
 * one (browsers open connections in advance), and a connection that was busy then stays open until its keep-alive is over.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

export class Connections {
	readonly #server: Server;
	/** Requests whose answers are under way. */
	readonly #requests = new Map<Socket, number>();
	#closing: Promise<void> | null = null;
	#timer: NodeJS.Timeout | undefined;

	/** Call before the server listens. */
	constructor(server: Server) {
		this.#server = server;
		const answered = this.#answered();
		server.on("connection", (socket: Socket) => {
			this.#requests.set(socket, 0);
			socket.once("close", () => this.#requests.delete(socket));
		});
		server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
			this.#count(socket, 1);
			response.once("close", answered);
		});
	}

	/**
	 * Takes no more connections, closes each as soon as it carries no request, and all of them after `graceMs`. A second call
	 * sets the time anew.
	 */
	close(graceMs: number): Promise<void> {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#server.closeAllConnections(), graceMs);
		this.#closing ??= this.#end();
		return this.#closing;
	}

	#end(): Promise<void> {
		const { promise, resolve } = Promise.withResolvers<void>();
		this.#server.close(() => {
			clearTimeout(this.#timer);
			resolve();
		});
		// From here on an answer that ends closes its connection.
		this.#closing = promise;
		for (const socket of this.#requests.keys()) this.#closeIfIdle(socket);
		return promise;
	}

	/** One listener for all answers: a closure each would be made for every request. */
	#answered(): (this: ServerResponse) => void {
		const done = (socket: Socket): void => {
			this.#count(socket, -1);
			if (this.#closing !== null) this.#closeIfIdle(socket);
		};
		return function () {
			done(this.req.socket);
		};
	}

	#count(socket: Socket, change: 1 | -1): void {
		const count = this.#requests.get(socket);
		if (count !== undefined) this.#requests.set(socket, count + change);
	}

	#closeIfIdle(socket: Socket): void {
		// What was written still goes out.
		if (this.#requests.get(socket) === 0) socket.destroySoon();
	}
}
