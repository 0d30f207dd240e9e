/** Work on large memories in pieces, so that it can give way: 1 GB takes a second. */

/** Work that may be interrupted wherever it yields. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Bytes between two chances to give way: a tenth of a millisecond. */
export const STEP = 2 ** 20;

/** How long it may go on without giving way, ms. */
const SLICE_MS = 2;

/** Does it all at once. */
export function runNow<T>(steps: Steps<T>): T {
	for (;;) {
		const next = steps.next();
		if (next.done) return next.value;
	}
}

/** Does it in slices, and waits for `turn` between two. */
export async function runInTurns<T>(steps: Steps<T>, turn: () => Promise<void>): Promise<T> {
	let since = performance.now();
	for (;;) {
		const next = steps.next();
		if (next.done) return next.value;
		if (performance.now() - since < SLICE_MS) continue;
		await turn();
		since = performance.now();
	}
}
