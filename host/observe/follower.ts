/** Someone who reads a log while it is written: lines wait here until they are taken. */

import { droppedText } from "./format.ts";
import { type Budget, LINE_OVERHEAD } from "./limits.ts";

/** A slow reader loses lines, rather than the host its memory; bytes. */
const MAX_WAITING = 2 ** 20;

export class Follower {
	readonly #budget: Budget;
	#waiting: string[] = [];
	#size = 0;
	#dropped = { lines: 0, bytes: 0 };
	#ended = false;
	#wake: (() => void) | null = null;

	constructor(budget: Budget) {
		this.#budget = budget;
	}

	push(line: string): void {
		if (this.#ended) return;
		const cost = line.length + LINE_OVERHEAD;
		if (this.#size + cost > MAX_WAITING || !this.#budget.take(cost)) {
			this.#dropped.lines++;
			this.#dropped.bytes += line.length;
			return;
		}
		this.#size += cost;
		this.#waiting.push(line);
		this.#wake?.();
	}

	/** No more lines come; those that wait are still given. */
	end(): void {
		this.#ended = true;
		this.#wake?.();
	}

	/** Lines until `end`. */
	async *lines(): AsyncGenerator<string> {
		for (;;) {
			yield* this.#take();
			if (this.#ended && this.#waiting.length === 0) return;
			if (this.#waiting.length === 0) await this.#wait();
		}
	}

	/** What waits is given up. */
	close(): void {
		this.end();
		this.#take();
	}

	#take(): string[] {
		const lines = this.#waiting;
		this.#budget.give(this.#size);
		this.#waiting = [];
		this.#size = 0;
		const { lines: count, bytes } = this.#dropped;
		if (count > 0) lines.push(droppedText(count, bytes));
		this.#dropped = { lines: 0, bytes: 0 };
		return lines;
	}

	async #wait(): Promise<void> {
		const { promise, resolve } = Promise.withResolvers<void>();
		this.#wake = resolve;
		await promise;
		this.#wake = null;
	}
}
