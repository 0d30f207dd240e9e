/** Who sent a request: its going away is what cancels the invocation. */
import type { ServerResponse } from "node:http";
import type { CancelSignal } from "../engine/types.ts";

/**
 * Aborted once the caller went away before it had its answer. It looks at Node's response when it is asked, and listens
 * only while somebody does: an AbortController and a listener a request cost more than routing it.
 */
export class Caller implements CancelSignal {
	readonly #outgoing: ServerResponse;
	#listeners: (() => void)[] | undefined;

	constructor(outgoing: ServerResponse) {
		this.#outgoing = outgoing;
	}

	get aborted(): boolean {
		return this.#outgoing.destroyed && !this.#outgoing.writableFinished;
	}

	addEventListener(_type: "abort", listener: () => void): void {
		if (this.#listeners === undefined) {
			this.#listeners = [];
			this.#outgoing.once("close", () => {
				if (this.aborted) for (const listener of [...this.#listeners!]) listener();
			});
		}
		this.#listeners.push(listener);
	}

	removeEventListener(_type: "abort", listener: () => void): void {
		this.#listeners = this.#listeners?.filter((it) => it !== listener);
	}
}
