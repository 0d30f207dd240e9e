/**
 * `setTimeout` and its kin over a clock and a way to wait. Timers that are left over run in the next invocation, as on Lambda.
 * One turn of the loop is as Node.js has it inside a callback: the immediates that were there when it began, then what is due.
 */

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
	/** Immediates of this turn, and of the next. */
	declare turn: Timeout[];
	declare immediates: Timeout[];
	/** Timers due until then run before the next turn: immediates that make immediates hold up no timer. */
	declare until: number;

	constructor(clock: Clock) {
		this.clock = clock;
		this.waiting = [];
		this.turn = [];
		this.immediates = [];
		this.until = Number.NEGATIVE_INFINITY;
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

	/** Runs `callback` in the next turn, before any timer of that turn, however late it is. */
	soon(callback: Callback, args: unknown[]): Timeout {
		const immediate = new Timeout(0, null, () => callback(...args));
		this.immediates.push(immediate);
		return immediate;
	}

	/** Forgets a timer, given as itself or as its number. */
	clear(timer: unknown): void {
		for (const list of [this.waiting, this.turn, this.immediates]) {
			const index = list.findIndex((it) => it === timer || it.id === Number(timer));
			if (index >= 0) list.splice(index, 1);
		}
	}

	/** Waits for the next timer or immediate and runs it. False if there is none that anything waits for. */
	runNext(): boolean {
		if (![this.turn, this.immediates, this.waiting].some((list) => list.some((it) => it.held))) return false;
		const immediate = this.nextImmediate();
		if (immediate === undefined) this.runTimer(this.waiting[0]!);
		else immediate.run();
		return true;
	}

	nextImmediate(): Timeout | undefined {
		if (this.turn.length === 0) {
			const due = this.waiting[0]?.due;
			if (due !== undefined && due <= this.until) return undefined;
			this.turn = this.immediates;
			this.immediates = [];
			this.until = this.clock.now();
		}
		return this.turn.shift();
	}

	runTimer(next: Timeout): void {
		const rest = next.due - this.clock.now();
		if (rest > 0) this.clock.wait(rest);
		this.waiting.shift();
		if (next.every !== null) {
			next.due = Math.max(next.due + next.every, this.clock.now());
			this.add(next);
		}
		next.run();
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
