import { describe, expect, it } from "vitest";
import { fits } from "./wildcard.ts";

describe("wildcards", () => {
	it.each([
		["", "", true],
		["", "*", true],
		["", "?", false],
		["abc", "abc", true],
		["abc", "ab", false],
		["ab", "abc", false],
		["abc", "a*", true],
		["abc", "*c", true],
		["abc", "a?c", true],
		["abc", "a??c", false],
		["aXbXc", "a*b*c", true],
		["abab", "*ab", true],
		["aab", "*a*b*", true],
		["a.c", "a.c", true],
		["abc", "a.c", false],
		["a*c", "a*c", true],
		["abc", "**", true],
		["ab", "a*b*b", false],
	])("%j fits %j: %s", (text, pattern, expected) => {
		expect(fits(text, pattern)).toBe(expected);
	});

	it("fit what a regular expression of the same meaning fits", () => {
		const letters = "ab*?";
		for (let seed = 0; seed < 4000; seed++) {
			const digits = seed.toString(4).padStart(6, "0");
			const pattern = [...digits.slice(0, 4)].map((it) => letters[Number(it)]).join("");
			const text = [...digits].map((it) => letters[Number(it) % 2]).join("");
			const meant = pattern.replaceAll("*", ".*").replaceAll("?", ".");
			expect([text, pattern, fits(text, pattern)]).toEqual([text, pattern, new RegExp(`^${meant}$`).test(text)]);
		}
	});
});
