import { describe, expect, it } from "vitest";
import { RECENT, Stats } from "./stats.ts";
import { failureOf, startOf, usageOf } from "./testing.ts";

describe("stats", () => {
	it("counts invocations and errors, and has the newest first", () => {
		const stats = new Stats();
		expect(stats.read()).toEqual({ invocations: 0, errors: 0, recent: [] });
		stats.add(startOf({ requestId: "a" }), 1000, usageOf(), null);
		stats.add(startOf({ requestId: "b" }), 2000, usageOf({ fuel: 7 }), failureOf("timeout"));
		expect(stats.read()).toEqual({
			invocations: 2,
			errors: 1,
			recent: [
				{
					functionName: "echo",
					version: "$LATEST",
					requestId: "b",
					endedAt: 2000,
					usage: usageOf({ fuel: 7 }),
					failure: { kind: "timeout", errorType: "Runtime.ExitError", errorMessage: "it went wrong" },
				},
				expect.objectContaining({ requestId: "a", failure: null }),
			],
		});
	});

	it("remembers a bounded number, each with bounded text", () => {
		const stats = new Stats();
		const failure = failureOf("handled", { errorMessage: "m".repeat(1_000_000), errorType: "t".repeat(1_000_000) });
		for (let index = 0; index < RECENT + 10; index++)
			stats.add(startOf({ requestId: `${index}` }), index, usageOf(), failure);
		const { invocations, recent } = stats.read();
		expect(invocations).toBe(RECENT + 10);
		expect(recent.map((it) => it.requestId)).toEqual(
			Array.from({ length: RECENT }, (_, index) => `${RECENT + 9 - index}`),
		);
		expect(JSON.stringify(recent).length).toBeLessThan(RECENT * 3000);
	});
});
