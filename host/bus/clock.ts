/** Time as the bus sees it; tests have another. */
export interface Clock {
	/** ms since the epoch. */
	now(): number;
	/** Calls back after `ms`, or earlier if that is far away: whoever waits looks at the time again. Gives the way to cancel. */
	after(ms: number, callback: () => void): () => void;
}

/** A timer holds at most 2^31-1 ms; a day leaves room, and notices within a day that the clock was set. */
const LONGEST_WAIT = 24 * 3600 * 1000;

export const systemClock: Clock = {
	now: () => Date.now(),
	after(ms, callback) {
		const timer = setTimeout(callback, Math.min(Math.max(ms, 0), LONGEST_WAIT));
		return () => clearTimeout(timer);
	},
};

/** Resolves after `ms`, or at once when the signal is aborted. Never rejects. */
export function wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (signal.aborted) return resolve();
		const until = clock.now() + ms;
		let cancel = (): void => {};
		const done = (): void => {
			cancel();
			signal.removeEventListener("abort", done);
			resolve();
		};
		const look = (): void => {
			const left = until - clock.now();
			if (left <= 0) done();
			else cancel = clock.after(left, look);
		};
		signal.addEventListener("abort", done);
		look();
	});
}
