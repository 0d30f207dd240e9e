import { describe, expect, it } from "vitest";
import type { AliasRecord } from "../store/types.ts";
import { chooseVersion, isVersion } from "./qualifiers.ts";

const alias = (weights: Record<string, number>): AliasRecord => ({
	functionName: "f",
	name: "live",
	version: "1",
	description: "",
	weights,
	revisionId: "r",
});

describe("the version behind an alias", () => {
	it("is its own where nothing else has a weight", () => {
		expect(chooseVersion(alias({}), () => 0)).toBe("1");
		expect(chooseVersion(alias({ 2: 0 }), () => 0)).toBe("1");
	});

	it.each([
		[0, "2"],
		[0.29, "2"],
		[0.3, "1"],
		[0.999, "1"],
	])("with 0.3 on another is, for %d, %s", (random, version) => {
		expect(chooseVersion(alias({ 2: 0.3 }), () => random)).toBe(version);
	});

	it("may be never its own", () => {
		expect(chooseVersion(alias({ 2: 1 }), () => 0.999_999)).toBe("2");
	});

	it("comes in the shares that were asked for", () => {
		let second = 0;
		for (let i = 0; i < 10_000; i++) if (chooseVersion(alias({ 2: 0.2 })) === "2") second++;
		// Ten standard deviations: 0.4 % of 10,000 each.
		expect(Math.abs(second - 2000)).toBeLessThan(400);
	});

	it("is a number, where an alias is none", () => {
		expect(["1", "1234"].every(isVersion)).toBe(true);
		expect(["$LATEST", "live", "1a", "", "2024-01-02"].some(isVersion)).toBe(false);
	});
});
