/** Programs that mark what they write (`build/meter/marks.ts`): they compute the same, for the same fuel, and miss nothing. */
import { describe, expect, it } from "vitest";
import { PAGE_SHIFT, SLACK } from "../../host/engine/build/meter/marks.ts";
import { IMPORTS, runOf, workloads } from "../bench/metering/workloads.ts";
import { instantiateMetered, type MeteredInstance } from "../support/metered.ts";

interface Memory {
	bytes: Buffer;
	map: Uint8Array;
}

function memoryOf({ exports, metered: { meta } }: MeteredInstance): Memory {
	const named = (it: { export: string }) => exports[it.export] as WebAssembly.Memory;
	return { bytes: Buffer.from(named(meta.memories[0]!).buffer), map: new Uint8Array(named(meta.maps![0]!).buffer) };
}

describe("a program in C that marks what it writes", () => {
	it.each(workloads().map((it) => [it.name, it] as const))("%s", (_name, { bytes, times }) => {
		const some = Math.ceil(times / 50);
		const plain = instantiateMetered(bytes, { imports: IMPORTS });
		const tracked = instantiateMetered(bytes, { imports: IMPORTS, tracked: true });
		const before = Buffer.from(memoryOf(tracked).bytes);
		expect(runOf(tracked.exports)(some)).toBe(runOf(plain.exports)(some));
		expect(tracked.fuel()).toBe(plain.fuel());

		const { bytes: after, map } = memoryOf(tracked);
		const isMarked = (at: number): boolean => map[Math.floor(at / 2 ** PAGE_SHIFT)] === 1;
		let changed = 0;
		const missed: number[] = [];
		for (let at = 0; at < before.length; at += SLACK) {
			if (before.compare(after, at, at + SLACK, at, at + SLACK) === 0) continue;
			changed++;
			if (!isMarked(at) && !isMarked(at - SLACK)) missed.push(at);
		}
		expect(missed).toEqual([]);
		expect(changed).toBeGreaterThan(0);
		// Not all is marked, either.
		expect(map.subarray(0, before.length >> PAGE_SHIFT).every((it) => it === 1)).toBe(false);
	});
});
