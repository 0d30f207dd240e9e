/** What metering charges the workloads, against the exact cost of what they execute. */
import { describe, expect, it } from "vitest";
import { instantiateMetered } from "../../support/metered.ts";
import { countExactly, EXACT } from "./exact.ts";
import { IMPORTS, runOf, workloads } from "./workloads.ts";

/** The goal: no program pays more than this for what it executes. */
const MOST = 3.2;

describe.each(workloads().map((it) => [it.name, it] as const))("%s", (_, { bytes, times }) => {
	it("computes the same when it is metered, pays for all it does, and not much more", { timeout: 30_000 }, () => {
		const some = Math.ceil(times / 50);
		const counted = new WebAssembly.Instance(new WebAssembly.Module(countExactly(bytes)), IMPORTS).exports;
		const expected = runOf(counted)(some);
		const exact = Number((counted[EXACT] as WebAssembly.Global).value);
		const used = [1000, 77_777, 1e9].map((slice) => {
			const metered = instantiateMetered(bytes, { imports: IMPORTS, slice });
			expect(runOf(metered.exports)(some)).toBe(expected);
			return metered.fuel();
		});
		expect(new Set(used).size).toBe(1);
		expect(used[0]).toBeGreaterThanOrEqual(exact - 7);
		expect(used[0]).toBeLessThanOrEqual(exact * MOST);
	});
});
