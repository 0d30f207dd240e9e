import { describe, expect, it } from "vitest";
import { createPlacement, homeOf } from "./placement.ts";
import type { Peer } from "./protocol.ts";

/** Names whose home is a slot of two. */
function named(slot: number, count: number): string[] {
	const names: string[] = [];
	for (let index = 0; names.length < count; index++) if (homeOf(`f${index}`, 2) === slot) names.push(`f${index}`);
	return names;
}

function peers(...runnable: (number | null)[]): Peer[] {
	return runnable.map((it, slot) => ({
		slot,
		path: it === null ? null : `${slot}.sock`,
		running: 0,
		runnable: it ?? 0,
		memoryBytes: 0,
	}));
}

function place(runnable = 0) {
	const at = { now: 1000, runnable };
	const placement = createPlacement({ slot: 0, idleMs: 60_000, runnable: () => at.runnable, now: () => at.now });
	placement.update(peers(0, 0));
	return { at, placement };
}

const [here, there] = [named(0, 1)[0]!, named(1, 1)[0]!];

describe("a function that is called now and then", () => {
	it("is served at its home, wherever its requests come in", () => {
		const { at, placement } = place();
		for (let count = 0; count < 100; count++, at.now += 100) {
			expect(placement.elsewhere(here)).toBeNull();
			expect(placement.elsewhere(there)?.slot).toBe(1);
			placement.back(there);
		}
	});

	it("has a home that is spread evenly, and is the same for all", () => {
		const counts = [0, 0, 0];
		for (let index = 0; index < 3000; index++) counts[homeOf(`function-${index}`, 3)]!++;
		for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
	});

	it("is served here while its home has no process", () => {
		const { placement } = place();
		placement.update(peers(0, null));
		expect(placement.elsewhere(there)).toBeNull();
	});
});

describe("a function that is called often", () => {
	it("is served here too, after some requests within a second, until it is idle", () => {
		const { at, placement } = place();
		let handed = 0;
		for (let count = 0; count < 50; count++) {
			if (placement.elsewhere(there) === null) continue;
			handed++;
			placement.back(there);
		}
		expect(handed).toBe(20);
		at.now += 59_000;
		expect(placement.elsewhere(there)).toBeNull();
		at.now += 61_000;
		expect(placement.elsewhere(there)?.slot).toBe(1);
	});

	it("is served here too where several wait for its home", () => {
		const { placement } = place();
		const chosen = Array.from({ length: 6 }, () => placement.elsewhere(there)?.slot ?? null);
		expect(chosen).toEqual([1, 1, 1, 1, null, null]);
	});
});

describe("where guests wait for the core", () => {
	it("an invocation that will use much of it goes to who has fewer, one that will not stays", () => {
		const { placement } = place(3);
		placement.update(peers(3, 1));
		placement.ended(here, 50);
		// Each one handed over counts until there is news.
		expect(Array.from({ length: 3 }, () => placement.elsewhere(here)?.slot ?? null)).toEqual([1, 1, null]);
		const light = named(0, 2)[1]!;
		placement.ended(light, 0.1);
		placement.update(peers(3, 0));
		expect(placement.elsewhere(light)).toBeNull();
	});
});
