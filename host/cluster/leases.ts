/**
 * Permits that several workers share: control gives them out in lots, so that an invocation needs no message, and asks for
 * those back that are not used when they run short. At no time are more out than the limit.
 */

/** How permits come back from a holder. */
export interface Holders {
	/** Takes up to `count` back, as many as it does not use; gives their number. */
	recall(holder: number, key: string, count: number): Promise<number>;
	/** The same, and the holder gives the rest of `count` back as it comes free (`returned`). */
	owe(holder: number, key: string, count: number): Promise<number>;
}

interface Book {
	limit: number;
	/** Below 0 where the limit was lowered and more are out. */
	free: number;
	/** By holder. */
	held: Map<number, number>;
	/** Of those that are held: what is to come back as it comes free. */
	owed: Map<number, number>;
	/** Who asks is served in turn. */
	turn: Promise<unknown>;
}

export class Leases {
	readonly #books = new Map<string, Book>();
	readonly #back: Holders;
	readonly #holders = new Set<number>();

	/** `limits`: how many permits there are, by key. */
	constructor(limits: Readonly<Record<string, number>>, back: Holders) {
		this.#back = back;
		for (const [key, limit] of Object.entries(limits)) this.#open(key, limit);
	}

	#open(key: string, limit: number): Book {
		const book: Book = { limit, free: limit, held: new Map(), owed: new Map(), turn: Promise.resolve() };
		this.#books.set(key, book);
		return book;
	}

	/**
	 * Sets how many permits there are. When it resolves, those that nobody uses and that are too many are back; those in use come back
	 * as they come free, and until then nobody is given one.
	 */
	limit(key: string, limit: number): Promise<void> {
		const book = this.#books.get(key) ?? this.#open(key, limit);
		book.free += limit - book.limit;
		book.limit = limit;
		const done = book.turn.then(() => this.#shrink(book, key));
		book.turn = done.catch(() => {});
		return done;
	}

	async #shrink(book: Book, key: string): Promise<void> {
		if (book.free < 0) await this.#collect(book, -1, key, -book.free);
		for (const [holder, held] of [...book.held]) {
			const missing = -book.free - sumOf(book.owed);
			const before = book.owed.get(holder) ?? 0;
			const count = Math.min(held - before, missing);
			if (count <= 0) continue;
			book.owed.set(holder, before + count);
			this.returned(holder, key, await this.#back.owe(holder, key, count).catch(() => 0));
		}
		if (book.limit === 0 && sumOf(book.held) === 0) this.#books.delete(key);
	}

	/** A holder gives back what it owed. */
	returned(holder: number, key: string, count: number): void {
		const book = this.#books.get(key);
		if (book === undefined) return;
		this.#takeBack(book, holder, count);
		if (book.owed.has(holder)) book.owed.set(holder, book.owed.get(holder)! - count);
	}

	#takeBack(book: Book, holder: number, count: number): void {
		if (!this.#holders.has(holder)) return;
		book.free += count;
		book.held.set(holder, (book.held.get(holder) ?? 0) - count);
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
			book.owed.delete(holder);
		}
	}

	/** Permits that a holder has, used or not. */
	held(holder: number, key: string): number {
		return this.#books.get(key)?.held.get(holder) ?? 0;
	}

	/** Gives out up to `count` permits, at least one if any is to be had. */
	ask(holder: number, key: string, count: number): Promise<number> {
		const book = this.#books.get(key);
		// A function had its own, and has none any more.
		if (book === undefined) return Promise.resolve(0);
		const answer = book.turn.then(() => this.#serve(book, holder, key, count));
		book.turn = answer.catch(() => {});
		return answer;
	}

	async #serve(book: Book, holder: number, key: string, count: number): Promise<number> {
		if (book.free <= 0) await this.#collect(book, holder, key, count - book.free);
		// It may have gone meanwhile; what it was given then nobody would return.
		if (!this.#holders.has(holder)) return 0;
		const given = Math.max(0, Math.min(count, book.free));
		book.free -= given;
		book.held.set(holder, (book.held.get(holder) ?? 0) + given);
		return given;
	}

	async #collect(book: Book, asker: number, key: string, count: number): Promise<void> {
		const others = [...book.held].filter(([holder, held]) => holder !== asker && held > 0);
		await Promise.all(
			others.map(async ([holder]) => {
				this.#takeBack(book, holder, await this.#back.recall(holder, key, count).catch(() => 0));
			}),
		);
	}
}

function sumOf(counts: Map<number, number>): number {
	let sum = 0;
	for (const count of counts.values()) sum += count;
	return sum;
}
