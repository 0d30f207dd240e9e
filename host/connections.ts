/**
 * The connections of a server, for its end. Node's `closeIdleConnections` leaves alone what never sent a request, or half of
 * one (browsers open connections in advance), and a connection that was busy then stays open until its keep-alive is over.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Once the server closes, connections are looked at so often, ms; and those ended of which nothing came for so many looks. */
const LOOK_MS = 500;
const STALLED_LOOKS = 6;

/** What is known of an open connection. */
interface Open {
	/** Requests whose answers are under way. */
	requests: number;
	/** The one that came last: those before it have arrived whole. */
	last: IncomingMessage | undefined;
	/** Bytes that had come at the last look, and for how many looks no more came. */
	bytesRead: number;
	still: number;
}

export class Connections {
	readonly #server: Server;
	readonly #open = new Map<Socket, Open>();
	#closing: Promise<void> | null = null;
	#timer: NodeJS.Timeout | undefined;
	#stalls: NodeJS.Timeout | undefined;

	/** Call before the server listens. */
	constructor(server: Server) {
		this.#server = server;
		const answered = this.#answered();
		server.on("connection", (socket: Socket) => {
			this.#open.set(socket, { requests: 0, last: undefined, bytesRead: 0, still: 0 });
			socket.once("close", () => this.#open.delete(socket));
		});
		server.on("request", (request: IncomingMessage, response: ServerResponse) => {
			const open = this.#open.get(request.socket);
			if (open !== undefined) {
				open.requests++;
				open.last = request;
			}
			response.once("close", answered);
		});
	}

	/**
	 * Takes no more connections, closes each as soon as it carries no request, or one that does not arrive any further, and
	 * all of them after `graceMs`. A second call sets the time anew.
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
			clearInterval(this.#stalls);
			resolve();
		});
		// From here on an answer that ends closes its connection.
		this.#closing = promise;
		for (const [socket, open] of this.#open) closeIfIdle(socket, open);
		this.#stalls = setInterval(() => this.#closeStalled(), LOOK_MS);
		return promise;
	}

	/** Ends the connections whose callers stopped in the middle of what they send: nothing can be answered. */
	#closeStalled(): void {
		for (const [socket, open] of this.#open) {
			const isArriving = open.last?.complete === false;
			open.still = isArriving && socket.bytesRead === open.bytesRead ? open.still + 1 : 0;
			open.bytesRead = socket.bytesRead;
			if (open.still >= STALLED_LOOKS) socket.destroy();
		}
	}

	/** One listener for all answers: a closure each would be made for every request. */
	#answered(): (this: ServerResponse) => void {
		const done = (socket: Socket): void => {
			const open = this.#open.get(socket);
			if (open === undefined) return;
			open.requests--;
			if (this.#closing !== null) closeIfIdle(socket, open);
		};
		return function () {
			done(this.req.socket);
		};
	}
}

function closeIfIdle(socket: Socket, { requests }: Open): void {
	// What was written still goes out.
	if (requests === 0) socket.destroySoon();
}
