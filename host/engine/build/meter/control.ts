/**
 * The host's entry points: the slots of a metered module's `control` table. All of them are WebAssembly functions
 * (a table takes no others; `asFuncrefs` makes them), and none of them may throw: a guest could catch that. `refill`
 * and `plainRefill` are guarded against it (whatever they throw becomes a trap).
 */
export const CONTROL = {
	/**
	 * `(fuel: i32) -> i32`: the counter ran below 0 and is handed over. Returns the new counter (>= 0; to keep the sum
	 * exact, `fuel + k * slice`), or `YIELD`, or any other negative number to stop the guest by a trap.
	 */
	refill: 0,
	/**
	 * `() -> i32`, a Suspending import: gives way to the event loop, then returns the new counter or a negative number
	 * to stop the guest. When it throws (the stack cannot be suspended), `plainRefill` is called instead.
	 */
	yield: 1,
	/** `(fuel: i32) -> i32`: as `refill`, but must not answer `YIELD`. */
	plainRefill: 2,
	/**
	 * `(memory: i32, pages: f64) -> i32`: may memory `memory` (its index in the module, imports first) grow by `pages`
	 * pages of 64 KiB? 1 or 0. The growth itself can still fail: count the memories' real sizes, not the answers.
	 */
	memoryGrow: 3,
	/** `(table: i32, entries: f64) -> i32`: the same for a table. */
	tableGrow: 4,
	/** `() -> ()`: the guest's calls are nested too deep. It executes `unreachable` next. */
	exhausted: 5,
} as const;

/** How many slots `control` has. */
export const CONTROL_SIZE = 6;

/** What `refill` returns so that `yield` is called. */
export const YIELD = -2;

/** The signatures of the slots, in their order. */
export const CONTROL_SIGNATURES = [
	{ params: ["i32"], results: ["i32"] },
	{ params: [], results: ["i32"] },
	{ params: ["i32"], results: ["i32"] },
	{ params: ["i32", "f64"], results: ["i32"] },
	{ params: ["i32", "f64"], results: ["i32"] },
	{ params: [], results: [] },
] as const satisfies { params: ("i32" | "f64")[]; results: ("i32" | "f64")[] }[];
