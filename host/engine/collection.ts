/**
 * When V8 collects garbage because of linear memories. It counts their bytes, used or not, and by default starts to look at the
 * whole heap whenever 64 MB were added, though none of them be garbage: with 2,000 instances each new one then costs
 * 6 ms, and 0.5 ms without (docs/decisions/0111). So it is told to let them grow with all that there is
 * (`v8-flags.ts`), and what instances leave behind is counted here.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes of memories that nobody uses before they are collected. */
const MAX_DROPPED = 256 * 2 ** 20;

type Collect = (options: { type: "major"; execution: "async" }) => Promise<void>;

/** Counts the memories that are dropped, and has them collected before they are too many. */
export class Collection {
	private dropped = 0;
	private readonly collect: () => void;

	constructor(collect: () => void = collectSoon) {
		this.collect = collect;
	}

	/** A memory of so many bytes is garbage from now on. */
	drop(bytes: number): void {
		this.dropped += bytes;
		if (this.dropped < MAX_DROPPED) return;
		this.dropped = 0;
		this.collect();
	}
}

/** In a task of its own: nothing on the stack then keeps what was just dropped. */
function collectSoon(): void {
	setFlagsFromString("--expose-gc");
	const gc = runInNewContext("gc") as Collect;
	setFlagsFromString("--no-expose-gc");
	void gc({ type: "major", execution: "async" });
}
