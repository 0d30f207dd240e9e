/**
 * Linear memories that instances left behind, for new instances: a new memory costs the kernel's work for each page that
 * is touched for the first time (6 us on the machines measured: most of what a new Python instance cost), and V8 a garbage
 * collection for every 64 MB. What is given out is all zeros, as a new one is.
 */
import { Collection } from "./collection.ts";
import { empty } from "./zeros.ts";

const PAGE = 65_536;
/** Memories that are larger are given back to the system, bytes. */
const MAX_SIZE = 64 * 2 ** 20;
/** So much is emptied in a turn of the event loop, bytes: a guest that fills its memory and ends, again and again, holds nobody up. */
const PIECE = 4 * 2 ** 20;
/**
 * So much is emptied when a memory is wanted at once, bytes: at most a millisecond. The pages of a new one take the kernel longer, as far
 * as they are used, and a new one becomes garbage.
 */
const AT_ONCE = 16 * 2 ** 20;

/** A memory that nobody uses. */
interface Spare {
	memory: WebAssembly.Memory;
	pages: number;
	maximum: number | null;
	/** It is empty up to here, bytes. */
	clean: number;
	/** `performance.now()` when it was left. */
	since: number;
}

export class MemoryStock {
	/** All that it may keep, bytes. */
	readonly limit: number;
	private spares: Spare[] = [];
	private kept = 0;

	private readonly garbage: Collection;

	constructor(limit: number, garbage: Collection = new Collection()) {
		this.limit = limit;
		this.garbage = garbage;
	}

	/** Bytes that it keeps. */
	get bytes(): number {
		return this.kept;
	}

	get memories(): number {
		return this.spares.length;
	}

	/** A memory of so many pages, all zeros, with this declared maximum. Throws RangeError if V8 has none. */
	take(pages: number, maximum: number | null): WebAssembly.Memory {
		const at = this.find(pages, maximum);
		if (at < 0) return new WebAssembly.Memory(maximum === null ? { initial: pages } : { initial: pages, maximum });
		const [spare] = this.spares.splice(at, 1) as [Spare];
		this.kept -= pages * PAGE;
		clearMore(spare, AT_ONCE);
		return spare.memory;
	}

	/** A clean one rather than one that is yet to be cleared; one that has more of that is no better than a new one. */
	private find(pages: number, maximum: number | null): number {
		const fits = (it: Spare, left: number): boolean =>
			it.pages === pages && it.maximum === maximum && it.clean >= pages * PAGE - left;
		const clean = this.spares.findLastIndex((it) => fits(it, 0));
		return clean >= 0 ? clean : this.spares.findLastIndex((it) => fits(it, AT_ONCE));
	}

	/** Takes in a memory that nobody will touch any more, if it is worth it. It is cleared when the event loop has time. */
	give(memory: WebAssembly.Memory, maximum: number | null): void {
		const size = memory.buffer.byteLength;
		if (size === 0 || size > MAX_SIZE || this.kept + size > this.limit) return this.garbage.drop(size);
		this.spares.push({ memory, pages: size / PAGE, maximum, clean: 0, since: performance.now() });
		this.kept += size;
		this.clearSoon();
	}

	/** Nobody uses this memory any more, and nobody will: it is garbage. */
	leave(memory: WebAssembly.Memory): void {
		this.garbage.drop(memory.buffer.byteLength);
	}

	private scheduled = false;

	private clearSoon(): void {
		if (this.scheduled) return;
		this.scheduled = true;
		setImmediate(this.clearOne);
	}

	/** One piece a turn of the event loop. */
	private readonly clearOne = (): void => {
		this.scheduled = false;
		const next = this.spares.find((it) => it.clean < it.pages * PAGE);
		if (next === undefined) return;
		clearMore(next, PIECE);
		this.clearSoon();
	};

	/** Gives up those that nobody has wanted since `before`. */
	trim(before: number): void {
		this.dropWhile((it) => it.since <= before);
	}

	/** Gives up all, or as many as make so many bytes free. True if there was one. */
	drop(bytes = Number.POSITIVE_INFINITY): boolean {
		const goal = this.kept - bytes;
		const had = this.spares.length > 0;
		this.dropWhile(() => this.kept > goal);
		return had;
	}

	/** The oldest first. */
	private dropWhile(drops: (it: Spare) => boolean): void {
		while (this.spares.length > 0 && drops(this.spares[0]!)) {
			const size = this.spares.shift()!.pages * PAGE;
			this.kept -= size;
			this.garbage.drop(size);
		}
	}
}

/** Empties the next piece of so many bytes, if there is one. */
function clearMore(spare: Spare, piece: number): void {
	const end = Math.min(spare.clean + piece, spare.pages * PAGE);
	empty(spare.memory, spare.clean, end);
	spare.clean = end;
}
