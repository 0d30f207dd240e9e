/**
 * V8's garbage-collected heap is the whole process's, and the process ends where it is full. A guest's exceptions lie in
 * it, 640 bytes each, as long as its stack refers to them. What one stack can hold is bounded (60 MB), what many hold together is
 * not: so where the heap is nearly full, guests that can fill it end before the process does.
 */
import { getHeapStatistics } from "node:v8";

/** Part of the old generation's limit that may be in use, garbage included. V8 has collected several times before it gets there. */
const FULL = 0.8;
/** What V8 counts into its limit for the young generation, bytes: that is not there for what lives on. */
const YOUNG = 96 * 2 ** 20;
/** The heap is looked at so often at most, ms: a look takes 0.4 us, and a guest makes 1 MB a millisecond. */
const LOOK_MS = 5;

const limit = (getHeapStatistics().heap_size_limit - YOUNG) * FULL;
let lookedAt = 0;
let isFull = false;

/** Is the heap nearly full? `now` is `performance.now()`. */
export function heapIsFull(now: number): boolean {
	if (now - lookedAt < LOOK_MS) return isFull;
	lookedAt = now;
	isFull = getHeapStatistics().used_heap_size > limit;
	return isFull;
}
