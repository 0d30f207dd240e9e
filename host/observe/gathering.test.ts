import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Gathering } from "./gathering.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** One that waits, and says its name when it writes. */
const waiting = (name: string, wrote: string[]) => ({ write: () => void wrote.push(name) });

describe("what waits", () => {
	it("is written together, each once, 50 ms after the first came", () => {
		const gathering = new Gathering();
		const wrote: string[] = [];
		const [a, b] = [waiting("a", wrote), waiting("b", wrote)];
		gathering.add(a);
		vi.advanceTimersByTime(40);
		gathering.add(b);
		gathering.add(a);
		vi.advanceTimersByTime(9);
		expect(wrote).toEqual([]);
		vi.advanceTimersByTime(1);
		expect(wrote).toEqual(["a", "b"]);
		vi.advanceTimersByTime(1000);
		expect(wrote).toEqual(["a", "b"]);
	});

	it("may come again as it writes", () => {
		const gathering = new Gathering();
		const wrote: string[] = [];
		const again = {
			write() {
				wrote.push("again");
				if (wrote.length < 3) gathering.add(again);
			},
		};
		gathering.add(again);
		vi.advanceTimersByTime(50);
		expect(wrote.length).toBe(1);
		vi.advanceTimersByTime(1000);
		expect(wrote.length).toBe(3);
	});

	it("is not written once it was taken out, and leaves no timer", () => {
		const gathering = new Gathering();
		const wrote: string[] = [];
		const [a, b] = [waiting("a", wrote), waiting("b", wrote)];
		gathering.add(a);
		gathering.add(b);
		gathering.remove(a);
		gathering.remove(a);
		expect(vi.getTimerCount()).toBe(1);
		gathering.remove(b);
		expect(vi.getTimerCount()).toBe(0);
		gathering.add(a);
		vi.advanceTimersByTime(50);
		expect(wrote).toEqual(["a"]);
	});
});
