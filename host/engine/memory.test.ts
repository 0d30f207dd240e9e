import { describe, expect, it } from "vitest";
import { GuestMemory, type StringEncoding } from "./memory.ts";
import { Trap } from "./trap.ts";

/** A memory of one page whose allocator gives the next room, and grows the memory when told to. */
function setup(encoding: StringEncoding = "utf8", growAt = Number.POSITIVE_INFINITY) {
	const wasm = new WebAssembly.Memory({ initial: 1 });
	let top = 1024;
	let calls = 0;
	const realloc = (_old: number, _oldSize: number, align: number, size: number) => {
		calls += 1;
		if (calls >= growAt) wasm.grow(1);
		const at = Math.ceil(top / align) * align;
		top = at + size;
		return at;
	};
	return { wasm, memory: new GuestMemory(wasm, realloc, encoding), calls: () => calls };
}

const at = 16;

describe("lists of bytes as text", () => {
	it.each(["", "a", "text/plain", "caf\u00e9 \xff\0", "x".repeat(100_000)])(
		"%# come back as they were written",
		(text) => {
			const { memory, wasm } = setup();
			wasm.grow(2);
			memory.writeLatin1(at, text);
			expect(memory.getU32(at + 4)).toBe(text.length);
			expect(memory.latin1(memory.getU32(at), memory.getU32(at + 4))).toBe(text);
		},
	);

	it("empty take no room", () => {
		const { memory, calls } = setup();
		memory.writeLatin1(at, "");
		memory.writeString(at, "");
		expect(calls()).toBe(0);
	});

	it.each([
		[65_536, 1],
		[65_535, 2],
		[2 ** 32 - 1, 1],
		[0, 2 ** 32 - 1],
		[-1, 1],
	])("trap out of bounds: %i, %i", (pointer, length) => {
		expect(() => setup().memory.latin1(pointer, length)).toThrow(Trap);
	});
});

describe("strings", () => {
	it.each(["utf8", "utf16", "latin1+utf16"] as const)("come back as they were written, in %s", (encoding) => {
		const { memory } = setup(encoding);
		for (const text of ["", "a", "caf\u00e9", "\u20ac \u{1d11e}"]) {
			memory.writeString(at, text);
			expect(memory.string(memory.getU32(at), memory.getU32(at + 4))).toBe(text);
		}
		expect(memory.utf8).toBe(encoding === "utf8");
	});

	it("are well-formed in the guest, whatever they are here", () => {
		const { memory } = setup();
		memory.writeString(at, "a\ud800b");
		expect(memory.string(memory.getU32(at), memory.getU32(at + 4))).toBe("a\ufffdb");
	});
});

describe("a memory that grows", () => {
	it("in the guest's allocator is written to where it is then", () => {
		const { memory, wasm } = setup("utf8", 1);
		for (const text of ["one", "two", "caf\u00e9"]) {
			memory.writeLatin1(at, text);
			expect(memory.latin1(memory.getU32(at), memory.getU32(at + 4))).toBe(text);
			memory.writeString(at, text);
			expect(memory.string(memory.getU32(at), memory.getU32(at + 4))).toBe(text);
		}
		expect(wasm.buffer.byteLength).toBe(7 * 65_536);
	});

	it("by nothing, or from nothing, is seen all the same", () => {
		const wasm = new WebAssembly.Memory({ initial: 0 });
		const memory = new GuestMemory(wasm);
		expect(() => memory.getU8(0)).toThrow(Trap);
		wasm.grow(1);
		memory.setU32(65_532, 7);
		wasm.grow(0);
		expect(memory.getU32(65_532)).toBe(7);
		expect(() => memory.getU8(65_536)).toThrow(Trap);
		wasm.grow(1);
		memory.setU8(65_536, 9);
		expect(new Uint8Array(wasm.buffer)[65_536]).toBe(9);
	});
});
