/**
 * Lines that wait for the disk, as the bytes that will be written. Kept as strings, each put together from dozens, they would
 * live until then, and be copied three times on their way.
 */
import type { Budget } from "./limits.ts";

/** Room that a batch begins with, and has at most, bytes; a line that is longer has a batch of its own. */
const FIRST = 4096;
export const BATCH_BYTES = 2 ** 18;
/** Room that was used before, for the next batch: allocating it costs more than filling it. */
const spare: Buffer[] = [];
const MAX_SPARE = 8;

export class Batch {
	#bytes = spare.pop() ?? Buffer.allocUnsafeSlow(FIRST);
	#length = 0;
	#lines = 0;
	#texts = 0;
	/** What it counts for in the budgets of its log and of all; and in those of invocations. */
	cost = 0;
	readonly #budgets: Budget[] = [];
	readonly #costs: number[] = [];
	readonly #limit: number;

	/** `limit`: most bytes, unless one text alone has more. */
	constructor(limit: number) {
		this.#limit = Math.min(limit, BATCH_BYTES);
	}

	/** Adds a text of so many lines. False if it is too full for that. */
	add(text: string, lines: number, cost: number, budget: Budget | null): boolean {
		if (!this.#makeRoom(text)) return false;
		this.#length += this.#bytes.write(text, this.#length);
		this.#bytes[this.#length++] = 10;
		this.#lines += lines;
		this.#texts++;
		this.cost += cost;
		if (budget !== null) {
			this.#budgets.push(budget);
			this.#costs.push(cost);
		}
		return true;
	}

	#makeRoom(text: string): boolean {
		// A code unit is three bytes at most: few texts have to be counted.
		let needed = this.#length + 3 * text.length + 1;
		if (needed <= Math.min(this.#bytes.length, this.#limit)) return true;
		needed = this.#length + Buffer.byteLength(text) + 1;
		if (this.#length > 0 && needed > this.#limit) return false;
		if (needed > this.#bytes.length) this.#grow(needed);
		return true;
	}

	#grow(needed: number): void {
		const size = Math.max(needed, Math.min(BATCH_BYTES, 4 * this.#bytes.length));
		const larger = Buffer.allocUnsafeSlow(size);
		this.#bytes.copy(larger, 0, 0, this.#length);
		this.#bytes = larger;
	}

	/** All lines, each with its newline: a view. */
	get bytes(): Buffer {
		return this.#bytes.subarray(0, this.#length);
	}

	get lineCount(): number {
		return this.#lines;
	}

	/** Bytes of its texts, without the newlines between them. */
	get textBytes(): number {
		return this.#length - this.#texts;
	}

	/** The lines as text. */
	lines(): string[] {
		return this.#length === 0 ? [] : this.#bytes.toString("utf8", 0, this.#length - 1).split("\n");
	}

	/** It is written, or lost: gives back what it holds. Nothing may be asked of it afterwards. */
	release(): void {
		for (const [i, budget] of this.#budgets.entries()) budget.give(this.#costs[i]!);
		if (this.#bytes.length === BATCH_BYTES && spare.length < MAX_SPARE) spare.push(this.#bytes);
		this.#bytes = EMPTY;
		this.#length = 0;
	}
}

const EMPTY = Buffer.alloc(0);
