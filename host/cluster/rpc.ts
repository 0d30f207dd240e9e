/**
 * Calls between two processes of a host: over the channel that a child process has to its parent, which nobody else can
 * reach and which closes when either ends.
 */
import type { CancelSignal } from "../engine/types.ts";
import { type Described, describe, revive } from "./errors.ts";

/** One message. Buffers travel as they are. */
export type Frame =
	| { is: "call"; id: number; name: string; args: unknown[] }
	| { is: "tell"; name: string; args: unknown[] }
	| { is: "cancel"; id: number }
	| { is: "result"; id: number; value: unknown }
	| { is: "error"; id: number; error: Described };

/** The way to the other process. */
export interface Channel {
	send(frame: Frame): void;
	/** Registers the one receiver. */
	receive(receiver: (frame: Frame) => void): void;
}

/** The functions that a process offers to the other, by name. */
// biome-ignore lint/suspicious/noExplicitAny: their parameters are each function's own.
export type Functions = Record<string, (...args: any[]) => unknown>;

interface Waiting {
	resolve(value: unknown): void;
	reject(error: Error): void;
}

/** `Theirs` are the functions of the other process. */
export class Rpc<Theirs extends Functions> {
	readonly #channel: Channel;
	readonly #own: Functions;
	readonly #waiting = new Map<number, Waiting>();
	readonly #serving = new Map<number, AbortController>();
	#next = 0;
	#closed: Error | null = null;

	constructor(channel: Channel, own: Functions) {
		this.#channel = channel;
		this.#own = own;
		channel.receive((frame) => this.#take(frame));
	}

	/** Calls a function there. Rejects with what it throws, and, once the other process is gone, with what `close` was given. */
	call<K extends keyof Theirs & string>(
		name: K,
		args: Parameters<Theirs[K]>,
		signal?: CancelSignal,
	): Promise<Awaited<ReturnType<Theirs[K]>>> {
		if (this.#closed) return Promise.reject(this.#closed);
		const id = this.#next++;
		const { promise, resolve, reject } = Promise.withResolvers<unknown>();
		const cancel = (): void => this.#channel.send({ is: "cancel", id });
		const done = (): void => signal?.removeEventListener("abort", cancel);
		this.#waiting.set(id, {
			resolve: (value) => {
				done();
				resolve(value);
			},
			reject: (error) => {
				done();
				reject(error);
			},
		});
		this.#channel.send({ is: "call", id, name, args });
		if (signal?.aborted) cancel();
		else signal?.addEventListener("abort", cancel);
		return promise as Promise<Awaited<ReturnType<Theirs[K]>>>;
	}

	/** The same without an answer. */
	tell<K extends keyof Theirs & string>(name: K, args: Parameters<Theirs[K]>): void {
		if (!this.#closed) this.#channel.send({ is: "tell", name, args });
	}

	/** The other process is gone: ends all calls, in both directions. */
	close(reason: Error): void {
		this.#closed ??= reason;
		for (const { reject } of [...this.#waiting.values()]) reject(this.#closed);
		this.#waiting.clear();
		for (const controller of [...this.#serving.values()]) controller.abort(this.#closed);
		this.#serving.clear();
	}

	#take(frame: Frame): void {
		switch (frame.is) {
			case "call":
				void this.#serve(frame.id, frame.name, frame.args);
				return;
			case "tell":
				this.#own[frame.name]!(...frame.args);
				return;
			case "cancel":
				this.#serving.get(frame.id)?.abort(new Error("the caller went away"));
				return;
			case "result":
				this.#settle(frame.id)?.resolve(frame.value);
				return;
			case "error":
				this.#settle(frame.id)?.reject(revive(frame.error));
		}
	}

	async #serve(id: number, name: string, args: unknown[]): Promise<void> {
		const controller = new AbortController();
		this.#serving.set(id, controller);
		try {
			const value = await this.#own[name]!(...args, controller.signal);
			this.#answer({ is: "result", id, value });
		} catch (error) {
			this.#answer({ is: "error", id, error: describe(error) });
		} finally {
			this.#serving.delete(id);
		}
	}

	#answer(frame: Frame): void {
		if (!this.#closed) this.#channel.send(frame);
	}

	#settle(id: number): Waiting | undefined {
		const waiting = this.#waiting.get(id);
		this.#waiting.delete(id);
		return waiting;
	}
}
