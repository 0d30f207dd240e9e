/**
 * Where a function's body is charged, and how much.
 *
 * A region is the instructions that are executed exactly when its head is: pieces of straight-line code between which
 * control cannot leave. Each region has a parent whose head comes first on every path to it; only the function's entry and
 * loop headers have none. A region that costs little is charged with its parent, so that checks are rare; one that
 * costs `THRESHOLD` or more is charged when it is entered, so that a branch not taken is not paid for.
 *
 * Nothing is executed uncharged: within one iteration of its loop a region runs at most once, and what it is charged
 * with has then been passed once.
 */
import { PREPAID } from "./opcodes.ts";

/** The cost from which a region is charged by itself, in fuel. Measured: 16 is more exact and slower, 32 a good middle. */
export const THRESHOLD = 32;

/** No charge is higher: the counter, >= 0 before it, must not wrap around. */
const MAX_CHARGE = 2 ** 30;

/** The region of code that cannot be reached. It is never charged. */
export const DEAD = 0;

/** The region of a function's entry. It is the first one. */
const ENTRY = 1;

const NO_PARENT = -1;

export class Regions {
	/** Summed up by the scanner, by region. */
	cost = new Float64Array(256);
	private parent = new Int32Array(256);
	private count = 1;

	reset(): void {
		this.cost[DEAD] = 0;
		this.count = 1;
	}

	/** A region that is always charged at its head: a function's entry or a loop's header. */
	root(): number {
		return this.add(NO_PARENT);
	}

	/** A region whose head is reached only after `parent`'s. */
	child(parent: number): number {
		return this.add(parent);
	}

	private add(parent: number): number {
		if (this.count === this.cost.length) this.grow();
		this.cost[this.count] = 0;
		this.parent[this.count] = parent;
		return this.count++;
	}

	private grow(): void {
		const cost = new Float64Array(this.count * 2);
		cost.set(this.cost);
		this.cost = cost;
		const parent = new Int32Array(this.count * 2);
		parent.set(this.parent);
		this.parent = parent;
	}

	/** Leaves in `cost` what is to be charged at each region's head; 0 where nothing is. */
	settle(): void {
		const { cost, parent } = this;
		cost[DEAD] = 0;
		// Children were added after their parents, so backwards each one is complete when its turn comes.
		for (let region = this.count - 1; region > DEAD; region--) {
			const own = cost[region]!;
			const above = parent[region]!;
			if (own < THRESHOLD && above !== NO_PARENT) {
				cost[above] = cost[above]! + own;
				cost[region] = 0;
			} else if (own > MAX_CHARGE) cost[region] = MAX_CHARGE;
		}
		cost[ENTRY] = Math.max(0, cost[ENTRY]! - PREPAID);
	}
}
