/**
 * Invocations whose START is not in the log yet. Most are over before anybody could look, and then all their lines go into
 * the log as one; START of those that are not follows a moment later, or when somebody looks.
 */

/** How long START may wait, ms. */
const LATE_MS = 50;

/** An invocation in the list. */
export class OpenInvocation {
	next: OpenInvocation | null = null;
	previous: OpenInvocation | null = null;

	/** Writes START. */
	flushStart(): void {}
}

export class OpenInvocations {
	readonly #head = new OpenInvocation();
	#timer: NodeJS.Timeout | null = null;

	add(it: OpenInvocation): void {
		it.next = this.#head.next;
		it.previous = this.#head;
		if (it.next !== null) it.next.previous = it;
		this.#head.next = it;
		this.#timer ??= setTimeout(() => this.flush(), LATE_MS).unref();
	}

	remove(it: OpenInvocation): void {
		if (it.previous === null) return;
		it.previous.next = it.next;
		if (it.next !== null) it.next.previous = it.previous;
		it.previous = null;
		it.next = null;
	}

	/** Writes START of all that are open. */
	flush(): void {
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = null;
		for (let it = this.#head.next; it !== null; it = this.#head.next) {
			this.remove(it);
			it.flushStart();
		}
	}
}
