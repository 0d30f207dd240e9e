import { describe, expect, it } from "vitest";
import { Reader } from "./reader.ts";
import { Writer } from "./writer.ts";

const UNSIGNED = [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 624_485, 2 ** 31, 2 ** 32 - 1];
const SIGNED = [0, 1, -1, 63, 64, -64, -65, 127, 128, -123_456, 2 ** 31 - 1, -(2 ** 31)];

describe("Writer", () => {
	it("writes integers as the reader reads them", () => {
		const out = new Writer(1);
		for (const value of UNSIGNED) out.u32(value);
		for (const value of SIGNED) out.s32(value);
		const reader = new Reader(out.done());
		expect(UNSIGNED.map(() => reader.u32())).toEqual(UNSIGNED);
		expect(SIGNED.map(() => reader.s32())).toEqual(SIGNED);
		expect(reader.done).toBe(true);
	});

	it("writes the shortest form", () => {
		expect([...new Writer().u32(624_485).done()]).toEqual([0xe5, 0x8e, 0x26]);
		expect([...new Writer().s32(-123_456).done()]).toEqual([0xc0, 0xbb, 0x78]);
		expect([...new Writer().s32(64).done()]).toEqual([0xc0, 0x00]);
		expect([...new Writer().s32(-64).done()]).toEqual([0x40]);
	});

	it("writes unsigned integers beyond 32 bits", () => {
		expect(new Reader(new Writer().u32(2 ** 40 + 5).done()).u64()).toBe(2n ** 40n + 5n);
	});

	it("writes names by their length in bytes", () => {
		expect([...new Writer().name("zä").done()]).toEqual([3, 0x7a, 0xc3, 0xa4]);
	});

	it("copies short and long parts alike", () => {
		const bytes = Uint8Array.from({ length: 300 }, (_, i) => i % 251);
		const out = new Writer(1).put(bytes, 3, 10).put(bytes, 10, 290).put(bytes, 290);
		expect(out.done()).toEqual(bytes.slice(3));
	});

	it.each([0, 0x7f, 0x80, 0x4000, 0x20_0000])("puts a length of %i before what was written", (length) => {
		const content = new Uint8Array(length).fill(7);
		const out = new Writer(4).byte(0xaa);
		out.put(content).prefixLength(1);
		out.byte(0xbb);
		const expected = new Writer().byte(0xaa).sized(content).byte(0xbb).done();
		expect(Buffer.compare(out.done(), expected)).toBe(0);
	});

	it("gives bytes that later writes do not change", () => {
		const out = new Writer(16).byte(1);
		const done = out.done();
		out.pos = 0;
		out.byte(2);
		expect([...done]).toEqual([1]);
	});
});
