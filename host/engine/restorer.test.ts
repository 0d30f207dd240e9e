import { describe, expect, it } from "vitest";
import { PAGE_SHIFT, SLACK } from "./build/meter/marks.ts";
import { Restorer } from "./restorer.ts";
import { runNow } from "./steps.ts";
import { WholeImage } from "./whole-image.ts";

const PAGE = 1 << PAGE_SHIFT;
const WASM_PAGE = 65_536;

/** An instance of one module with a memory and two globals, and what puts it back. */
function restorable(pages: number, fill: (bytes: Buffer) => void = () => {}) {
	const memory = new WebAssembly.Memory({ initial: pages, maximum: 100 });
	const map = new WebAssembly.Memory({ initial: 1 });
	const globals = {
		g: new WebAssembly.Global({ value: "i32", mutable: true }, 5),
		h: new WebAssembly.Global({ value: "i64", mutable: true }, -(2n ** 60n)),
	};
	fill(Buffer.from(memory.buffer));
	const exports = { memory, ...globals } as unknown as WebAssembly.Exports;
	const meta = { memories: [{ export: "memory" }], globals: [{ export: "g" }, { export: "h" }] };
	const artifact = { plan: { instances: [{ module: 0, imports: [] }] }, metas: [meta] };
	const image = runNow(WholeImage.take(artifact as unknown as Parameters<typeof WholeImage.take>[0], [exports]));
	const before = Buffer.from(Buffer.from(memory.buffer));
	const marks = new Uint8Array(map.buffer, 0, (pages * WASM_PAGE) / PAGE).fill(1);
	const restorer = new Restorer(image, [exports], () => map);
	/** Writes and marks, as a store does. */
	const write = (at: number, byte = 0xaa): void => {
		new Uint8Array(memory.buffer)[at] = byte;
		marks[at >> PAGE_SHIFT] = 1;
	};
	const isBack = (): boolean => Buffer.from(memory.buffer).equals(before) && marks.every((it) => it === 0);
	return { memory, image, restorer, marks, globals, write, isBack };
}

const some = (bytes: Buffer): void => {
	for (const page of [0, 1, 2, 7, 16, 40, 41, 47]) bytes.fill(page + 1, page * PAGE + 3, (page + 1) * PAGE - 5);
};

describe("an instance is put back", () => {
	it("wherever it was written to, in pages that held something and in others", () => {
		const { restorer, write, isBack } = restorable(3, some);
		for (let page = 0; page < 48; page++) {
			for (const at of [page * PAGE, page * PAGE + 2000, (page + 1) * PAGE - 1]) write(at);
			expect(restorer.restore()).toBe(true);
			expect([page, isBack()]).toEqual([page, true]);
		}
		for (let at = 0; at < 3 * WASM_PAGE; at += 100) write(at);
		expect(restorer.restore()).toBe(true);
		expect(isBack()).toBe(true);
	});

	it("behind each page as far as its mark stands for", () => {
		const { memory, restorer, marks, isBack } = restorable(3, some);
		for (let page = 0; page < 47; page++) {
			new Uint8Array(memory.buffer).fill(0xbb, page * PAGE + 9, (page + 1) * PAGE + SLACK);
			marks[page] = 1;
			restorer.restore();
			expect([page, isBack()]).toEqual([page, true]);
		}
	});

	it("and what is not marked is not looked at", () => {
		const { memory, restorer, isBack } = restorable(1);
		new Uint8Array(memory.buffer)[5000] = 1;
		restorer.restore();
		expect(isBack()).toBe(false);
	});

	it("in steps, when it was all written to", () => {
		const { restorer, write, isBack } = restorable(50, some);
		for (let at = 0; at < 50 * WASM_PAGE; at += PAGE) write(at);
		let steps = 0;
		const restoring = restorer.restoreInSteps();
		for (let next = restoring.next(); !next.done; next = restoring.next()) steps++;
		expect(steps).toBeGreaterThan(2);
		expect(isBack()).toBe(true);
	});

	it("with its globals", () => {
		const { restorer, globals } = restorable(1);
		globals.g.value = 77;
		globals.h.value = 77n;
		expect(restorer.restore()).toBe(true);
		expect([globals.g.value, globals.h.value]).toEqual([5, -(2n ** 60n)]);
	});
});

describe("it cannot be", () => {
	it.each([0, 1, 3])("once a memory of %i pages has grown", (pages) => {
		const { memory, restorer } = restorable(pages);
		expect(restorer.restore()).toBe(true);
		memory.grow(1);
		expect(restorer.restore()).toBe(false);
		expect(runNow(restorer.restoreInSteps())).toBe(false);
	});
});

it("an image keeps the pages that hold something", () => {
	expect(restorable(3, some).image).toMatchObject({ bytes: 8 * 4096, memoryBytes: 3 * WASM_PAGE });
	expect(restorable(0).image).toMatchObject({ bytes: 0, memoryBytes: 0 });
});
