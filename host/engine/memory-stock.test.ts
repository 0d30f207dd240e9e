import { describe, expect, it } from "vitest";
import { Instance } from "./instance.ts";
import { MemoryBudget } from "./memory-budget.ts";
import { MemoryStock } from "./memory-stock.ts";
import { capture } from "./snapshot.ts";
import { runNow } from "./steps.ts";
import { handling, hostSource, testArtifact, testShared, testSpec, testTask } from "./testing.ts";

const PAGE = 65_536;
const MiB = 2 ** 20;

const bytesOf = (memory: WebAssembly.Memory): Uint8Array => new Uint8Array(memory.buffer);
const isZero = (memory: WebAssembly.Memory): boolean => bytesOf(memory).every((it) => it === 0);
const turns = async (): Promise<void> => {
	for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** A memory that something was written to, all over. */
function used(pages: number, maximum?: number): WebAssembly.Memory {
	const memory = new WebAssembly.Memory({ initial: pages, maximum });
	for (let at = 1000; at < memory.buffer.byteLength; at += 30_000) bytesOf(memory)[at] = 7;
	bytesOf(memory)[memory.buffer.byteLength - 1] = 9;
	return memory;
}

describe("a memory that is left", () => {
	it.each([
		["at once", async () => {}],
		["after a while", turns],
	])("is taken again %s, all zeros", async (_name, wait) => {
		const stock = new MemoryStock(MiB);
		const memory = used(3);
		stock.give(memory, null);
		await wait();
		const again = stock.take(3, null);
		expect(again).toBe(memory);
		expect(isZero(again)).toBe(true);
		expect(stock).toMatchObject({ bytes: 0, memories: 0 });
	});

	it("that is large is cleared piece by piece, and not taken before", async () => {
		const stock = new MemoryStock(64 * MiB);
		const memory = used(320);
		stock.give(memory, null);
		expect(stock.take(320, null)).not.toBe(memory);
		for (let i = 0; i < 3; i++) await turns();
		expect(stock.take(320, null)).toBe(memory);
		expect(isZero(memory)).toBe(true);
	});

	it("is for those who want that size and that maximum alone", () => {
		const stock = new MemoryStock(MiB);
		const memory = used(3, 5);
		stock.give(memory, 5);
		for (const other of [stock.take(2, 5), stock.take(4, 5), stock.take(3, null), stock.take(3, 6)])
			expect(other).not.toBe(memory);
		expect(stock.take(3, 5)).toBe(memory);
	});

	it("that has grown is of its new size", () => {
		const stock = new MemoryStock(MiB);
		const memory = used(1);
		memory.grow(2);
		stock.give(memory, null);
		expect(stock.take(1, null)).not.toBe(memory);
		expect(stock.take(3, null)).toBe(memory);
	});

	it("is not kept beyond the limit, nor if it is huge or empty", () => {
		const stock = new MemoryStock(5 * PAGE);
		for (let i = 0; i < 4; i++) stock.give(used(2), null);
		stock.give(new WebAssembly.Memory({ initial: 0 }), null);
		expect(stock).toMatchObject({ bytes: 4 * PAGE, memories: 2 });
		new MemoryStock(1024 * MiB).give(new WebAssembly.Memory({ initial: 1025 }), null);
		expect(new MemoryStock(1024 * MiB)).toMatchObject({ bytes: 0 });
	});

	it("that nobody wants goes, and all go when asked", async () => {
		const stock = new MemoryStock(MiB);
		stock.give(used(1), null);
		stock.trim(performance.now() - 1000);
		expect(stock.memories).toBe(1);
		stock.trim(performance.now());
		expect(stock).toMatchObject({ bytes: 0, memories: 0 });
		for (let i = 0; i < 3; i++) stock.give(used(1), null);
		expect(stock.drop(PAGE)).toBe(true);
		expect(stock.memories).toBe(2);
		expect([stock.drop(), stock.drop()]).toEqual([true, false]);
		await turns();
	});

	it("makes room for instances before anything else does", () => {
		const budget = new MemoryBudget(80 * PAGE);
		for (let i = 0; i < 10; i++) budget.stock.give(used(1), null);
		expect(budget.stock.memories).toBe(10);
		expect(budget.take(75 * PAGE, 1)).toBe(true);
		expect(budget.stock.memories).toBe(5);
		expect(budget.take(5 * PAGE, 1)).toBe(true);
		expect(budget.stock.memories).toBe(0);
		expect(budget.take(1, 0)).toBe(false);
	});
});

describe("an instance", () => {
	const memoryOf = (instance: Instance): WebAssembly.Memory => instance.cores[0]!.memory as WebAssembly.Memory;
	const writing = handling("(i64.store (i32.const 70000) (i64.const -1))", `(data (i32.const 2000) "there")`);

	async function afterOne(wat: string, settings: Parameters<typeof testTask>[0] = {}, imports = {}) {
		const shared = testShared();
		const artifact = await testArtifact([{ wat, imports }]);
		const first = await Instance.initialise(artifact, testSpec(), shared);
		const memory = memoryOf(first);
		const outcome = await first.invoke(testTask(settings), null);
		first.end();
		return { shared, artifact, memory, outcome };
	}

	it("gets the memory that another left, as new", async () => {
		const { shared, artifact, memory } = await afterOne(writing);
		expect(shared.memory).toMatchObject({ usedBytes: 0, memories: 0 });
		const second = await Instance.initialise(artifact, testSpec(), shared);
		expect(memoryOf(second)).toBe(memory);
		const filled = bytesOf(memory).reduce((count, it) => count + Number(it !== 0), 0);
		expect([filled, Buffer.from(memory.buffer, 2000, 5).toString()]).toEqual([5, "there"]);
		expect((await second.invoke(testTask(), null)).ok).toBe(true);
	});

	it("leaves it also when it trapped by itself", async () => {
		const { shared, outcome } = await afterOne(handling("unreachable"));
		expect(outcome.ok).toBe(false);
		expect(shared.memory.stock.memories).toBe(1);
	});

	it("that was stopped leaves none: something may still be at work on it", async () => {
		const imports = {
			"h sleep": hostSource("wasi:clocks/monotonic-clock", "subscribe-duration"),
			"h block": hostSource("wasi:io/poll", "[method]pollable.block"),
		};
		const wat = handling(
			"(call $block (call $sleep (i64.const 3600000000000)))",
			`(import "h" "sleep" (func $sleep (param i64) (result i32))) (import "h" "block" (func $block (param i32)))`,
		);
		const { shared, outcome } = await afterOne(wat, { timeoutMs: 5 }, imports);
		expect(outcome).toMatchObject({ failure: { kind: "timeout" } });
		expect(shared.memory.stock.memories).toBe(0);
	});

	it("that starts from a snapshot of a grown memory gets one of that size", async () => {
		const wat = `(module (memory (export "memory") 1)
			(func $s (drop (memory.grow (i32.const 2))) (i32.store (i32.const 150000) (i32.const 5))) (start $s)
			(func (export "handle")))`;
		const artifact = await testArtifact([{ wat }]);
		const shared = testShared();
		const initialised = await Instance.initialise(artifact, testSpec(), shared);
		const fresh = await Instance.blank(artifact, testSpec(), shared);
		const snapshot = runNow(capture(artifact, initialised.cores, fresh.cores, []))!;
		fresh.end();
		initialised.end();
		expect(shared.memory.stock.memories).toBe(1);
		const first = await Instance.restore(artifact, testSpec(), shared, snapshot);
		const memory = memoryOf(first);
		first.end();
		const restored = await Instance.restore(artifact, testSpec(), shared, snapshot);
		expect(memoryOf(restored)).toBe(memory);
		expect([restored.memoryBytes, bytesOf(memory)[150_000]]).toEqual([3 * PAGE, 5]);
		expect(shared.memory.usedBytes).toBe(3 * PAGE);
	});
});
