/** How much of the guests' output may wait in memory for the disk. What does not fit is dropped and counted in the log. */

export interface Limits {
	/** Of one invocation, bytes. */
	invocation: number;
	/** Of one function, bytes. */
	function: number;
	/** Of all functions together, and of those who follow logs, bytes. */
	total: number;
}

export const LIMITS: Limits = { invocation: 2 * 2 ** 20, function: 4 * 2 ** 20, total: 64 * 2 ** 20 };

/** What a line costs beside its text: the objects that hold it, bytes. */
export const LINE_OVERHEAD = 64;

/** The host's own lines (START, REPORT, what was dropped) may go so far beyond a limit. */
const RESERVE = 1.25;

/** A number of bytes that several take from. */
export class Budget {
	readonly #limit: number;
	#used = 0;

	constructor(limit: number) {
		this.#limit = limit;
	}

	get used(): number {
		return this.#used;
	}

	/** Whether less than `share` (0 to 1) of it is taken. */
	hasRoom(share: number): boolean {
		return this.#used < this.#limit * share;
	}

	/** Takes `bytes` if they fit. `essential` ones may use the reserve. */
	take(bytes: number, essential = false): boolean {
		if (this.#used + bytes > this.#limit * (essential ? RESERVE : 1)) return false;
		this.#used += bytes;
		return true;
	}

	give(bytes: number): void {
		this.#used -= bytes;
	}
}
