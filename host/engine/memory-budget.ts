/**
 * Linear memory that all instances of this process together may have. What is refused here is refused before V8 or the
 * kernel would have to: V8 stops at about 16,300 memories a process, the kernel kills.
 */
export class MemoryBudget {
	/** Bytes. */
	readonly limit: number;
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

	constructor(limit: number) {
		this.limit = limit;
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
		this.bytes += bytes;
		this.count += memories;
		return true;
	}

	give(bytes: number, memories = 0): void {
		this.bytes -= bytes;
		this.count -= memories;
	}
}
