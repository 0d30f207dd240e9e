import { describe, expect, it } from "vitest";
import { TAIL_BYTES, Tail } from "./tail.ts";

const text = (tail: Tail) => new TextDecoder("utf-8", { fatal: true }).decode(tail.bytes());

describe("the tail", () => {
	it("is all there is, each line with its newline, while that is little", () => {
		const tail = new Tail();
		expect(text(tail)).toBe("");
		tail.push("one");
		tail.push("");
		tail.push("zwei: größe");
		expect(text(tail)).toBe("one\n\nzwei: größe\n");
	});

	it("is the last 4 KB of much", () => {
		const tail = new Tail();
		const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index}`);
		for (const line of lines) tail.push(line);
		expect(tail.bytes()).toHaveLength(TAIL_BYTES);
		expect(`${lines.join("\n")}\n`.endsWith(text(tail))).toBe(true);
	});

	it("splits no character, wherever the cut falls", () => {
		for (let shift = 0; shift < 8; shift++) {
			const tail = new Tail();
			for (let count = 0; count < 3000; count++) tail.push("漢🕯é");
			tail.push("x".repeat(shift));
			expect(tail.bytes().length).toBeGreaterThan(TAIL_BYTES - 4);
			expect(tail.bytes().length).toBeLessThanOrEqual(TAIL_BYTES);
			expect(text(tail)).not.toContain("\ufffd");
		}
	});

	it("of a line longer than it is that line's end", () => {
		const tail = new Tail();
		tail.push(`${"a".repeat(100_000)}${"b".repeat(5000)}`);
		expect(text(tail)).toBe(`${"b".repeat(TAIL_BYTES - 1)}\n`);
	});
});
