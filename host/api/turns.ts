/**
 * Changes of records that have no revision of their own, one after the other: what a change read is still so when it
 * writes. All of the API runs in one process, so that no other order is needed; each caller has a store of its own to look at, so
 * that the order goes with none of them.
 */
let last: Promise<unknown> = Promise.resolve();

/** Does the work once all that was asked for before is done, well or not. Work that asks for a turn itself would wait for ever. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
	const mine = last.then(work);
	last = mine.catch(() => {});
	return mine;
}
