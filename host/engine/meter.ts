/**
 * The meter of one instance: its fuel, its time on the core, its memory. All core modules of an instance draw on it
 * through their `control` tables (`build/meter/control.ts`). Limits, timeout, cancellation and fairness are all decided
 * in `refill`, and all end a guest by the same wasm trap, which it cannot catch.
 */
import { YIELD } from "./build/meter/control.ts";
import type { TableMeta } from "./build/meter/types.ts";
import { ControlSet } from "./control-set.ts";
import type { FairQueue } from "./fair-queue.ts";
import { heapIsFull } from "./heap-guard.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import type { CancelSignal, FailureKind } from "./types.ts";

/**
 * Fuel between two looks at the clock: 6 us of compiled code, and 60 ns for the look. Code can be much slower for its fuel: the
 * first touch of a page takes the kernel 2 us and more, so that a loop that touches 2,500 of them takes 5 ms.
 */
export const SLICE = 10_000;
/** Fuel of host calls between two looks at the clock: a thousand of them. */
const HOST_SLICE = 100_000;
/**
 * Host calls between two looks at the clock. A call may take the host a thousand times as long as its fuel says (a megabyte of
 * random bytes), and a look takes 0.04 us.
 */
const CALLS_TO_LOOK = 8;
/** A guest that held the core so long gives way, ms. */
const YIELD_AFTER_MS = 1;
/** How long guest code may run that the host calls in passing (`realloc`), which cannot give way, ms. Go collects garbage in it. */
const UNINTERRUPTIBLE_MS = 100;
/** What one host call costs, fuel; and the bytes that it moves cost one unit for 16. */
export const HOST_CALL_FUEL = 100;
const BYTES_PER_FUEL_SHIFT = 4;
/**
 * Entries that all tables of an instance together may have. Python's have 12,000. `table.fill` and `table.copy` take 30 ns for each,
 * and cannot be interrupted.
 */
const MAX_TABLE_ENTRIES = 250_000;
const PAGE = 65_536;

/** Why an instance was ended from outside of its code. */
export interface Stop {
	kind: FailureKind;
	message: string;
	/** Of `wasi:cli/exit`. */
	status?: number;
}

const STOPPED = -1;

type InPassing = "nested" | "on core" | "off core";

export class Meter {
	private readonly counters: WebAssembly.Global[] = [];
	private readonly memories: WebAssembly.Memory[] = [];
	private readonly tables: { readonly length: number }[] = [];
	private readonly queue: FairQueue;
	private readonly budget: MemoryBudget;
	private readonly memoryCap: number;
	/** Bytes of the host's budget that this instance holds, and memories. */
	private reserved = 0;
	private reservedMemories = 0;
	private reservedEntries = 0;

	private granted = 0;
	/** What was spent when the invocation began. */
	private before = 0;
	private hostFuel = 0;
	private hostFuelSinceRefill = 0;
	private hostCalls = 0;
	private fuelLimit = Number.POSITIVE_INFINITY;
	/** Is there a limit? Adding up what was spent takes longer than all else in a refill. */
	private isLimited = false;
	private deadline = Number.POSITIVE_INFINITY;
	/** The counter that asked for `yield`, until it gets its answer. */
	private asking = 0;
	/** When the guest got the core, or 0 while it is not on it. */
	private onCoreSince = 0;
	private cpu = 0;
	/** ms on the core since the guest last gave way, without those since `onCoreSince`. */
	private sinceTurn = 0;
	/** Since when host calls go on without a look at the counter, past a slice of fuel; 0 while they do not. */
	private overSince = 0;
	/** Code runs that cannot give way; and since when, as of its first look at the clock: mostly it is over before. */
	private inPassing = false;
	private inPassingSince = 0;
	/** ms of such code since others had their turn, as far as it was looked at: what is shorter than a slice is not. */
	private inPassingMs = 0;
	private refused = 0;
	private ended: Stop | null = null;

	/** Fuel between two looks at the clock. What is used does not depend on it. */
	private readonly slice: number;

	constructor(queue: FairQueue, budget: MemoryBudget, memoryCap: number, slice = SLICE) {
		this.slice = slice;
		this.queue = queue;
		this.budget = budget;
		this.memoryCap = memoryCap;
	}

