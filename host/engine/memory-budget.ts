import { MemoryStock } from "./memory-stock.ts";

/** Bytes of memories that are kept for new instances: ten of Python's. */
const MAX_STOCK = 128 * 2 ** 20;

/**
 * Linear memory that all instances of this process together may have. What is refused here is refused before V8 or the
 * kernel would have to: V8 stops at about 16,300 memories a process, the kernel kills.
 */
export class MemoryBudget {
	/** Bytes. May be less than what is in use: then no more is given. */
	limit: number;
	private bytes = 0;
	private count = 0;
	private entries = 0;

	/** The most memories of all instances together; V8's own end is near 16,300. */
	static readonly MAX_MEMORIES = 14_000;

	/**
	 * The most table entries of all instances together. They lie in V8's heap, 60 bytes each with the function they refer
	 * to; where that is full, the process ends.
	 */
	static readonly MAX_TABLE_ENTRIES = 8_000_000;

	/** Memories that nobody uses. They are the first to go where there is no room. */
	readonly stock: MemoryStock;

	constructor(limit: number) {
		this.limit = limit;
		this.stock = new MemoryStock(Math.min(limit / 8, MAX_STOCK));
	}

	get usedBytes(): number {
		return this.bytes;
	}

	get memories(): number {
		return this.count;
	}

	get tableEntries(): number {
		return this.entries;
	}

	/** Takes room for table entries if there is some. */
	takeEntries(entries: number): boolean {
		if (this.entries + entries > MemoryBudget.MAX_TABLE_ENTRIES) return false;
		this.entries += entries;
		return true;
	}

	giveEntries(entries: number): void {
		this.entries -= entries;
	}

	/** Takes room if there is some. */
	take(bytes: number, memories = 0): boolean {
		if (this.bytes + bytes > this.limit || this.count + memories > MemoryBudget.MAX_MEMORIES) return false;
		const over = this.bytes + bytes + this.stock.bytes - this.limit;
		if (over > 0) this.stock.drop(over);
		if (this.count + memories + this.stock.memories > MemoryBudget.MAX_MEMORIES) this.stock.drop();
		this.bytes += bytes;
		this.count += memories;
		return true;
	}

	give(bytes: number, memories = 0): void {
		this.bytes -= bytes;
		this.count -= memories;
	}
}
