import { describe, expect, it } from "vitest";
import { PAGE_SHIFT, SLACK } from "./build/meter/marks.ts";
import { GuestMemory, type StringEncoding } from "./memory.ts";
import { Trap } from "./trap.ts";

const PAGE = 65_536;

interface Made {
	wasm: WebAssembly.Memory;
	memory: GuestMemory;
	/** What realloc was asked for: alignment and size. */
	asked: [align: number, size: number][];
}

/** A memory of one page whose allocator gives `at`, or room from 1024 on; `grow` makes it grow at each call. */
function made(encoding: StringEncoding = "utf8", at?: number, grow = 0): Made {
	const wasm = new WebAssembly.Memory({ initial: 1 });
	const asked: [number, number][] = [];
	let top = 1024;
	const memory = new GuestMemory(
		wasm,
		(_old, _size, align, size) => {
			asked.push([align, size]);
			if (grow > 0) wasm.grow(grow);
			if (at !== undefined) return at;
			const start = Math.ceil(top / align) * align;
			top = start + size;
			return start;
		},
		encoding,
	);
	return { wasm, memory, asked };
}

describe("numbers", () => {
	it("are little-endian, at the last place that has room for them", () => {
		const { memory, wasm } = made();
		memory.setU8(PAGE - 1, 0x12);
		expect(memory.getU8(PAGE - 1)).toBe(0x12);
		memory.setU16(PAGE - 2, 0x1234);
		memory.setU32(PAGE - 8, 0xfedc_ba98);
		expect(memory.getU32(PAGE - 8)).toBe(0xfedc_ba98);
		memory.setU64(PAGE - 8, 0xfedc_ba98_7654_3210n);
		expect(memory.getU64(PAGE - 8)).toBe(0xfedc_ba98_7654_3210n);
		for (const value of [0, 1, 0xffff_ffff, 2 ** 32, 1_795_953_432_889, Number.MAX_SAFE_INTEGER]) {
			memory.setSafeU64(8, value);
			expect(memory.getU64(8)).toBe(BigInt(value));
		}
		expect([...new Uint8Array(wasm.buffer).subarray(PAGE - 8)]).toEqual([
			0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe,
		]);
	});

	it.each([1, 2, 4, 8])("of %i bytes out of bounds trap, wherever the pointer comes from", (size) => {
		const { memory } = made();
		const at = (pointer: number): void => {
			if (size === 1) memory.setU8(pointer, 0);
			if (size === 2) memory.setU16(pointer, 0);
			if (size === 4) memory.setU32(pointer, 0);
			if (size === 8) memory.setU64(pointer, 0n);
		};
		for (const pointer of [PAGE, PAGE + size, 2 ** 32 - size, -size, -(2 ** 31), 2 ** 31])
			expect(() => at(pointer)).toThrow(new Trap("pointer out of bounds of memory"));
	});

	it("that are not aligned trap", () => {
		const { memory } = made();
		expect(() => memory.setU16(1, 0)).toThrow("unaligned");
		for (const at of [1, 2, 3, 6]) expect(() => memory.getU32(at)).toThrow("unaligned");
		for (const at of [4, 12]) expect(() => memory.getU64(at)).toThrow("unaligned");
	});
});

describe("bytes", () => {
	it("are copied, so that they outlive the memory's own", () => {
		const { memory } = made();
		memory.bytes(PAGE - 2, 2).set([1, 2]);
		const copy = memory.copy(PAGE - 2, 2);
		memory.setU16(PAGE - 2, 0);
		expect([...copy]).toEqual([1, 2]);
		expect(memory.copy(PAGE, 0)).toHaveLength(0);
	});

	it("are a view, up to the end and not beyond", () => {
		const { memory } = made();
		memory.bytes(0, PAGE)[PAGE - 1] = 7;
		expect(memory.getU8(PAGE - 1)).toBe(7);
		expect(memory.bytes(PAGE, 0)).toHaveLength(0);
		for (const [pointer, length] of [
			[PAGE, 1],
			[PAGE + 1, 0],
			[0, PAGE + 1],
			[1, -1],
			[-1, -1],
			[-1, 0],
			[2 ** 31, 2 ** 31],
		] as const) {
			expect(() => memory.bytes(pointer, length)).toThrow(Trap);
			expect(() => memory.copy(pointer, length)).toThrow(Trap);
		}
	});

	it("are looked up anew when the memory has grown", () => {
		const { memory, wasm } = made();
		memory.setU8(0, 1);
		wasm.grow(1);
		memory.setU8(PAGE, 2);
		expect([memory.getU8(0), memory.getU8(PAGE)]).toEqual([1, 2]);
	});
});

