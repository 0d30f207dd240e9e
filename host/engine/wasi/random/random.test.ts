import { describe, expect, it } from "vitest";
import { Trap } from "../../trap.ts";
import { testGuest } from "../testing.ts";
import { MAX_RANDOM } from "./source.ts";

const BYTES = [
	["wasi:random/random", "get-random-bytes"],
	["wasi:random/insecure", "get-insecure-random-bytes"],
] as const;

describe.each(BYTES)("%s %s", (name, method) => {
	it.each([0, 1, 7, 16, 511, 512, 513, 4096, 70_000])("gives %d bytes", async (length) => {
		const test = testGuest();
		const area = await test.result(name, method, BigInt(length));
		expect(test.bytesAt(area).length).toBe(length);
		expect(test.charged).toBe(length);
		// 64 bytes of chance that all are the same: never.
		if (length >= 64) expect(new Set(test.bytesAt(area)).size).toBeGreaterThan(1);
	});

	it("never gives the same twice, small requests among them", async () => {
		const test = testGuest();
		const seen = new Set<string>();
		for (let i = 0; i < 2000; i++) seen.add(test.bytesAt(await test.result(name, method, 16n)).toHex());
		expect(seen.size).toBe(2000);
	});

	it("fills each byte and none beyond", async () => {
		const test = testGuest();
		const union = new Uint8Array(300);
		for (let i = 0; i < 60; i++) {
			const bytes = test.bytesAt(await test.result(name, method, 300n));
			for (const [at, byte] of bytes.entries()) union[at]! |= byte;
		}
		expect(union.every((it) => it === 255)).toBe(true);
		const area = await test.result(name, method, 100n);
		expect(test.memory.bytes(test.memory.getU32(area) + 100, 32).every((it) => it === 0)).toBe(true);
	});

	it("traps beyond 1 MiB, before anything is allocated", async () => {
		const test = testGuest();
		for (const length of [BigInt(MAX_RANDOM) + 1n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n])
			await expect(test.result(name, method, length)).rejects.toThrow(Trap);
		expect(test.allocations).toBe(0);
		expect(test.bytesAt(await test.result(name, method, BigInt(MAX_RANDOM))).length).toBe(MAX_RANDOM);
	});
});

describe("u64", () => {
	it.each([
		["wasi:random/random", "get-random-u64"],
		["wasi:random/insecure", "get-insecure-random-u64"],
	])("of %s uses all of its bits", (name, method) => {
		const test = testGuest();
		let union = 0n;
		for (let i = 0; i < 200; i++) union |= test.call(name, method) as bigint;
		expect(union).toBe(2n ** 64n - 1n);
	});

	it("pairs seed hash maps, each time others", async () => {
		const test = testGuest();
		const seeds = new Set<string>();
		for (let i = 0; i < 100; i++) {
			const area = await test.result("wasi:random/insecure-seed", "insecure-seed");
			seeds.add(`${test.memory.getU64(area)}`).add(`${test.memory.getU64(area + 8)}`);
		}
		expect(seeds.size).toBe(200);
	});
});
