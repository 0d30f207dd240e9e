import { describe, expect, it } from "vitest";
import { LocalBooks } from "./permits.ts";

describe("permits of one process", () => {
	it("are as many as the limit, shared and of each function", () => {
		const books = new LocalBooks(1);
		const own = books.of("f", 1);
		expect([books.shared.take(), books.shared.take()]).toEqual([true, false]);
		expect([own.take(), own.take()]).toEqual([true, false]);
		own.give();
		expect(own.take()).toBe(true);
	});

	it("come back as they come free where there are fewer now", () => {
		const books = new LocalBooks(3);
		for (let count = 0; count < 3; count++) books.shared.take();
		books.limit(null, 1);
		books.shared.give();
		books.shared.give();
		expect(books.shared.take()).toBe(false);
		books.shared.give();
		expect(books.shared.take()).toBe(true);
	});

	it("are as many as was said last, whatever an older record says", () => {
		const books = new LocalBooks(3);
		books.limit("f", 2);
		const own = books.of("f", 1);
		expect([own.take(), own.take(), own.take()]).toEqual([true, true, false]);
	});

	it("are none of a function that was stopped", async () => {
		const own = new LocalBooks(3).of("f", 0);
		expect(own.take()).toBe(false);
		expect(await own.more()).toBe(false);
		expect(own.reason).toBe("ReservedFunctionConcurrentInvocationLimitExceeded");
	});

	it("are worth another look only when some have come back", async () => {
		const { shared } = new LocalBooks(1);
		shared.take();
		expect(await shared.more()).toBe(false);
		shared.give();
		expect(await shared.more()).toBe(true);
	});
});
