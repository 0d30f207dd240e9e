import { describe, expect, it } from "vitest";
import { newUrlId, URL_ID } from "./url-id.ts";

describe("ids of function URLs", () => {
	it("are 32 characters of a-z and 2-7", () => {
		for (let count = 0; count < 200; count++) expect(newUrlId()).toMatch(URL_ID);
	});

	it("use the whole alphabet and do not repeat", () => {
		const ids = Array.from({ length: 500 }, newUrlId);
		expect(new Set(ids).size).toBe(500);
		expect(new Set(ids.join("")).size).toBe(32);
	});

	it("are told from names that look alike", () => {
		expect("A".repeat(32)).not.toMatch(URL_ID);
		expect("a".repeat(31)).not.toMatch(URL_ID);
		expect(`${"a".repeat(31)}1`).not.toMatch(URL_ID);
	});
});
