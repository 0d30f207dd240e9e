/**
 * Where busy guests wait for the event loop. One goes on at a time, and only after a turn of the loop that brought nobody
 * else anything to do: a request that comes meanwhile waits for the slice that runs, and for no other. (Where a guest went
 * on at every turn, its answer waited for one more; and since libuv accepts one connection a turn, the last of 32 new ones
 * waited for 32.)
 *
 * Who used least goes first, so that what takes a moment longer than a slice does not wait for a slice of every hog.
 */
import { performance } from "node:perf_hooks";

/** Others keep guests waiting for so long at most, ms: these have a fifth of the core at least. */
const OTHERS_MS = 4;
/** Guests that used more, ms, are all alike. */
const LONG_MS = 100;
/** One time of so many it is who has waited longest. */
const LONGEST_WAIT = 4;

interface Waiting {
	resolve(): void;
	/** ms on the core. */
	used: number;
}

/** What the queue sees of the process. */
export interface Loop {
	/** Events that the event loop has had so far. */
	events(): number;
	/** ms. */
	now(): number;
}

const { nodeTiming } = performance;
const LOOP: Loop = { events: () => nodeTiming.uvMetricsInfo.events, now: () => performance.now() };

export class FairQueue {
	private readonly loop: Loop;
	private readonly waiting: Waiting[] = [];
	private scheduled = false;
	/** Events up to the last look. */
	private seen = 0;
	/** Since when others have had the loop; 0 before the first look. */
	private since = 0;
	private turns = 0;

	constructor(loop = LOOP) {
		this.loop = loop;
	}

	/** How many wait. */
	get length(): number {
		return this.waiting.length;
	}

	/** Resolves when it is this caller's turn, who used the core for so long by now, ms. */
	turn(used = 0): Promise<void> {
		return new Promise((resolve) => {
			this.waiting.push({ resolve, used: Math.min(used, LONG_MS) });
			this.schedule();
		});
	}

	private schedule(): void {
		if (this.scheduled) return;
		this.scheduled = true;
		setImmediate(this.look);
	}

	private readonly look = (): void => {
		this.scheduled = false;
		if (!this.othersAreBusy()) {
			this.since = 0;
			this.next().resolve();
		}
		if (this.waiting.length > 0) this.schedule();
	};

	private othersAreBusy(): boolean {
		const events = this.loop.events();
		const isQuiet = events === this.seen;
		this.seen = events;
		if (isQuiet) return false;
		const now = this.loop.now();
		if (this.since === 0) this.since = now;
		return now - this.since < OTHERS_MS;
	}

	/** Takes out who goes on. */
	private next(): Waiting {
		let index = 0;
		if (++this.turns % LONGEST_WAIT !== 0)
			for (let i = 1; i < this.waiting.length; i++) if (this.waiting[i]!.used < this.waiting[index]!.used) index = i;
		return this.waiting.splice(index, 1)[0]!;
	}
}