describe("room", () => {
	it("is asked for by size and alignment, and written to where it is, though the memory moved for it", () => {
		const { memory, asked, wasm } = made("utf8", undefined, 1);
		memory.writeBytes(16, Uint8Array.of(1, 2, 3));
		const [at, length] = [memory.getU32(16), memory.getU32(20)];
		expect([...memory.bytes(at, length)]).toEqual([1, 2, 3]);
		memory.writeString(24, "text");
		expect(memory.string(memory.getU32(24), memory.getU32(28))).toBe("text");
		expect(asked).toEqual([
			[1, 3],
			[1, 4],
		]);
		expect(wasm.buffer.byteLength).toBe(3 * PAGE);
	});

	it.each([PAGE, PAGE - 3, -1, 2 ** 32, 2 ** 31, -(2 ** 31)])("at %i, where there is none, is a trap", (at) => {
		if (at === 2 ** 32) return expect(made("utf8", at).memory.alloc(4, 4)).toBe(0);
		expect(() => made("utf8", at).memory.alloc(8, 1)).toThrow("out of bounds");
		expect(() => made("utf8", at).memory.writeBytes(0, new Uint8Array(8))).toThrow("out of bounds");
	});

	it("that is not aligned is a trap", () => {
		expect(() => made("utf8", 1026).memory.alloc(8, 4)).toThrow("unaligned");
		expect(() => made("utf16", 1025).memory.putString("a")).toThrow("unaligned");
	});

	it("is asked for where there is nothing to write, too: the preview-1 adapter counts these calls", () => {
		for (const encoding of ["utf8", "utf16", "latin1+utf16"] as const) {
			const { memory, asked } = made(encoding);
			memory.putBytes(new Uint8Array());
			memory.writeLatin1(0, "");
			const [pointer, units] = memory.putString("");
			expect(memory.string(pointer, units)).toBe("");
			expect(asked.map(([, size]) => size)).toEqual([0, 0, 0]);
		}
	});

	it("cannot be had without an allocator", () => {
		const memory = new GuestMemory(new WebAssembly.Memory({ initial: 1 }));
		expect(() => memory.alloc(1, 1)).toThrow("no realloc");
		expect(() => memory.putString("a")).toThrow("no realloc");
	});
});

const TEXTS = ["", "ascii", "ü€", "𝄞 clef", "\ufefffirst", "\0zero", "é".repeat(300), "x".repeat(5000)];

describe.each(["utf8", "utf16", "latin1+utf16"] as const)("text in %s", (encoding) => {
	it.each(TEXTS)("%j comes back as it went in", (text) => {
		const { memory } = made(encoding);
		memory.writeString(8, text);
		expect(memory.string(memory.getU32(8), memory.getU32(12))).toBe(text);
	});

	it("of half a surrogate pair goes in as the replacement character", () => {
		const { memory } = made(encoding);
		expect(memory.string(...memory.putString("a\ud800b"))).toBe("a\ufffdb");
	});

	it("out of bounds traps, however long it says it is", () => {
		const { memory } = made(encoding);
		for (const units of [PAGE + 1, 2 ** 31 - 1, 2 ** 31 + PAGE, 2 ** 32 - 1, -1])
			expect(() => memory.string(0, units)).toThrow(Trap);
		expect(() => memory.string(PAGE + 2, 0)).toThrow(Trap);
	});

	it("is cut between characters where only its start is wanted", () => {
		const { memory } = made(encoding);
		for (const text of ["abcdef", "üüüü", "€€€", "𝄞𝄞𝄞", "a𝄞b"]) {
			const [pointer, units] = memory.putString(text);
			for (let max = 0; max <= 16; max++) {
				const start = memory.stringStart(pointer, units, max);
				expect(text.startsWith(start)).toBe(true);
				expect(start.isWellFormed()).toBe(true);
				const isWide = encoding === "utf16" || (units & 0x80000000) !== 0;
				const size = Buffer.byteLength(start, isWide ? "utf16le" : encoding === "utf8" ? "utf8" : "latin1");
				expect(size).toBeLessThanOrEqual(max);
			}
			expect(memory.stringStart(pointer, units, 100)).toBe(text);
		}
		expect(() => memory.stringStart(0, PAGE + 1, 4)).toThrow(Trap);
	});
});

