/** What is to be inserted into a function's body and replaced in it, in the order of the offsets. */
import { doubled } from "../../binary/writer.ts";

/** Marks an edit as a region's charge; else `skip` says how many bytes of the original a call replaces. */
export const CHARGE = -1;
/** Marks an edit as the place before a loop where the counter may be read into its local. */
export const LOOP = -2;
/** Mark an edit as the place before a call where the depth is handed on. */
export const CALL = -3;
export const TAIL_CALL = -4;
/** Mark an edit as the place before a store, and behind it, where the page that it writes to is marked. */
export const BEFORE_STORE = -5;
export const AFTER_STORE = -6;

export class Edits {
	count = 0;
	/** The offset in the module before which something is inserted. */
	at = new Int32Array(256);
	/** The region that is charged, the loop that begins, the store, or the function that is called. */
	what = new Int32Array(256);
	skip = new Int32Array(256);
	/** The loop that a charge is in. */
	loop = new Int32Array(256);

	private add(at: number, what: number, skip: number): void {
		if (this.count === this.at.length) this.grow();
		this.at[this.count] = at;
		this.what[this.count] = what;
		this.skip[this.count++] = skip;
	}

	/** Charges `region` at its head, when it is charged there at all. */
	charge(at: number, region: number, loop: number): void {
		this.add(at, region, CHARGE);
		this.loop[this.count - 1] = loop;
	}

	/** A call at `at` for which the depth matters. */
	call(at: number, tail: boolean): void {
		this.add(at, 0, tail ? TAIL_CALL : CALL);
	}

	/** A store from `at` to `end` is marked. */
	store(at: number, end: number): void {
		this.add(at, at, BEFORE_STORE);
		this.add(end, at, AFTER_STORE);
	}

	/** `loop` begins at `at`. */
	begin(at: number, loop: number): void {
		this.add(at, loop, LOOP);
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
		this.loop = doubled(this.loop);
	}
}
