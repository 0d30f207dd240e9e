/** The permits that invocations need to run: a number of them, all here, or leased from who has them. */

export interface Permits {
	/** Takes one if there is one. */
	take(): boolean;
	give(): void;
	/** Looks for one elsewhere, when `take` failed. False if all are out; true if trying again is worth it. */
	more(): Promise<boolean>;
}

/** A number of permits of this process alone. */
export function fixedPermits(limit: number): Permits {
	let taken = 0;
	return {
		take() {
			if (taken >= limit) return false;
			taken++;
			return true;
		},
		give() {
			taken--;
		},
		more: async () => false,
	};
}
