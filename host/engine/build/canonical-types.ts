/**
 * How many different types V8 keeps for this process. It makes each type canonical over all modules that any thread
 * validates or compiles, never forgets one, and aborts the process at the two-millionth. So they are counted, and code
 * with new ones is refused before.
 */
import { isMainThread } from "node:worker_threads";
import { AdmissionError } from "../types.ts";

/** V8's end is at 2,000,000. What one build may add is 10,000 (`MAX_SHAPE`), and the rewrite's own. */
const MAX_TYPES = 1_900_000;

const seen = new Set<number>();
/** Of a thread that builds: those that it noted since it told the main one. */
let fresh: number[] = [];

/** Notes types that V8 has got, or gets now, by their keys (`checkShapes`). */
export function noteTypes(keys: Iterable<number>): void {
	for (const key of keys) {
		if (seen.has(key)) continue;
		seen.add(key);
		if (!isMainThread) fresh.push(key);
	}
}

/** What was noted since the last call: for the main thread, which counts for the process. */
export function takeFreshTypes(): number[] {
	const taken = fresh;
	fresh = [];
	return taken;
}

/** How many different types V8 has got from code. */
export function typesMet(): number {
	return seen.size;
}

/** Throws AdmissionError if there is no room for what a build may add. */
export function expectRoomForTypes(limit = MAX_TYPES): void {
	if (seen.size < limit) return;
	throw new AdmissionError("The host has met too many different types in code since it started. Restart it.");
}
