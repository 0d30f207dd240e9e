import { setImmediate } from "node:timers/promises";

/** What a guest can wait for: a pollable, or a stream itself. */
export interface Waitable {
	ready(): boolean;
	wait(signal: AbortSignal): Promise<void>;
}

/**
 * Resolves once one of the things is ready. When `signal` is aborted it ends all waits and never settles: the guest is
 * abandoned where it is suspended, since a guest that went on could catch whatever it were told.
 */
export async function whenReady(things: readonly Waitable[], signal: AbortSignal): Promise<void> {
	for (;;) {
		if (signal.aborted) return abandoned();
		if (things.some((it) => it.ready())) return;
		await firstOf(things, signal);
		if (things.some((it) => it.ready())) continue;
		// Woken for nothing: give the event loop a turn, or a thing that always does so would starve it.
		await setImmediate();
	}
}

/** What a guest gets that is given up where it is suspended. */
export function abandoned(): Promise<never> {
	return new Promise<never>(() => {});
}

/** Things that are waited for by one signal: adding a listener to one looks through all that it has. */
const GROUP = 16;
const OVER = new Error("the wait is over");

/** Waits for the first thing, and ends the waits for the others by signals of their own. */
async function firstOf(things: readonly Waitable[], signal: AbortSignal): Promise<void> {
	const all = [...new Set(things)];
	if (all.length === 0) return;
	if (all.length === 1) return all[0]!.wait(signal);
	const races = Array.from({ length: Math.ceil(all.length / GROUP) }, () => new AbortController());
	const end = () => {
		for (const race of races) race.abort(OVER);
	};
	signal.addEventListener("abort", end, { once: true });
	try {
		await Promise.race(all.map((it, i) => it.wait(races[Math.floor(i / GROUP)]!.signal)));
	} finally {
		signal.removeEventListener("abort", end);
		end();
	}
}
