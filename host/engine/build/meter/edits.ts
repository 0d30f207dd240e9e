/** What is to be inserted into a function's body and replaced in it, in the order of the offsets. */
import { doubled } from "../../binary/writer.ts";

/** Marks an edit as a region's charge; else `skip` says how many bytes of the original a call replaces. */
export const CHARGE = -1;

export class Edits {
	count = 0;
	/** The offset in the module before which something is inserted. */
	at = new Int32Array(256);
	/** The region that is charged, or the function that is called. */
	what = new Int32Array(256);
	skip = new Int32Array(256);

	private add(at: number, what: number, skip: number): void {
		if (this.count === this.at.length) this.grow();
		this.at[this.count] = at;
		this.what[this.count] = what;
		this.skip[this.count++] = skip;
	}

	/** Charges `region` at its head, when it is charged there at all. */
	charge(at: number, region: number): void {
		this.add(at, region, CHARGE);
	}

	/** Calls `func` before the instruction at `at`. */
	callBefore(at: number, func: number): void {
		this.add(at, func, 0);
	}

	/** Calls `func` instead of the instruction between two offsets. */
	callInstead(at: number, end: number, func: number): void {
		this.add(at, func, end - at);
	}

	private grow(): void {
		this.at = doubled(this.at);
		this.what = doubled(this.what);
		this.skip = doubled(this.skip);
	}
}
