/** The open blocks of a function while its body is scanned. */
import { doubled } from "../../binary/writer.ts";

export const Frame = { block: 0, loop: 1, if: 2, else: 3 } as const;

/** No branch goes to the block; or branches from several regions do. */
const NOWHERE = 0;
const MIXED = -1;

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
	/** The one region from which branches go to the block's label; or `NOWHERE` or `MIXED`. */
	source = new Int32Array(64);
	/** The first region in this block, but not in a block in it, that is not the one before; 0 when there was none. */
	arm = new Int32Array(64);
	/** The loop that the block is in, or that it is. */
	loop = new Int32Array(64);

	reset(): void {
		this.top = -1;
	}

	push(kind: number, before: number, loop: number): void {
		const top = ++this.top;
		if (top === this.kind.length) this.grow();
		this.kind[top] = kind;
		this.before[top] = before;
		this.reach[top] = top;
		this.ends[top] = 0;
		this.source[top] = NOWHERE;
		this.arm[top] = 0;
		this.loop[top] = loop;
	}

	/** A branch from `region` to the block `depth` levels out. False when there is none. */
	branch(depth: number, region: number): boolean {
		const target = this.top - depth;
		if (target < 0) return false;
		if (target < this.reach[this.top]!) this.reach[this.top] = target;
		if (this.kind[target] !== Frame.loop) this.ends[target] = 1;
		const source = this.source[target]!;
		this.source[target] = source === NOWHERE || source === region ? region : MIXED;
		return true;
	}

	/** An exception handler's branch: any call may take it, so it does not count as leaving the blocks between. */
	catches(depth: number): boolean {
		const target = this.top - depth;
		if (target < 0) return false;
		this.ends[target] = 1;
		this.source[target] = MIXED;
		return true;
	}

	/** An arm of the innermost block runs on to the block's end. */
	runsOn(): void {
		this.ends[this.top] = 1;
		this.source[this.top] = MIXED;
	}

	/** Closes the innermost block and hands what it reaches on to the one around it. */
	pop(): void {
		const reach = this.reach[this.top--]!;
		if (this.top >= 0 && reach < this.reach[this.top]!) this.reach[this.top] = reach;
	}

	private grow(): void {
		this.kind = doubled(this.kind);
		this.ends = doubled(this.ends);
		this.before = doubled(this.before);
		this.reach = doubled(this.reach);
		this.source = doubled(this.source);
		this.arm = doubled(this.arm);
		this.loop = doubled(this.loop);
	}
}
