/** What is kept in memory as long as there is room for it, each with its size; the one longest unused goes first. */
interface Entry<T> {
	value: Promise<T>;
	/** Unknown, and 0, until it is there. */
	bytes: number;
	/** `performance.now()`. */
	usedAt: number;
}

export class Lru<T> {
	/** Bytes that all may have together. */
	readonly limit: number;
	private readonly sizeOf: (value: T) => number;
	/** In order of their last use. */
	private readonly entries = new Map<string, Entry<T>>();
	private used = 0;

	constructor(limit: number, sizeOf: (value: T) => number) {
		this.limit = limit;
		this.sizeOf = sizeOf;
	}

	get bytes(): number {
		return this.used;
	}

	get size(): number {
		return this.entries.size;
	}

	/** Made once, however many ask; a failure is not kept. */
	get(key: string, make: () => Promise<T>): Promise<T> {
		const found = this.entries.get(key);
		if (found === undefined) return this.add(key, make());
		found.usedAt = performance.now();
		this.entries.delete(key);
		this.entries.set(key, found);
		return found.value;
	}

	/** Puts a value in the place of what is there. */
	set(key: string, value: T): void {
		this.delete(key);
		void this.add(key, Promise.resolve(value));
	}

	private add(key: string, value: Promise<T>): Promise<T> {
		const entry = { value, bytes: 0, usedAt: performance.now() };
		this.entries.set(key, entry);
		value.then(
			(it) => this.count(key, entry, it),
			() => this.entries.get(key) === entry && this.entries.delete(key),
		);
		return value;
	}

	private count(key: string, entry: Entry<T>, value: T): void {
		if (this.entries.get(key) !== entry) return;
		entry.bytes = this.sizeOf(value);
		this.used += entry.bytes;
		// The newest stays, however large it is: whoever asked for it uses it.
		for (const oldest of this.entries.keys()) {
			if (this.used <= this.limit || oldest === key) return;
			this.delete(oldest);
		}
	}

	private delete(key: string): void {
		this.used -= this.entries.get(key)?.bytes ?? 0;
		this.entries.delete(key);
	}

	/** Forgets what nobody has used since `before`, and nothing needs. */
	trim(before: number, isNeeded: (key: string) => boolean): void {
		for (const [key, { usedAt }] of [...this.entries]) if (usedAt <= before && !isNeeded(key)) this.delete(key);
	}
}
