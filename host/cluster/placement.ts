/**
 * Which worker serves an invocation that came in here. A function has a home, so that ten thousand functions that are called
 * now and then have one warm instance each, and not one in every worker. One that is called often is served wherever its
 * requests come in, since to hand a request over costs more than to serve a small one.
 */
import type { Peer } from "./protocol.ts";

/** So many requests handed over within a second, or at once, and the function is served here too. */
const GROW_A_SECOND = 20;
const GROW_AT_ONCE = 4;
/** Guests that use so much CPU on average, ms, are worth handing over when others wait for the core here. */
const HEAVY_MS = 2;
/** Functions that are remembered; the one longest unused is forgotten first. */
const CAPACITY = 20_000;

interface Known {
	/** Served here until this time at least, ms; 0 if it never was. */
	until: number;
	/** Handed over and not answered yet. */
	away: number;
	/** The second that `handed` counts. */
	second: number;
	handed: number;
	/** Mean CPU time of an invocation, ms; null before the first. */
	cpuMs: number | null;
}

export interface Placement {
	/** The worker to hand a request to, or null to serve it here. Whoever hands over calls `back` when the answer has come. */
	elsewhere(functionName: string): Peer | null;
	back(functionName: string): void;
	/** An invocation has ended here. */
	ended(functionName: string, cpuMs: number): void;
	/** What control told of all workers. */
	update(peers: readonly Peer[]): void;
}

export interface PlacementOptions {
	slot: number;
	/** A function that was not called for so long is served at its home alone again, ms. */
	idleMs: number;
	/** Guests that wait for the core here. */
	runnable(): number;
	/** ms. */
	now?(): number;
}

export function createPlacement({
	slot,
	idleMs,
	runnable,
	now = () => performance.now(),
}: PlacementOptions): Placement {
	let peers: readonly Peer[] = [];
	const functions = new Map<string, Known>();

	function known(name: string): Known {
		const found = functions.get(name);
		if (found !== undefined) return found;
		if (functions.size >= CAPACITY) functions.delete(functions.keys().next().value!);
		const made = { until: 0, away: 0, second: 0, handed: 0, cpuMs: null };
		functions.set(name, made);
		return made;
	}

	/** Counts a request that the home could be given; false if there were too many. */
	function mayHand(it: Known, at: number): boolean {
		const second = Math.floor(at / 1000);
		if (it.second !== second) {
			it.second = second;
			it.handed = 0;
		}
		it.handed++;
		return it.handed <= GROW_A_SECOND && it.away < GROW_AT_ONCE;
	}

	/** Somebody with fewer guests that wait for the core, for one that would have to wait here. */
	function relief(it: Known): Peer | null {
		const here = runnable();
		if (here === 0 || (it.cpuMs !== null && it.cpuMs < HEAVY_MS)) return null;
		let least: Peer | null = null;
		for (const peer of peers) {
			if (peer.slot === slot || peer.path === null || peer.runnable >= here) continue;
			if (least === null || peer.runnable < least.runnable) least = peer;
		}
		return least;
	}

	function choose(name: string, it: Known): Peer | null {
		const home = peers[homeOf(name, peers.length)];
		const at = now();
		const here = home === undefined || home.slot === slot || home.path === null || it.until > at;
		if (!here && mayHand(it, at)) return home;
		it.until = at + idleMs;
		return relief(it);
	}

	return {
		elsewhere(name) {
			if (peers.length < 2) return null;
			const it = known(name);
			const peer = choose(name, it);
			if (peer !== null) {
				it.away++;
				// Until the next news of it, what is handed over counts.
				peer.runnable += it.cpuMs === null || it.cpuMs >= HEAVY_MS ? 1 : 0;
			}
			return peer;
		},
		back(name) {
			const it = functions.get(name);
			if (it !== undefined && it.away > 0) it.away--;
		},
		ended(name, cpuMs) {
			if (peers.length < 2) return;
			const it = known(name);
			it.cpuMs = it.cpuMs === null ? cpuMs : it.cpuMs * 0.8 + cpuMs * 0.2;
		},
		update(all) {
			peers = all;
		},
	};
}

/** The slot of a function's home (FNV-1a over its name); the same in every process. */
export function homeOf(functionName: string, workers: number): number {
	let hash = 0x811c9dc5;
	for (let index = 0; index < functionName.length; index++)
		hash = Math.imul(hash ^ functionName.charCodeAt(index), 0x01000193);
	return (hash >>> 0) % workers;
}
