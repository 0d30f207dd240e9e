import { describe, expect, it } from "vitest";
import { Collection } from "./collection.ts";
import { MemoryStock } from "./memory-stock.ts";
import { letMemoriesGrow } from "./v8-flags.ts";

const MB = 2 ** 20;

describe("memories that nobody uses", () => {
	it("are collected when they are many, and counted anew from there", () => {
		let collected = 0;
		const collection = new Collection(() => collected++);
		for (let i = 0; i < 255; i++) collection.drop(MB);
		expect(collected).toBe(0);
		collection.drop(MB);
		expect(collected).toBe(1);
		collection.drop(255 * MB);
		expect(collected).toBe(1);
		collection.drop(1024 * MB);
		expect(collected).toBe(2);
	});

	it("count once the stock does not keep them", () => {
		let collected = 0;
		const stock = new MemoryStock(64 * MB, new Collection(() => collected++));
		const memory = (): WebAssembly.Memory => new WebAssembly.Memory({ initial: 512 });
		for (let i = 0; i < 2; i++) stock.give(memory(), null);
		expect(stock.bytes).toBe(64 * MB);
		for (let i = 0; i < 7; i++) stock.give(memory(), null);
		expect(collected).toBe(0);
		stock.drop(32 * MB);
		expect(collected).toBe(1);
	});

	it("do not stay in the process, with V8 told to let memories grow", async () => {
		letMemoriesGrow();
		const collection = new Collection();
		const before = process.memoryUsage.rss();
		for (let i = 0; i < 40; i++) {
			new Uint8Array(new WebAssembly.Memory({ initial: 1024 }).buffer).fill(1);
			collection.drop(64 * MB);
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
		expect(process.memoryUsage.rss() - before).toBeLessThan(1024 * MB);
	});
});
