/**
 * Where a function's body is charged, and how much.
 *
 * A region is the instructions that are executed exactly when its head is: pieces of straight-line code between which
 * control cannot leave. Each region has a parent whose head comes first on every path to it; only the function's entry and
 * loop headers have none. A region that costs little is charged with its parent, so that checks are rare; one that
 * costs `THRESHOLD` or more is charged when it is entered, so that a branch not taken is not paid for. Of regions that
 * exclude each other (the arms of a switch) the parent pays the dearest only: an interpreter's loop would else be charged
 * with all of its opcodes each time.
 *
 * Nothing is executed uncharged: within one iteration of its loop a region runs at most once, and what it is charged
 * with has then been passed once.
 */
import { doubled } from "../../binary/writer.ts";
import { PREPAID } from "./opcodes.ts";

/**
 * The cost from which a region is charged by itself, in fuel. Measured on 26 programs in C (`test/bench/metering`); the
 * time differs by less than the noise. Fuel against an exact count:
 *
 * | threshold | geometric mean | worst | growth in bytes |
 * |---|---|---|---|
 * | 16 | 1.12 | 1.6 | 37 % |
 * | 32 | 1.18 | 2.0 | 32 % |
 * | 64 | 1.26 | 2.8 | 29 % |
 */
export const THRESHOLD = 32;

/** No charge is higher: the counter, >= 0 before it, must not wrap around. */
const MAX_CHARGE = 2 ** 30;

/** The region of code that cannot be reached. It is never charged. */
export const DEAD = 0;

/** The region of a function's entry. It is the first one. */
const ENTRY = 1;

const NONE = -1;

export class Regions {
	/** Summed up by the scanner, by region. */
	cost = new Float64Array(256);
	private parent = new Int32Array(256);
	/** An earlier region that excludes this one and has the same parent, or `NONE`. */
	private instead = new Int32Array(256);
	/** What the dearest of the later regions that this one excludes hands on. */
	private rival = new Float64Array(256);
	private count = 1;

	reset(): void {
		this.cost[DEAD] = 0;
		this.count = 1;
	}

	/** A region that is always charged at its head: a function's entry or a loop's header. */
	root(): number {
		return this.child(NONE);
	}

	/** A region whose head is reached only after `parent`'s. */
	child(parent: number): number {
		if (this.count === this.cost.length) this.grow();
		this.cost[this.count] = 0;
		this.rival[this.count] = 0;
		this.instead[this.count] = NONE;
		this.parent[this.count] = parent;
		return this.count++;
	}

	/** Of the two regions at most one is executed each time their parent is. Without effect when the parents differ. */
	exclude(region: number, earlier: number): void {
		if (this.parent[region] === this.parent[earlier]) this.instead[region] = earlier;
	}

	private grow(): void {
		this.cost = doubled(this.cost);
		this.rival = doubled(this.rival);
		this.instead = doubled(this.instead);
		this.parent = doubled(this.parent);
	}

	/** Leaves in `cost` what is to be charged at each region's head; 0 where nothing is. */
	settle(): void {
		const { cost, parent, instead, rival } = this;
		cost[DEAD] = 0;
		// Children and later alternatives were added after, so backwards each region is complete when its turn comes.
		for (let region = this.count - 1; region > DEAD; region--) {
			const own = cost[region]!;
			const above = parent[region]!;
			const apart = own >= THRESHOLD || above === NONE;
			cost[region] = apart ? Math.min(own, MAX_CHARGE) : 0;
			if (above === NONE) continue;
			const handed = Math.max(apart ? 0 : own, rival[region]!);
			const earlier = instead[region]!;
			if (earlier === NONE) cost[above] = cost[above]! + handed;
			else if (handed > rival[earlier]!) rival[earlier] = handed;
		}
		cost[ENTRY] = Math.max(0, cost[ENTRY]! - PREPAID);
	}
}
