/** Bodies on a link: sent no faster than they are taken at the other end, so that neither process holds more than a window of one. */
import type { HttpBody, HttpFields } from "../../engine/http.ts";
import { FRAME, type Link } from "./link.ts";

/** Bytes of a body that may be on their way. */
export const WINDOW = 256 * 1024;
const PIECE = 64 * 1024;

/** What becomes of a sender: told by the other end, or by the end of the link. */
export class BodySender {
	readonly #link: Link;
	readonly #id: number;
	#left = WINDOW;
	#wake: (() => void) | undefined;
	readonly #stopped = Promise.withResolvers<null>();
	#isStopped = false;

	constructor(link: Link, id: number) {
		this.#link = link;
		this.#id = id;
	}

	/** Sends all of it; resolves when it is sent, or nobody wants the rest. Never rejects. */
	async send(body: HttpBody, trailers: Promise<HttpFields | null> | undefined): Promise<void> {
		const iterator = body[Symbol.asyncIterator]();
		try {
			for (;;) {
				const next = await Promise.race([iterator.next(), this.#stopped.promise]);
				if (next === null || this.#isStopped) return;
				if (next.done) break;
				await this.#pieces(next.value);
			}
			const last = trailers === undefined ? null : await Promise.race([trailers, this.#stopped.promise]);
			this.#link.send(FRAME.end, this.#id, last);
		} catch {
			this.#link.send(FRAME.broken, this.#id);
		} finally {
			Promise.resolve(iterator.return?.()).catch(() => {});
		}
	}

	async #pieces(bytes: Uint8Array): Promise<void> {
		for (let at = 0; at < bytes.length && !this.#isStopped; at += PIECE) {
			if (this.#left <= 0) await new Promise<void>((resolve) => (this.#wake = resolve));
			const piece = bytes.subarray(at, at + PIECE);
			this.#left -= piece.length;
			if (!this.#isStopped) this.#link.send(FRAME.body, this.#id, null, piece);
		}
	}

	credit(bytes: number): void {
		this.#left += bytes;
		this.#goOn();
	}

	/** Nobody wants the rest. */
	stop(): void {
		this.#isStopped = true;
		this.#stopped.resolve(null);
		this.#goOn();
	}

	#goOn(): void {
		this.#wake?.();
		this.#wake = undefined;
	}
}

type Next = IteratorResult<Uint8Array, undefined>;

/** A body that comes over a link. */
export class BodyReceiver implements HttpBody, AsyncIterator<Uint8Array, undefined> {
	readonly #link: Link;
	readonly #id: number;
	readonly #chunks: Uint8Array[] = [];
	readonly #over: (() => void) | undefined;
	readonly #trailers = Promise.withResolvers<HttpFields | null>();
	#taken = 0;
	#end: "open" | "ended" | "broken" = "open";
	#waiting: { resolve(next: Next): void; reject(error: Error): void } | undefined;

	/** `over` is told once nothing more is to come. */
	constructor(link: Link, id: number, over?: () => void) {
		this.#link = link;
		this.#id = id;
		this.#over = over;
	}

	get trailers(): Promise<HttpFields | null> {
		return this.#trailers.promise;
	}

	/** Nothing more comes. */
	get isOver(): boolean {
		return this.#end !== "open";
	}

	push(bytes: Uint8Array): void {
		if (this.isOver) return;
		this.#chunks.push(bytes);
		this.#serve();
	}

	end(trailers: HttpFields | null): void {
		this.#finish("ended", trailers);
	}

	/** What comes of it is not all of it. */
	fail(): void {
		this.#finish("broken", null);
	}

	#finish(how: "ended" | "broken", trailers: HttpFields | null): void {
		if (this.isOver) return;
		this.#end = how;
		this.#trailers.resolve(trailers);
		this.#serve();
		this.#over?.();
	}

	[Symbol.asyncIterator](): this {
		return this;
	}

	next(): Promise<Next> {
		return new Promise((resolve, reject) => {
			this.#waiting = { resolve, reject };
			this.#serve();
		});
	}

	/** Nobody wants the rest. */
	return(): Promise<Next> {
		if (!this.isOver) this.#link.send(FRAME.stop, this.#id);
		this.#chunks.length = 0;
		this.#finish("ended", null);
		return Promise.resolve({ done: true, value: undefined });
	}

	#serve(): void {
		const waiting = this.#waiting;
		if (waiting === undefined) return;
		const chunk = this.#chunks.shift();
		if (chunk === undefined && !this.isOver) return;
		this.#waiting = undefined;
		if (chunk !== undefined) {
			this.#take(chunk.length);
			waiting.resolve({ done: false, value: chunk });
		} else if (this.#end === "ended") waiting.resolve({ done: true, value: undefined });
		else waiting.reject(new Error("the body broke off"));
	}

	#take(bytes: number): void {
		this.#taken += bytes;
		if (this.#taken < WINDOW / 2 || this.isOver) return;
		this.#link.send(FRAME.credit, this.#id, this.#taken);
		this.#taken = 0;
	}
}
