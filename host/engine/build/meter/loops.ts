/**
 * The loops of a function, and which of them call nothing. In those the counter is kept in a local beside its global:
 * each charge then writes memory, but does not wait to read what the last one wrote. That is 4 to 5 cycles an iteration,
 * and more than a short loop (a string's length) takes in all. The global is still always right, so that a trap or a
 * branch out of the loop needs nothing.
 */
import { doubled } from "../../binary/writer.ts";

/** Not in a loop: the function itself. */
export const FUNCTION = 0;

export class Loops {
	private parent = new Int32Array(64);
	private calling = new Uint8Array(64);
	private count = 1;

	reset(): void {
		this.count = 1;
		this.calling[FUNCTION] = 0;
	}

	/** A loop inside loop `parent`. */
	open(parent: number): number {
		if (this.count === this.parent.length) {
			this.parent = doubled(this.parent);
			this.calling = doubled(this.calling);
		}
		this.parent[this.count] = parent;
		this.calling[this.count] = 0;
		return this.count++;
	}

	outer(loop: number): number {
		return this.parent[loop]!;
	}

	/** Something in the loop calls a function, which may charge as well. */
	call(loop: number): void {
		for (let at = loop; this.calling[at] === 0; at = this.parent[at]!) {
			this.calling[at] = 1;
			if (at === FUNCTION) return;
		}
	}

	/** The counter is kept in a local there. */
	cached(loop: number): boolean {
		return this.calling[loop] === 0;
	}

	/** The counter must be read into the local before this loop. */
	opens(loop: number): boolean {
		return loop !== FUNCTION && this.cached(loop) && !this.cached(this.parent[loop]!);
	}

	/** There are any loops. */
	get any(): boolean {
		return this.count > 1;
	}
}
