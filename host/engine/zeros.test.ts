import { describe, expect, it } from "vitest";
import { CHUNK, empty, scanOf } from "./zeros.ts";

const PAGE = 65_536;

describe("a scan", () => {
	const memory = new WebAssembly.Memory({ initial: 3 });
	const bytes = new Uint8Array(memory.buffer);
	const scan = scanOf(memory);

	it("of what is empty reaches the end, wherever it begins", () => {
		for (const [start, end] of [
			[0, 3 * PAGE],
			[0, 0],
			[PAGE, PAGE],
			[128, 256],
			[2 * PAGE, 3 * PAGE],
		] as const)
			expect(scan(start, end)).toBe(end);
	});

	it("finds any bit of any byte", () => {
		for (const at of [0, 1, 15, 16, 31, 64, 127, 128, 255, PAGE - 1, PAGE, 2 * PAGE + 77, 3 * PAGE - 1]) {
			for (const value of [1, 0x80]) {
				bytes[at] = value;
				const step = at - (at % 128);
				expect([at, scan(0, 3 * PAGE)]).toEqual([at, step]);
				// What lies before the start, or after the end, is not looked at.
				expect(scan(step + 128, 3 * PAGE)).toBe(3 * PAGE);
				expect(scan(0, step)).toBe(step);
				bytes[at] = 0;
			}
		}
	});

	it("is made once for a memory", () => {
		expect(scanOf(memory)).toBe(scan);
		expect(scanOf(new WebAssembly.Memory({ initial: 1 }))).not.toBe(scan);
	});
});

it("emptying leaves zeros alone, wherever something was", () => {
	const memory = new WebAssembly.Memory({ initial: 2 });
	const bytes = new Uint8Array(memory.buffer);
	for (const at of [0, CHUNK - 1, CHUNK, 5 * CHUNK + 3, 2 * PAGE - 1]) bytes[at] = 7;
	empty(memory);
	expect(bytes.every((it) => it === 0)).toBe(true);
});
