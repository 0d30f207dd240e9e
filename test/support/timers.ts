/** Counts the timers that code under test leaves behind. What the process has in all is also the test runner's. */

/** From now on: gives how many timers made since then are still to fire, and keep the process alive. */
export function countTimers(): () => number {
	const { setTimeout: set, clearTimeout: clear } = globalThis;
	const live = new Set<unknown>();
	const counted = (callback: (...args: unknown[]) => void, ms?: number, ...rest: unknown[]): NodeJS.Timeout => {
		const timer = set(() => {
			live.delete(timer);
			callback(...rest);
		}, ms);
		live.add(timer);
		return timer;
	};
	globalThis.setTimeout = Object.assign(counted, set) as unknown as typeof set;
	globalThis.clearTimeout = (timer) => {
		live.delete(timer);
		clear(timer);
	};
	return () => [...live].filter((it) => (it as NodeJS.Timeout).hasRef()).length;
}