	private readonly controls = ControlSet.for({
		refill: (fuel, mayYield) => this.refill(fuel, mayYield),
		giveWay: () => this.giveWay(),
		mayGrow: (pages) => this.mayGrow(pages),
		mayGrowTable: (entries) => this.mayGrowTable(entries),
		overflow: () => this.stop({ kind: "crash", message: "call stack exhausted" }),
	});

	/** The functions for a module's `control` table; one set serves all modules of the instance. */
	get control(): readonly WebAssembly.ExportValue[] {
		return this.controls.functions;
	}

	/**
	 * Asks for what a core instance will bring, before V8 makes it: tables lie in V8's own heap, and where that is full
	 * the process ends. `pages` are those of each memory; `maps` is how many small memories come beside them. False if it is more than the instance, or the host, may have.
	 */
	reserve(pages: readonly number[], tables: readonly TableMeta[], maps = 0): boolean {
		if (this.ended !== null) return false;
		const bytes = pages.reduce((sum, it) => sum + it * PAGE, 0);
		const total = this.memoryBytes + bytes;
		if (total > this.memoryCap)
			return this.refuse("memory", `its memories start with ${total} bytes, over the limit of ${this.memoryCap}`);
		const entries = tables.reduce((sum, it) => sum + it.initial, 0);
		if (this.tableEntries + entries > MAX_TABLE_ENTRIES)
			return this.refuse("crash", `its tables have over ${MAX_TABLE_ENTRIES} entries`);
		if (!this.takeEntries(entries)) return this.refuse("memory", "the host has no memory left");
		if (!this.budget.take(bytes, pages.length + maps)) return this.refuse("memory", "the host has no memory left");
		this.reserved += bytes;
		this.reservedMemories += pages.length + maps;
		return true;
	}

	/** Takes in what a new core instance brought: as much as was reserved for it. */
	attach(counter: WebAssembly.Global, memories: WebAssembly.Memory[], tables: { readonly length: number }[]): void {
		this.counters.push(counter);
		this.memories.push(...memories);
		this.tables.push(...tables);
		this.bytesAreKnown = false;
	}

	private refuse(kind: FailureKind, message: string): false {
		this.stop({ kind, message });
		return false;
	}

	/** What all linear memories together may become, bytes. */
	get memoryLimit(): number {
		return this.memoryCap;
	}

	/** Bytes of all linear memories now; they never shrink, so this is the most there ever were. */
	get memoryBytes(): number {
		if (!this.bytesAreKnown) {
			this.bytes = 0;
			for (const memory of this.memories) this.bytes += memory.buffer.byteLength;
			this.bytesAreKnown = true;
		}
		return this.bytes;
	}

	private bytes = 0;
	/** No memory may have grown since they were added up. */
	private bytesAreKnown = false;

	private get tableEntries(): number {
		return this.tables.reduce((sum, it) => sum + it.length, 0);
	}

	/** How often growth was refused in this invocation: a guest that crashes then has most likely run out of memory. */
	get growthRefused(): number {
		return this.refused;
	}

	/** Why the instance was stopped; null while it may run. */
	get stopped(): Stop | null {
		return this.ended;
	}

	/** A new invocation: fuel from zero. `deadline` is on `performance.now()`'s clock. */
	begin(fuelLimit: number | null, deadline: number, caller?: CancelSignal): void {
		this.caller = caller;
		// What the modules hold still they may use: only a limit has to know exactly, and asks for it back.
		if (fuelLimit !== null) this.expire();
		this.before = this.spent;
		this.hostFuelSinceRefill = 0;
		this.refused = 0;
		this.cpu = 0;
		this.sinceTurn = 0;
		this.inPassingMs = 0;
		this.fuelLimit = fuelLimit ?? Number.POSITIVE_INFINITY;
		this.isLimited = fuelLimit !== null;
		this.deadline = deadline;
	}

	/** Fuel of this invocation so far, exact. */
	get fuel(): number {
		return this.spent - this.before;
	}

