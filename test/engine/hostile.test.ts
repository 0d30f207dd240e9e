/** Guests that mean harm: each gets the failure that the table says, and a neighbour goes on as if nothing were. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FunctionSpec } from "../../host/engine/types.ts";
import { answer, type TestEngine, testEngine } from "../support/engine.ts";
import { guest, guestNames } from "../support/guests.ts";
import { FAILURES, HARMLESS, REFUSED } from "../support/hostile.ts";

let test: TestEngine;
let neighbour: FunctionSpec;

beforeAll(async () => {
	test = await testEngine();
	neighbour = await test.spec(await guest("ok"));
});
afterAll(() => test.close());

it("every guest of the folder has a line here", () => {
	const known = [...Object.keys(FAILURES), ...Object.keys(REFUSED), ...HARMLESS];
	expect(guestNames().sort()).toEqual(known.sort());
});

/** Calls the neighbour until `done` resolves; gives how often it answered. */
async function neighbourMeanwhile(done: Promise<unknown>): Promise<number> {
	let over = false;
	const end = (): void => {
		over = true;
	};
	done.then(end, end);
	let answers = 0;
	do {
		expect(answer(await test.invoke(neighbour, "1"))).toBe('"ok"');
		answers++;
		await new Promise((resolve) => setImmediate(resolve));
	} while (!over);
	return answers;
}

describe.each(Object.entries(FAILURES))("%s", (name, { kind, words }) => {
	it(`fails as ${kind}, while a neighbour is served`, async () => {
		const spec = await test.spec(await guest(name));
		await test.engine.prepare(spec);
		// On a busy machine the neighbour may not get to its second answer in the time of the first.
		for (const timeoutMs of [300, 6000]) {
			const run = test.invoke(spec, "{}", { timeoutMs });
			const answers = await neighbourMeanwhile(run);
			const outcome = await run;
			expect(outcome).toMatchObject({ ok: false, failure: { kind } });
			if (!outcome.ok) expect(outcome.failure.errorMessage).toContain(words);
			// A guest that runs to its timeout gave way many times.
			if (kind !== "timeout" || answers > 1) return;
		}
		throw new Error("the neighbour was not served");
	});

	it("leaves nothing behind: no busy instance, and the next call is like the first", async () => {
		const spec = await test.spec(await guest(name));
		const outcome = await test.invoke(spec, "{}", { timeoutMs: 300 });
		expect(outcome).toMatchObject({ ok: false, failure: { kind } });
		expect(test.engine.stats().busy).toBe(0);
	});
});

describe.each(Object.entries(REFUSED))("%s", (name, words) => {
	it("is refused when it is published, while a neighbour is served", async () => {
		const spec = await test.spec(await guest(name));
		const prepare = test.engine.prepare(spec);
		prepare.catch(() => {});
		await neighbourMeanwhile(prepare);
		await expect(prepare).rejects.toThrow(words);
		expect(test.engine.stats().busy).toBe(0);
	});
});

describe("limits", () => {
	it("memory stays under its cap while a guest grows", async () => {
		const spec = await test.spec(await guest("grow"), { memoryBytes: 16 * 2 ** 20 });
		const outcome = await test.invoke(spec, "", { timeoutMs: 100 });
		expect(outcome.usage.memoryBytes).toBeLessThanOrEqual(16 * 2 ** 20);
		expect(outcome.usage.memoryBytes).toBeGreaterThan(8 * 2 ** 20);
	});

	it("fuel ends a loop, and is the same each time", async () => {
		const spec = await test.spec(await guest("loop"), { fuel: 1_000_000 });
		const outcomes = [await test.invoke(spec, ""), await test.invoke(spec, "")];
		for (const outcome of outcomes) expect(outcome).toMatchObject({ ok: false, failure: { kind: "fuel" } });
		expect(outcomes[0]!.usage.fuel).toBe(outcomes[1]!.usage.fuel);
		expect(outcomes[0]!.usage.fuel).toBeLessThan(1_200_000);
	});

	it("fuel just enough lets a guest through, one less does not", async () => {
		const code = await guest("echo");
		const free = await test.invoke(await test.spec(code), "[1,2,3]");
		const { fuel } = free.usage;
		const enough = await test.invoke(await test.spec(code, { fuel }), "[1,2,3]");
		expect(answer(enough)).toBe("[1,2,3]");
		const short = await test.invoke(await test.spec(code, { fuel: fuel - 1 }), "[1,2,3]");
		expect(short).toMatchObject({ ok: false, failure: { kind: "fuel" } });
	});

	it("a caller who goes away ends a guest that runs", async () => {
		const spec = await test.spec(await guest("loop"));
		const control = new AbortController();
		setTimeout(() => control.abort(), 20);
		const outcome = await test.invoke(spec, "", { signal: control.signal });
		expect(outcome).toMatchObject({ ok: false, failure: { kind: "cancelled" } });
	});

	it("sixteen loops at once leave the neighbour its turns", async () => {
		const spec = await test.spec(await guest("loop"), { maxInstances: 16 });
		const loops = Promise.all(Array.from({ length: 16 }, () => test.invoke(spec, "", { timeoutMs: 500 })));
		expect(await neighbourMeanwhile(loops)).toBeGreaterThan(1);
		for (const outcome of await loops) expect(outcome).toMatchObject({ ok: false, failure: { kind: "timeout" } });
	});
});
