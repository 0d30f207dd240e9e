import { expect, it, vi } from "vitest";
import { createRandom } from "./random.ts";

let seeds = 0;
const randomBytes = vi.fn((length: number) => new Uint8Array(length).fill(++seeds));

it("is seeded at its first use, and not before", () => {
	const { random } = createRandom(randomBytes);
	expect(randomBytes).not.toHaveBeenCalled();
	const drawn = Array.from({ length: 1000 }, random);
	expect(randomBytes).toHaveBeenCalledExactlyOnceWith(16);
	expect(drawn.every((it) => it >= 0 && it < 1)).toBe(true);
	expect(new Set(drawn).size).toBe(1000);
});

it("goes on with another sequence when it is seeded anew, also for who has kept the function", () => {
	const seed = vi.fn((length: number) => new Uint8Array(length).fill(7));
	const { random, reseed } = createRandom(seed);
	const first = [random(), random()];
	reseed();
	expect([random(), random()]).toEqual(first);
	expect(seed).toHaveBeenCalledTimes(2);
});
