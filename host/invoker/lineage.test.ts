import { describe, expect, it } from "vitest";
import { roundsOf, tagOf, withRound } from "./lineage.ts";

const F = tagOf("f");
const G = tagOf("g");

describe("a chain's lineage", () => {
	it("counts how often it has passed each function", () => {
		let header = "Root=1-2-3;Parent=4;Sampled=0";
		expect(roundsOf(header, F)).toBe(0);
		header = withRound(header, F);
		expect(header).toBe(`Root=1-2-3;Parent=4;Sampled=0;Lineage=${F}:1`);
		header = withRound(withRound(header, G), F);
		expect(header).toBe(`Root=1-2-3;Parent=4;Sampled=0;Lineage=${G}:1|${F}:2`);
		expect([roundsOf(header, F), roundsOf(header, G)]).toEqual([2, 1]);
	});

	it("is found wherever it stands", () => {
		expect(withRound(`Lineage=${F}:3;Root=1`, F)).toBe(`;Root=1;Lineage=${F}:4`);
		expect(withRound("", F)).toBe(`Lineage=${F}:1`);
	});

	it("is none where a caller made something up", () => {
		for (const made of ["x", `${F}:x`, `${F}:-1`, `${F}:99999999`, `${F}:1:2`, "|||"]) {
			expect(roundsOf(`Root=1;Lineage=${made}`, F), made).toBe(0);
			expect(withRound(`Root=1;Lineage=${made}`, F)).toBe(`Root=1;Lineage=${F}:1`);
		}
	});

	it("does not grow without end", () => {
		let header = "Root=1";
		for (let index = 0; index < 100; index++) header = withRound(header, tagOf(`f${index}`));
		expect(header.split("|")).toHaveLength(32);
		expect(roundsOf(header, tagOf("f99"))).toBe(1);
		expect(roundsOf(header, tagOf("f0"))).toBe(0);
	});
});
