/**
 * Changes of records that have no revision of their own, one after the other: what a change read is still so when it
 * writes. All of the API runs in one process, so that no other order is needed.
 */
import type { Store } from "../store/types.ts";

const last = new WeakMap<Store, Promise<unknown>>();

/** Does the work once all that was asked for before is done, well or not. */
export function inTurn<T>(store: Store, work: () => Promise<T>): Promise<T> {
	const mine = (last.get(store) ?? Promise.resolve()).then(work);
	last.set(
		store,
		mine.catch(() => {}),
	);
	return mine;
}
