/** Invocations that another worker carries out: sent to it, with the answer as it comes. */
import { connect } from "node:net";
import type { HttpBody, HttpFields, HttpRequest, HttpResponse } from "../../engine/http.ts";
import type { Usage } from "../../engine/types.ts";
import { WorkerGone } from "../../errors.ts";
import type { Answer, InvokeRequest } from "../../invoker/types.ts";
import { type Described, revive } from "../errors.ts";
import { BodyReceiver, BodySender } from "./bodies.ts";
import { FRAME, type Frame, Link } from "./link.ts";

/** The head of `invoke`. */
export interface InvokeHead extends Omit<InvokeRequest, "payload" | "signal" | "onResponse" | "requestId"> {
	requestId: string | undefined;
	/** The payload, where it is no event. */
	http: (Omit<HttpRequest, "body" | "trailers"> & { hasBody: boolean; hasTrailers: boolean }) | null;
	/** The answer is wanted as it comes. */
	streams: boolean;
}

/** The head of `response`. */
export interface ResponseHead {
	status: number;
	headers: HttpFields;
	/** The body is there as a whole. */
	isWhole: boolean;
	hasTrailers: boolean;
}

/** The head of `result`. */
export type ResultHead = Omit<Answer, "payload"> & { usage: Usage };

/** The other workers, by their sockets. */
export class Peers {
	readonly #peers = new Map<string, Peer>();

	/**
	 * Has the worker that listens at `path` carry it out. Rejects with what `invoke` throws there, and with WorkerGone if the
	 * worker ends first.
	 */
	invoke(path: string, request: InvokeRequest): Promise<Answer> {
		let peer = this.#peers.get(path);
		if (peer === undefined) {
			peer = new Peer(path, () => this.#peers.delete(path));
			this.#peers.set(path, peer);
		}
		return peer.invoke(request);
	}

	/** Cuts all connections. */
	close(): void {
		for (const peer of [...this.#peers.values()]) peer.close();
	}
}

class Peer {
	readonly #link: Link;
	readonly #calls = new Map<number, Call>();
	#next = 0;

	constructor(path: string, closed: () => void) {
		this.#link = new Link(connect(path), setImmediate, {
			frame: (frame) => this.#calls.get(frame.id)?.take(frame),
			closed: () => {
				closed();
				for (const call of [...this.#calls.values()]) call.cut();
			},
		});
	}

	invoke(request: InvokeRequest): Promise<Answer> {
		const id = this.#next;
		this.#next = (id + 1) >>> 0;
		const call = new Call(this.#link, id, request, () => this.#calls.delete(id));
		this.#calls.set(id, call);
		call.send();
		return call.answer;
	}

	close(): void {
		this.#link.destroy();
	}
}

/** One invocation. It is over with its result, or, if it has an answer whose body goes on, with that. */
class Call {
	readonly #link: Link;
	readonly #id: number;
	readonly #request: InvokeRequest;
	readonly #over: () => void;
	readonly #answer = Promise.withResolvers<Answer>();
	#isAnswered = false;
	#sender: BodySender | undefined;
	#receiver: BodyReceiver | undefined;

	constructor(link: Link, id: number, request: InvokeRequest, over: () => void) {
		this.#link = link;
		this.#id = id;
		this.#request = request;
		this.#over = over;
	}

	get answer(): Promise<Answer> {
		return this.#answer.promise;
	}

	send(): void {
		const { payload, signal, onResponse, requestId, ...rest } = this.#request;
		const streams = onResponse !== undefined;
		const bytes = payload instanceof Uint8Array ? payload : undefined;
		const http = payload instanceof Uint8Array ? null : headOf(payload);
		this.#link.send(FRAME.invoke, this.#id, { ...rest, requestId, http, streams } satisfies InvokeHead, bytes);
		if (!(payload instanceof Uint8Array) && payload.body !== null) {
			this.#sender = new BodySender(this.#link, this.#id);
			void this.#sender.send(payload.body, payload.trailers);
		}
		if (signal?.aborted) this.#cancel();
		else signal?.addEventListener("abort", this.#cancel);
	}

	readonly #cancel = (): void => this.#link.send(FRAME.cancel, this.#id);

	take({ type, head, bytes }: Frame): void {
		switch (type) {
			case FRAME.response:
				return this.#respond(head as ResponseHead, bytes);
			case FRAME.result:
				return this.#end(() => this.#answer.resolve({ ...(head as ResultHead), payload: bytes }));
			case FRAME.error:
				return this.#end(() => this.#answer.reject(revive(head as Described)));
			case FRAME.body:
				return this.#receiver?.push(bytes);
			case FRAME.end:
				return this.#receiver?.end(head as HttpFields | null);
			case FRAME.broken:
				return this.#receiver?.fail();
			case FRAME.credit:
				return this.#sender?.credit(head as number);
			case FRAME.stop:
				return this.#sender?.stop();
		}
	}

	/** The link is closed: the other worker has ended. */
	cut(): void {
		this.#receiver?.fail();
		this.#end(() => this.#answer.reject(new WorkerGone("The worker that served the request ended.")));
	}

	#respond({ status, headers, isWhole, hasTrailers }: ResponseHead, bytes: Buffer): void {
		let response: HttpResponse;
		if (isWhole) response = { status, headers, body: whole(bytes) };
		else {
			const body = new BodyReceiver(this.#link, this.#id, () => this.#settle());
			this.#receiver = body;
			response = { status, headers, body, ...(hasTrailers ? { trailers: body.trailers } : {}) };
		}
		this.#request.onResponse?.(response);
	}

	#end(settle: () => void): void {
		if (this.#isAnswered) return;
		this.#isAnswered = true;
		this.#request.signal?.removeEventListener("abort", this.#cancel);
		this.#sender?.stop();
		settle();
		this.#settle();
	}

	#settle(): void {
		if (this.#isAnswered && this.#receiver?.isOver !== false) this.#over();
	}
}

function headOf({ body, trailers, ...head }: HttpRequest) {
	return { ...head, hasBody: body !== null, hasTrailers: trailers !== undefined };
}

/** A body that came with its head. */
function whole(bytes: Uint8Array): HttpBody {
	return {
		buffered: () => bytes,
		async *[Symbol.asyncIterator]() {
			yield bytes;
		},
	};
}