	/** Fuel of the instance so far: what was granted, less what the modules still hold. */
	private get spent(): number {
		let held = 0;
		for (const counter of this.counters) held += counter.value as number;
		return this.granted - held + this.hostFuel;
	}

	/** ms that guest code held the core in this invocation. */
	get cpuMs(): number {
		return this.cpu + (this.onCoreSince === 0 ? 0 : performance.now() - this.onCoreSince);
	}

	/** The guest gets the core: it is called, or goes on after a wait. */
	enter(now = performance.now()): void {
		this.leave(now);
		this.overSince = 0;
		this.onCoreSince = now;
	}

	/** The guest leaves the core: it returned, or waits. */
	leave(now = performance.now()): void {
		if (this.onCoreSince === 0) return;
		const held = now - this.onCoreSince;
		this.cpu += held;
		this.sinceTurn += held;
		this.onCoreSince = 0;
	}

	/**
	 * Is it others' turn, before a guest that waited goes on? What it waited for may have been there without a turn of the
	 * event loop, again and again.
	 */
	get hadItsTurn(): boolean {
		return this.sinceTurn > YIELD_AFTER_MS;
	}

	/** Gives way to the event loop, off the core. */
	async turn(): Promise<void> {
		await this.queue.turn(this.cpu);
		this.sinceTurn = 0;
		this.inPassingMs = 0;
	}

	/** Ends the guest at its next look at the counter, whatever it catches. The first reason stays. */
	stop(stop: Stop): void {
		this.ended ??= stop;
		this.expire();
	}

	/** A host call's cost: at once, if it is more than a slice. */
	charge(fuel: number): void {
		this.hostFuel += fuel;
		this.hostFuelSinceRefill += fuel;
		if (this.isLimited) this.takeBack(Math.max(this.fuelLimit - this.fuel, 0));
		if (++this.hostCalls % CALLS_TO_LOOK !== 0 && this.hostFuelSinceRefill <= HOST_SLICE) return;
		const now = performance.now();
		if (this.hostFuelSinceRefill <= HOST_SLICE && this.heldFor(now) <= YIELD_AFTER_MS) return;
		this.expire();
		this.checkHostCalls(now);
	}

	/** ms on the core since the guest last gave way. */
	private heldFor(now: number): number {
		return this.sinceTurn + (this.onCoreSince === 0 ? 0 : now - this.onCoreSince);
	}

	/** Code without loops can call the host a million times before it looks at its counter. */
	private checkHostCalls(now: number): void {
		this.check(now);
		if (this.overSince === 0) this.overSince = now;
		if (now - this.overSince > UNINTERRUPTIBLE_MS)
			this.ended ??= { kind: "crash", message: `host calls in a row took longer than ${UNINTERRUPTIBLE_MS} ms` };
	}

	chargeBytes(bytes: number): void {
		this.charge(bytes >> BYTES_PER_FUEL_SHIFT);
	}

	/** Takes back what the modules hold, so that the next charge of any of them asks for more. */
	private expire(): void {
		this.takeBack(0);
	}

	/** Leaves each module at most this much. */
	private takeBack(left: number): void {
		for (const counter of this.counters) {
			const held = counter.value as number;
			if (held <= left) continue;
			this.granted -= held - left;
			counter.value = left;
		}
	}

	/** Runs guest code that the host calls in passing, on top of a host call: it cannot give way, so it has little time. */
	uninterruptible<T>(run: () => T): T {
		const before = this.enterInPassing();
		try {
			return run();
		} finally {
			this.leaveInPassing(before);
		}
	}

	/** The beginning and the end of `uninterruptible`, for code that is called for every string. */
	enterInPassing(): InPassing {
		if (this.inPassing) return "nested";
		this.inPassing = true;
		// Before a call, to pass its arguments, and after a wait, to pass what was waited for, the guest is not on the core.
		if (this.onCoreSince !== 0) return "on core";
		this.enter();
		return "off core";
	}

	leaveInPassing(before: InPassing): void {
		if (before === "nested") return;
		this.inPassing = false;
		this.inPassingSince = 0;
		if (before === "off core") this.leave();
	}

