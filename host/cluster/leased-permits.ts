/** A worker's permits: those that it has leased from control. */
import type { Permits } from "../invoker/permits.ts";

export interface LeasedPermits extends Permits {
	/** Gives back up to `count` of those that are not in use; gives their number. */
	recall(count: number): number;
	/** All that it holds. */
	held(): number;
}

/** `ask` leases up to so many, and gives how many there were; `lot` is how many to ask for at once. */
export function leasedPermits(lot: number, ask: (count: number) => Promise<number>): LeasedPermits {
	let held = 0;
	let used = 0;
	/** One question at a time, for all who wait. */
	let asking: Promise<boolean> | null = null;

	async function lease(): Promise<boolean> {
		try {
			const given = await ask(lot);
			held += given;
			return given > 0;
		} finally {
			asking = null;
		}
	}

	return {
		take() {
			if (used >= held) return false;
			used++;
			return true;
		},
		give() {
			used--;
		},
		more() {
			// Somebody has left, or the last answer has come, since `take` failed.
			if (used < held) return Promise.resolve(true);
			asking ??= lease();
			return asking;
		},
		recall(count) {
			const returned = Math.min(count, held - used);
			held -= returned;
			return returned;
		},
		held: () => held,
	};
}
