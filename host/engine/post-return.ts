/**
 * How a guest's `post-return` is called. A stack that can be put aside costs half a microsecond, as much as a short call
 * itself, and most guests only free a block of memory. So one that was short some times is called plainly from then on;
 * should it ever run for long then, the instance ends, as it does for a `realloc`.
 */
import type { CoreLinker } from "./core-link.ts";
import { promising } from "./jspi.ts";
import type { Meter } from "./meter.ts";

/** So many short calls are believed. */
const TRIALS = 8;
/** What is short, fuel: some tens of microseconds at most. */
const SHORT = 20_000;

type Post = (result: number) => Promise<unknown> | undefined;

/** Calls it, and lets the guest call the host again once it is over: at once, or, if a promise is given, then. */
export function postReturn(core: (result: number) => unknown, linker: CoreLinker, meter: Meter): Post {
	const aside = promising(core);
	let trials = 0;

	async function onTrial(result: number): Promise<void> {
		const before = meter.fuel;
		await aside(result);
		trials = meter.fuel - before <= SHORT ? trials + 1 : 0;
		linker.mayLeave = true;
	}

	return (result) => {
		linker.mayLeave = false;
		if (trials < TRIALS) return onTrial(result);
		meter.uninterruptible(() => core(result));
		linker.mayLeave = true;
		return undefined;
	};
}