describe("malformed text", () => {
	it.each([
		["a lone continuation byte", [0x80]],
		["a sequence cut off", [0xe2, 0x82]],
		["an overlong form", [0xc0, 0xaf]],
		["a surrogate", [0xed, 0xa0, 0x80]],
		["beyond Unicode", [0xf4, 0x90, 0x80, 0x80]],
	])("in UTF-8, %s, is a trap", (_name, bytes) => {
		const { memory } = made();
		expect(() => memory.string(memory.putBytes(Uint8Array.from(bytes)), bytes.length)).toThrow("malformed text");
	});

	it("in UTF-16 is a trap: a lone surrogate, an odd pointer", () => {
		const { memory } = made("utf16");
		memory.setU16(64, 0xd800);
		memory.setU16(66, 0x61);
		expect(() => memory.string(64, 2)).toThrow("malformed text");
		expect(() => memory.string(65, 1)).toThrow("unaligned");
	});

	it("latin1+utf16: untagged text is one byte a character, tagged text two", () => {
		const { memory } = made("latin1+utf16");
		memory.bytes(64, 4).set([0xfc, 0, 0x61, 0]);
		expect(memory.string(64, 4)).toBe("ü\0a\0");
		expect(memory.string(64, 2 | 0x8000_0000)).toBe("üa");
	});
});

describe("latin1", () => {
	it("keeps all octets", () => {
		const { memory } = made();
		const text = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
		memory.writeLatin1(8, text);
		expect(memory.latin1(memory.getU32(8), memory.getU32(12))).toBe(text);
		expect(() => memory.latin1(PAGE, 1)).toThrow(Trap);
	});
});

describe("what the host writes is marked, where marks are kept:", () => {
	const CARD = 1 << PAGE_SHIFT;
	const AT = 3 * CARD - 1;
	const long = "x".repeat(CARD);
	const odd = "\u20ac".repeat(CARD / 2);
	const writes: [string, (memory: GuestMemory) => void, StringEncoding?][] = [
		["a byte", (memory) => memory.setU8(AT, 1)],
		["two", (memory) => memory.setU16(AT - 1, 0x0101)],
		["four", (memory) => memory.setU32(AT - 3, 0x0101_0101)],
		["eight", (memory) => memory.setU64(AT - 7, -1n)],
		["bytes", (memory) => void memory.putBytes(Buffer.from(long))],
		["a list", (memory) => memory.writeBytes(8 * CARD, Buffer.from(long))],
		["a short list", (memory) => memory.writeLatin1(8 * CARD, "ab")],
		["a list of code units", (memory) => memory.writeLatin1(8 * CARD, long)],
		["a string", (memory) => memory.writeString(8 * CARD, "ab")],
		["a long string", (memory) => memory.writeString(8 * CARD, odd)],
		["a string of UTF-16", (memory) => memory.writeString(8 * CARD, odd), "utf16"],
		["a string of Latin-1", (memory) => memory.writeString(8 * CARD, long), "latin1+utf16"],
		["a string of either", (memory) => memory.writeString(8 * CARD, odd), "latin1+utf16"],
		["a view", (memory) => void memory.writable(AT, CARD + 2).fill(1)],
	];

	it.each(writes)("%s", (_name, write, encoding) => {
		const wasm = new WebAssembly.Memory({ initial: 1 });
		const map = new WebAssembly.Memory({ initial: 1 });
		write(new GuestMemory(wasm, () => AT + 1 - 8, encoding, map));
		const bytes = new Uint8Array(wasm.buffer);
		const marks = new Uint8Array(map.buffer);
		const missed = [...bytes.entries()].filter(([at, it]) => {
			const isMarked = marks[at >> PAGE_SHIFT] === 1 || marks[(at - SLACK) >> PAGE_SHIFT] === 1;
			return it !== 0 && !isMarked;
		});
		expect(missed).toEqual([]);
		expect(bytes.some((it) => it !== 0)).toBe(true);
		expect(marks.some((it) => it !== 0)).toBe(true);
	});

	it("a view of nothing marks nothing, and a view that is only read does not either", () => {
		const map = new WebAssembly.Memory({ initial: 1 });
		const memory = new GuestMemory(new WebAssembly.Memory({ initial: 1 }), undefined, "utf8", map);
		memory.writable(PAGE, 0);
		memory.bytes(0, 100);
		expect(new Uint8Array(map.buffer).some((it) => it !== 0)).toBe(false);
		expect(() => memory.writable(PAGE - 1, 2)).toThrow(Trap);
	});
});
