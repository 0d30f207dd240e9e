/** `setTimeout` and its kin over a clock and a way to wait. Timers that are left over run in the next invocation, as on Lambda. */

/** What the timers need of the world. */
export interface Clock {
	/** ms; only differences count. */
	now(): number;
	/** Blocks for so many ms. */
	wait(ms: number): void;
}

type Callback = (...args: unknown[]) => unknown;

/** The longest delay; a longer one is taken as 1 ms, as in Node.js. */
const MAX_DELAY = 2 ** 31 - 1;

let nextId = 1;

/** What `setTimeout` gives. Converts to a number, as Node's does. */
class Timeout {
	declare id: number;
	declare due: number;
	declare every: number | null;
	declare run: () => unknown;
	declare held: boolean;

	constructor(due: number, every: number | null, run: () => unknown) {
		this.id = nextId++;
		this.due = due;
		this.every = every;
		this.run = run;
		this.held = true;
	}

	ref(): this {
		this.held = true;
		return this;
	}

	unref(): this {
		this.held = false;
		return this;
	}

	hasRef(): boolean {
		return this.held;
	}

	[Symbol.toPrimitive](): number {
		return this.id;
	}
}

export type { Timeout };

export class Timers {
	declare clock: Clock;
	/** By due time, then by age. */
	declare waiting: Timeout[];

	constructor(clock: Clock) {
		this.clock = clock;
		this.waiting = [];
	}

	/** Runs `callback` once, `delay` ms from now at the earliest. */
	after(callback: Callback, delay: unknown, args: unknown[]): Timeout {
		return this.add(new Timeout(this.clock.now() + clamp(delay), null, () => callback(...args)));
	}

	/** Runs `callback` every `delay` ms. */
	every(callback: Callback, delay: unknown, args: unknown[]): Timeout {
		const period = clamp(delay);
		return this.add(new Timeout(this.clock.now() + period, period, () => callback(...args)));
	}

	/** Runs `callback` before any timer that is not due yet. */
	soon(callback: Callback, args: unknown[]): Timeout {
		return this.add(new Timeout(this.clock.now(), null, () => callback(...args)));
	}

	/** Forgets a timer, given as itself or as its number. */
	clear(timer: unknown): void {
		const index = this.waiting.findIndex((it) => it === timer || it.id === Number(timer));
		if (index >= 0) this.waiting.splice(index, 1);
	}

	/** Waits for the next timer and runs it. False if there is none that anything waits for. */
	runNext(): boolean {
		if (!this.waiting.some((it) => it.held)) return false;
		const next = this.waiting[0]!;
		const rest = next.due - this.clock.now();
		if (rest > 0) this.clock.wait(rest);
		this.waiting.shift();
		if (next.every !== null) {
			next.due = Math.max(next.due + next.every, this.clock.now());
			this.add(next);
		}
		next.run();
		return true;
	}

	add(timer: Timeout): Timeout {
		const index = this.waiting.findIndex((it) => it.due > timer.due);
		this.waiting.splice(index < 0 ? this.waiting.length : index, 0, timer);
		return timer;
	}
}

function clamp(delay: unknown): number {
	const ms = Number(delay);
	return ms >= 1 && ms <= MAX_DELAY ? Math.floor(ms) : 1;
}
