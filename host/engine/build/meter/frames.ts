/** The open blocks of a function while its body is scanned. */

export const Frame = { block: 0, loop: 1, if: 2, else: 3 } as const;

export class Frames {
	/** The index of the innermost open block; -1 when the function has ended. */
	top = -1;
	kind = new Uint8Array(64);
	/** The region before the block. */
	before = new Int32Array(64);
	/** The outermost block that a branch inside this one goes to (an index; the lower, the further out). */
	reach = new Int32Array(64);
	/** Whether the block's end can be reached: by a branch, or from the end of an arm. */
	ends = new Uint8Array(64);

	reset(): void {
		this.top = -1;
	}

	push(kind: number, before: number): void {
		const top = ++this.top;
		if (top === this.kind.length) this.grow();
		this.kind[top] = kind;
		this.before[top] = before;
		this.reach[top] = top;
		this.ends[top] = 0;
	}

	/** A branch to the block `depth` levels out. False when there is none. */
	branch(depth: number): boolean {
		const target = this.top - depth;
		if (target < 0) return false;
		if (target < this.reach[this.top]!) this.reach[this.top] = target;
		if (this.kind[target] !== Frame.loop) this.ends[target] = 1;
		return true;
	}

	/** An exception handler's branch: any call may take it, so it does not count as leaving the blocks between. */
	catches(depth: number): boolean {
		const target = this.top - depth;
		if (target < 0) return false;
		this.ends[target] = 1;
		return true;
	}

	/** Closes the innermost block and hands what it reaches on to the one around it. */
	pop(): void {
		const reach = this.reach[this.top--]!;
		if (this.top >= 0 && reach < this.reach[this.top]!) this.reach[this.top] = reach;
	}

	private grow(): void {
		const size = this.kind.length * 2;
		const kind = new Uint8Array(size);
		kind.set(this.kind);
		this.kind = kind;
		const ends = new Uint8Array(size);
		ends.set(this.ends);
		this.ends = ends;
		const before = new Int32Array(size);
		before.set(this.before);
		this.before = before;
		const reach = new Int32Array(size);
		reach.set(this.reach);
		this.reach = reach;
	}
}
