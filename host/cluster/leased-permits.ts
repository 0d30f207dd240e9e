/** A worker's permits: those that it has leased from control. */
import type { Permits, ThrottleReason } from "../invoker/permits.ts";

export interface LeasedPermits extends Permits {
	/** Gives back up to `count` of those that are not in use; gives their number. */
	recall(count: number): number;
	/** The same, and the rest of `count` is given back as it comes free. */
	owe(count: number): number;
	/** All that it holds. */
	held(): number;
}

export interface Lender {
	/** Leases up to so many; gives how many there were. */
	ask(count: number): Promise<number>;
	/** What was owed is given back. */
	returned(count: number): void;
}

/** `lot` is how many to ask for at once. */
export function leasedPermits(lot: number, lender: Lender, reason: ThrottleReason): LeasedPermits {
	let held = 0;
	let used = 0;
	/** To be given back before anybody takes one again. */
	let owed = 0;
	/** One question at a time, for all who wait. */
	let asking: Promise<boolean> | null = null;

	async function lease(): Promise<boolean> {
		try {
			const given = await lender.ask(lot);
			held += given;
			settle();
			return used < held;
		} finally {
			asking = null;
		}
	}

	/** Those that were on their way while they were asked back. */
	function settle(): void {
		if (owed === 0) return;
		const returned = recall(owed);
		owed -= returned;
		if (returned > 0) lender.returned(returned);
	}

	function recall(count: number): number {
		const returned = Math.min(count, held - used);
		held -= returned;
		return returned;
	}

	return {
		reason,
		take() {
			if (used >= held) return false;
			used++;
			return true;
		},
		give() {
			used--;
			if (owed === 0) return;
			owed--;
			held--;
			lender.returned(1);
		},
		more() {
			// Somebody has left, or the last answer has come, since `take` failed.
			if (used < held) return Promise.resolve(true);
			asking ??= lease();
			return asking;
		},
		recall,
		owe(count) {
			const returned = recall(count);
			owed += count - returned;
			return returned;
		},
		held: () => held,
	};
}
