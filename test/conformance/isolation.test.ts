/** Guests of every toolchain whose invocations are isolated: what their languages and libraries keep, the next call does not find. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FunctionSpec } from "../../host/engine/types.ts";
import { answer, type TestEngine, testEngine } from "../support/engine.ts";
import { watchRestores } from "../support/restores.ts";
import { guestCode, hasGuest } from "../support/toolchains.ts";
import { EVENT_GUESTS, HTTP_GUESTS } from "./languages.ts";

let test: TestEngine;
const restores = watchRestores();

beforeAll(async () => {
	test = await testEngine();
});
afterEach(() => {
	expect(restores.wrong.splice(0)).toEqual([]);
});
afterAll(async () => {
	await test.close();
	expect(restores.wrong).toEqual([]);
	expect(restores.count).toBeGreaterThan(10);
});

/** Their allocators grow the memory in the first call already, and a memory cannot shrink: each call gets a new instance. */
const GROWS = new Set(["c-event", "cpp-event", "zig-event"]);

/** Building one with its toolchain takes most of a minute on a small machine. */
const BUILD_TIMEOUT = 300_000;
const MEMORY = 256 * 2 ** 20;

describe.each(Object.entries(EVENT_GUESTS).filter(([name]) => hasGuest(name)))("%s", (name, words) => {
	let code: Uint8Array;
	let spec: FunctionSpec;

	beforeAll(async () => {
		code = await guestCode(name);
		spec = await test.spec(code, { isolation: "request", maxInstances: 1, memoryBytes: MEMORY });
		// All of them pass through a snapshot: else each call would be another instance.
		expect(await test.engine.prepare(spec)).toEqual({ snapshot: true });
	}, BUILD_TIMEOUT);

	const say = async (event: string): Promise<string> => answer(await test.invoke(spec, event));
	const count = async (): Promise<number> => {
		const { initMs } = (await test.invoke(spec, "echo")).usage;
		expect(await say("count")).toBe("1");
		return initMs === null ? 0 : 1;
	};

	it("finds nothing of the call before, and that in one instance unless its memory grows", async () => {
		await count();
		let made = 0;
		for (let i = 0; i < 5; i++) made += await count();
		expect(made).toBe(GROWS.has(name) ? 5 : 0);
	});

	it("finds nothing of a failure, of a trap, or of an event that made its memory grow", async () => {
		expect((await test.invoke(spec, "fail x")).ok).toBe(false);
		await count();
		expect(await test.invoke(spec, "trap")).toMatchObject({ failure: { kind: "crash" } });
		await count();
		const outcome = await test.invoke(spec, `echo ${"x".repeat(5_000_000)}`);
		expect(outcome.ok && outcome.payload.length).toBe(5_000_000);
		await count();
	});

	it("answers the same, with the same fuel, each time", async () => {
		const fuel = new Set<number>();
		for (let i = 0; i < 4; i++) {
			const outcome = await test.invoke(spec, "echo the same");
			expect(answer(outcome)).toBe("the same");
			fuel.add(outcome.usage.fuel);
		}
		// Python and StarlingMonkey look at clocks and random bits of their own accord.
		if (!name.startsWith("python") && !name.startsWith("starlingmonkey")) expect(fuel.size).toBe(1);
	});

	it.skipIf(!words.includes("read"))("has no folder for temporary files that could carry anything over", async () => {
		for (const path of ["/tmp/x", "/tmp", "/var/tmp/x"]) expect(await say(`read ${path}`)).toBe("-");
	});

	it("of one tenant serves no other", async () => {
		const tenants = await test.spec(code, { isolation: "tenant", memoryBytes: MEMORY });
		const counts = [];
		for (const tenantId of ["a", "a", "b", "a", "b", undefined, undefined])
			counts.push(answer(await test.invoke(tenants, "count", { tenantId })));
		expect(counts).toEqual(["1", "2", "1", "3", "2", "1", "1"]);
	});
});

describe.each(Object.entries(HTTP_GUESTS).filter(([name]) => hasGuest(name)))("%s", (name, language) => {
	it(
		"answers whole requests from an instance that is put back after each",
		async () => {
			const settings = { isolation: "request", maxInstances: 2, memoryBytes: MEMORY } as const;
			const spec = await test.spec(await guestCode(name), settings);
			const body = "y".repeat(300_000);
			for (let i = 0; i < 3; i++) {
				const greeting = await test.request(spec, {});
				expect([greeting.outcome.ok, greeting.body]).toEqual([true, `Hello from ${language}!\n`]);
				const sent = (async function* () {
					yield Buffer.from(body);
				})();
				const echoed = await test.request(spec, { method: "POST", body: sent });
				expect([echoed.outcome.ok, echoed.body === body]).toEqual([true, true]);
			}
		},
		BUILD_TIMEOUT,
	);
});
