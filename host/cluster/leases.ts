/**
 * Permits that several workers share: control gives them out in lots, so that an invocation needs no message, and asks for
 * those back that are not used when they run short. At no time are more out than the limit.
 */

/** Takes up to `count` permits back from a holder, as many as it does not use; gives their number. */
export type Recall = (holder: number, key: string, count: number) => Promise<number>;

interface Book {
	limit: number;
	free: number;
	/** By holder. */
	held: Map<number, number>;
	/** Who asks is served in turn. */
	turn: Promise<unknown>;
}

export class Leases {
	readonly #books = new Map<string, Book>();
	readonly #recall: Recall;
	readonly #holders = new Set<number>();

	/** `limits`: how many permits there are, by key. */
	constructor(limits: Readonly<Record<string, number>>, recall: Recall) {
		this.#recall = recall;
		for (const [key, limit] of Object.entries(limits))
			this.#books.set(key, { limit, free: limit, held: new Map(), turn: Promise.resolve() });
	}

	/** A holder's number is its own: a worker that takes the place of another has another. */
	join(holder: number): void {
		this.#holders.add(holder);
	}

	/** The holder is gone, and what it held is free. */
	leave(holder: number): void {
		this.#holders.delete(holder);
		for (const book of this.#books.values()) {
			book.free += book.held.get(holder) ?? 0;
			book.held.delete(holder);
		}
	}

	/** Permits that a holder has, used or not. */
	held(holder: number, key: string): number {
		return this.#books.get(key)?.held.get(holder) ?? 0;
	}

	/** Gives out up to `count` permits, at least one if any is to be had. */
	ask(holder: number, key: string, count: number): Promise<number> {
		const book = this.#books.get(key);
		if (book === undefined) throw new Error(`there are no permits ${key}`);
		const answer = book.turn.then(() => this.#serve(book, holder, key, count));
		book.turn = answer.catch(() => {});
		return answer;
	}

	async #serve(book: Book, holder: number, key: string, count: number): Promise<number> {
		if (book.free === 0) await this.#collect(book, holder, key, count);
		// It may have gone meanwhile; what it was given then nobody would return.
		if (!this.#holders.has(holder)) return 0;
		const given = Math.min(count, book.free);
		book.free -= given;
		book.held.set(holder, (book.held.get(holder) ?? 0) + given);
		return given;
	}

	async #collect(book: Book, asker: number, key: string, count: number): Promise<void> {
		const others = [...book.held].filter(([holder, held]) => holder !== asker && held > 0);
		await Promise.all(
			others.map(async ([holder]) => {
				const returned = await this.#recall(holder, key, count).catch(() => 0);
				if (!this.#holders.has(holder)) return;
				book.free += returned;
				book.held.set(holder, book.held.get(holder)! - returned);
			}),
		);
	}
}