	private refill(fuel: number, mayYield: boolean): number {
		const now = performance.now();
		this.check(now);
		if (this.ended !== null) return STOPPED;
		if (mayYield && !this.inPassing && this.heldFor(now) > YIELD_AFTER_MS) {
			this.asking = fuel;
			return YIELD;
		}
		return this.grant(fuel);
	}

	/**
	 * A slice, or what the limit leaves. How much is granted when changes nothing in what is used: a debt is carried over, and
	 * what modules still hold at the end is not counted. Nor does it change where a limit ends the guest: the module that asks
	 * is then the only one that holds any, and no more than is left, so that its counter is below 0 when the limit is passed.
	 */
	private grant(fuel: number): number {
		if (this.isLimited) this.expire();
		const counter = this.isLimited ? Math.min(this.slice, Math.max(this.fuelLimit - this.fuel, 0)) : this.slice;
		this.granted += counter - fuel;
		this.hostFuelSinceRefill = 0;
		// A `realloc` in between is no chance to give way.
		if (!this.inPassing) this.overSince = 0;
		return counter;
	}

	/** Its code can fill V8's heap: it throws exceptions. */
	watchHeap = false;

	/** Looks at clock and limits now. */
	look(): void {
		this.check(performance.now());
	}

	private check(now: number): void {
		if (now >= this.deadline) this.ended ??= { kind: "timeout", message: "timed out" };
		if (this.caller?.aborted) this.ended ??= { kind: "cancelled", message: "the caller went away" };
		if (this.isLimited && this.fuel > this.fuelLimit)
			this.ended ??= { kind: "fuel", message: `used more than ${this.fuelLimit} fuel` };
		if (this.watchHeap && heapIsFull(now)) this.ended ??= { kind: "memory", message: "the host has no heap left" };
		if (this.inPassing) this.checkInPassing(now);
	}

	/** One host call may call the guest's allocator thousands of times: what counts is all of it since others had their turn. */
	private checkInPassing(now: number): void {
		if (this.inPassingSince !== 0) this.inPassingMs += now - this.inPassingSince;
		this.inPassingSince = now;
		if (this.inPassingMs > UNINTERRUPTIBLE_MS)
			this.ended ??= { kind: "crash", message: `realloc ran longer than ${UNINTERRUPTIBLE_MS} ms` };
	}

	/** Called when the guest is put aside, to wait or for others' turn. */
	onAside: (() => void) | undefined;
	private caller: CancelSignal | undefined;

	private async giveWay(): Promise<number> {
		this.onAside?.();
		const fuel = this.asking;
		this.leave();
		await this.turn();
		this.enter();
		this.check(performance.now());
		return this.ended === null ? this.grant(fuel) : STOPPED;
	}

	private mayGrow(pages: number): boolean {
		const bytes = pages * PAGE;
		const now = this.memoryBytes;
		// What was reserved for growth that V8 then refused is used first.
		const more = Math.max(0, now + bytes - this.reserved);
		if (this.ended !== null || now + bytes > this.memoryCap || !this.budget.take(more)) {
			this.refused++;
			return false;
		}
		this.reserved += more;
		this.bytesAreKnown = false;
		return true;
	}

	private mayGrowTable(entries: number): boolean {
		const now = this.tableEntries;
		if (this.ended !== null || now + entries > MAX_TABLE_ENTRIES) return false;
		return this.takeEntries(Math.max(0, now + entries - this.reservedEntries));
	}

	private takeEntries(entries: number): boolean {
		if (!this.budget.takeEntries(entries)) return false;
		this.reservedEntries += entries;
		return true;
	}

	/** The host itself grows a memory, to a snapshot's size. */
	reserveGrowth(pages: number): boolean {
		return this.mayGrow(pages);
	}

	/** The instance is gone: gives its memory back to the host's budget. `quiet`: nothing of it runs, or ever will. */
	dispose(quiet = false): void {
		this.controls.end(quiet);
		this.budget.give(this.reserved, this.reservedMemories);
		this.reserved = 0;
		this.reservedMemories = 0;
		this.budget.giveEntries(this.reservedEntries);
		this.reservedEntries = 0;
		this.memories.length = 0;
		this.counters.length = 0;
		this.tables.length = 0;
	}
}
