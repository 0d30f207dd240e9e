import { describe, expect, it } from "vitest";
import { Lru } from "./lru.ts";

function cache(limit: number) {
	const made: string[] = [];
	const lru = new Lru<string>(limit, (it) => it.length);
	const get = (key: string, value = key): Promise<string> =>
		lru.get(key, async () => {
			made.push(key);
			return value;
		});
	return { lru, made, get };
}

describe("what is kept", () => {
	it("is made once, however many ask at once", async () => {
		const { made, get, lru } = cache(10);
		expect(await Promise.all([get("a"), get("a"), get("a")])).toEqual(["a", "a", "a"]);
		expect([made, lru.bytes, lru.size]).toEqual([["a"], 1, 1]);
	});

	it("is at most as large as the limit: the one longest unused goes first", async () => {
		const { made, get, lru } = cache(10);
		for (const key of ["a", "b", "c"]) await get(key, key.repeat(4));
		expect(lru.bytes).toBe(8);
		await get("b");
		await get("d", "dddd");
		made.length = 0;
		for (const key of ["b", "d"]) await get(key);
		expect(made).toEqual([]);
		await get("c", "cccc");
		expect(made).toEqual(["c"]);
	});

	it("may be one alone that is larger than the limit", async () => {
		const { made, get, lru } = cache(3);
		await get("a");
		await get("b", "b".repeat(100));
		expect([lru.bytes, lru.size]).toEqual([100, 1]);
		await get("b");
		expect(made).toEqual(["a", "b"]);
	});

	it("is replaced by what is set", async () => {
		const { get, lru } = cache(10);
		await get("a", "old");
		lru.set("a", "newer");
		expect(await get("a")).toBe("newer");
		expect(lru.bytes).toBe(5);
	});

	it("is never a failure", async () => {
		const lru = new Lru<string>(10, (it) => it.length);
		await expect(lru.get("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
		expect(lru.size).toBe(0);
		expect(await lru.get("a", async () => "yes")).toBe("yes");
	});

	it("goes when it was not used for long, unless it is needed", async () => {
		const { get, lru } = cache(10);
		for (const key of ["a", "b"]) await get(key);
		lru.trim(performance.now() - 1000, () => false);
		expect(lru.size).toBe(2);
		lru.trim(performance.now(), (key) => key === "a");
		expect([lru.size, lru.bytes]).toEqual([1, 1]);
	});

	it("does not count what was forgotten while it was made", async () => {
		const lru = new Lru<string>(10, (it) => it.length);
		const { promise, resolve } = Promise.withResolvers<string>();
		void lru.get("a", () => promise);
		lru.trim(performance.now(), () => false);
		resolve("aaaa");
		await promise;
		expect([lru.size, lru.bytes]).toEqual([0, 0]);
	});
});
