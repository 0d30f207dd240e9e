/** Invocations that other workers hand over: carried out here, whatever the load, and answered as they go. */
import { createServer, type Server } from "node:net";
import type { HttpFields, HttpRequest, HttpResponse } from "../../engine/http.ts";
import { atEndOfTurn } from "../../gateway/turn.ts";
import type { InvokeResult, Invoker } from "../../invoker/types.ts";
import { requestBodies } from "../../request-bodies.ts";
import { describe } from "../errors.ts";
import { BodyReceiver, BodySender } from "./bodies.ts";
import type { InvokeHead, ResponseHead, ResultHead } from "./caller.ts";
import { FRAME, type Frame, Link } from "./link.ts";

type Invoke = Pick<Invoker, "invoke">;

/** Listens for other workers. */
export class PeerServer {
	readonly #server: Server;
	readonly #links = new Set<Link>();
	#open = 0;
	#whenIdle: (() => void)[] = [];

	private constructor(invoker: Invoke) {
		this.#server = createServer((socket) => {
			const served = new Map<number, Served>();
			// What was answered in this turn goes out at its end (`atEndOfTurn`): at once then, and not in the next.
			const link: Link = new Link(socket, process.nextTick, {
				frame: (frame) => {
					if (frame.type !== FRAME.invoke) return served.get(frame.id)?.take(frame);
					this.#open++;
					const over = (): void => {
						served.delete(frame.id);
						this.#left();
					};
					const it = new Served(link, frame.id, over);
					served.set(frame.id, it);
					it.start(invoker, frame.head as InvokeHead, frame.bytes);
				},
				closed: () => {
					this.#links.delete(link);
					for (const it of [...served.values()]) it.cut();
				},
			});
			this.#links.add(link);
		});
	}

	/** Resolves when it listens at `path`. */
	static listen(invoker: Invoke, path: string): Promise<PeerServer> {
		const it = new PeerServer(invoker);
		const { promise, resolve, reject } = Promise.withResolvers<PeerServer>();
		it.#server.once("error", reject);
		it.#server.listen(path, () => resolve(it));
		return promise;
	}

	/** Takes no more workers; resolves when nothing of what was handed over is under way, or after `graceMs`. */
	async close(graceMs: number): Promise<void> {
		this.#server.close();
		if (this.#open > 0) {
			const { promise, resolve } = Promise.withResolvers<void>();
			this.#whenIdle.push(resolve);
			const timer = setTimeout(resolve, graceMs);
			await promise;
			clearTimeout(timer);
		}
	}

	/** Cuts what there is. */
	destroy(): void {
		this.#server.close();
		for (const link of this.#links) link.destroy();
	}

	#left(): void {
		this.#open--;
		if (this.#open === 0) for (const wake of this.#whenIdle.splice(0)) wake();
	}
}

/** One invocation. It is over when its result and all of its answer are sent. */
class Served {
	readonly #link: Link;
	readonly #id: number;
	readonly #over: () => void;
	readonly #away = new AbortController();
	#receiver: BodyReceiver | undefined;
	#sender: BodySender | undefined;
	#held = 0;
	#isAnswered = false;
	#isSending = false;
	#isCut = false;

	constructor(link: Link, id: number, over: () => void) {
		this.#link = link;
		this.#id = id;
		this.#over = over;
	}

	start(invoker: Invoke, { http, streams, ...head }: InvokeHead, bytes: Buffer): void {
		try {
			requestBodies.take(bytes.length);
			this.#held = bytes.length;
			const payload = http === null ? bytes : this.#request(http);
			const onResponse = streams ? (it: HttpResponse) => atEndOfTurn(() => this.#respond(it)) : undefined;
			const ended = invoker.invoke({ ...head, payload, signal: this.#away.signal, onResponse });
			// In its turn after the answer.
			ended.then(
				(result) => atEndOfTurn(() => this.#end(result)),
				(error: unknown) => atEndOfTurn(() => this.#fail(error)),
			);
		} catch (error) {
			this.#fail(error);
		}
	}

	#request({ hasBody, hasTrailers, ...head }: NonNullable<InvokeHead["http"]>): HttpRequest {
		if (!hasBody) return { ...head, body: null, ...(hasTrailers ? { trailers: NO_TRAILERS } : {}) };
		const body = new BodyReceiver(this.#link, this.#id);
		this.#receiver = body;
		return { ...head, body, ...(hasTrailers ? { trailers: body.trailers } : {}) };
	}

	take({ type, head, bytes }: Frame): void {
		switch (type) {
			case FRAME.cancel:
				return this.#away.abort();
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

	/** The worker that handed it over is gone, and its caller with it. */
	cut(): void {
		this.#isCut = true;
		this.#away.abort();
		this.#receiver?.fail();
		this.#sender?.stop();
	}

	#respond({ status, headers, body, trailers }: HttpResponse): void {
		const all = body.buffered?.();
		const head: ResponseHead = { status, headers, isWhole: all !== undefined, hasTrailers: trailers !== undefined };
		this.#link.send(FRAME.response, this.#id, head, all);
		if (all === undefined) void this.#sendBody(body, trailers);
	}

	async #sendBody(body: HttpResponse["body"], trailers: HttpResponse["trailers"]): Promise<void> {
		this.#isSending = true;
		const sender = new BodySender(this.#link, this.#id);
		this.#sender = sender;
		if (this.#isCut) sender.stop();
		await sender.send(body, trailers);
		this.#isSending = false;
		this.#settle();
	}

	#end({ logTail: _, payload, ...head }: InvokeResult): void {
		this.#answer(() => this.#link.send(FRAME.result, this.#id, head satisfies ResultHead, payload));
	}

	#fail(error: unknown): void {
		this.#answer(() => this.#link.send(FRAME.error, this.#id, describe(error)));
	}

	#answer(send: () => void): void {
		this.#isAnswered = true;
		requestBodies.give(this.#held);
		send();
		this.#settle();
	}

	#settle(): void {
		if (this.#isAnswered && !this.#isSending) this.#over();
	}
}

const NO_TRAILERS = Promise.resolve(null);
