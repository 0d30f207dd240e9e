/**
 * Logs that have lines waiting, written together. With a timer for each log, a host of thousands of functions that are called now
 * and then was woken, and in a worker sent a message, for every invocation; with one for all it is 20 times a second.
 */

/** Lines are gathered for so long at most, ms: one write for many invocations. Those who follow the log get them at once. */
const GATHER_MS = 50;

/** What waits to write. */
export interface Waiting {
	write(): void;
}

export class Gathering {
	readonly #waiting = new Set<Waiting>();
	#timer: NodeJS.Timeout | null = null;

	/** Has it write soon, once. */
	add(it: Waiting): void {
		this.#waiting.add(it);
		this.#timer ??= setTimeout(this.#writeAll, GATHER_MS);
	}

	/** It has written, or never will. */
	remove(it: Waiting): void {
		if (!this.#waiting.delete(it) || this.#waiting.size > 0 || this.#timer === null) return;
		clearTimeout(this.#timer);
		this.#timer = null;
	}

	readonly #writeAll = (): void => {
		this.#timer = null;
		const all = [...this.#waiting];
		this.#waiting.clear();
		for (const it of all) it.write();
	};
}
