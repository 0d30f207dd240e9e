/** What every event source has to pass. A source's test calls this with the way to make its events happen. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { temporaryStore, testConfig, testFunction } from "../invoker/fakes.ts";
import type { Store } from "../store/types.ts";
import type { Clock } from "./clock.ts";
import { type TestBus, testBus } from "./fakes.ts";
import type { EventSource } from "./types.ts";

/** One test's surroundings of a source. */
export interface SourceWorld {
	settings: Record<string, unknown>;
	clock: Clock;
	/** Makes one event happen outside the host. Gives what is expected of the payload (`toMatchObject`). */
	occur(): Promise<object>;
	dispose(): Promise<void>;
}

export interface SourceCase {
	source: EventSource;
	/** `folder` is the test's own. */
	makeWorld(folder: string): Promise<SourceWorld>;
	/** Settings that are refused, and words of the message. */
	bad: readonly (readonly [settings: Record<string, unknown>, words: string])[];
}

export function describeEventSource({ source, makeWorld, bad }: SourceCase): void {
	describe(`the event source ${source.kind}`, () => {
		let store: Store;
		let dispose: () => Promise<void>;
		let world: SourceWorld;
		let running: TestBus[];

		beforeEach(async () => {
			let folder: string;
			({ store, folder, dispose } = await temporaryStore());
			world = await makeWorld(folder);
			running = [];
			await store.functions.create(testFunction("f"));
			await store.functions.create(testFunction("g"));
		});
		afterEach(async () => {
			await Promise.all(running.map((it) => it.stop()));
			await world.dispose();
			await dispose();
		});

		/** A host on the same store. */
		async function boot(): Promise<TestBus> {
			const it = testBus({ store, clock: world.clock, sources: [source], config: testConfig() });
			running.push(it);
			await it.bus.start();
			return it;
		}

		function trigger(functionName = "f", more: object = {}) {
			return { kind: source.kind, functionName, settings: world.settings, ...more };
		}

		it("delivers what happens while it runs", async () => {
			const host = await boot();
			await host.bus.triggers.add(trigger());
			const expected = [await world.occur()];
			await host.untilDelivered(1);
			expected.push(await world.occur());
			expect(await host.untilDelivered(2)).toMatchObject(expected);
		});

		it("delivers after a restart what happens then, and nothing a second time", async () => {
			const first = await boot();
			await first.bus.triggers.add(trigger());
			await world.occur();
			await first.untilDelivered(1);
			await first.stop();
			const second = await boot();
			const expected = await world.occur();
			expect(await second.untilDelivered(1)).toMatchObject([expected]);
		});

		it("delivers at the start what happened while the host was down", async () => {
			const first = await boot();
			await first.bus.triggers.add(trigger());
			await first.stop();
			const expected = await world.occur();
			const second = await boot();
			expect(await second.untilDelivered(1)).toMatchObject([expected]);
		});

		it("delivers what the store first refused to take", async () => {
			const host = await boot();
			await host.bus.triggers.add(trigger());
			const advance = store.triggers.advance.bind(store.triggers);
			let refused = 0;
			vi.spyOn(store.triggers, "advance").mockImplementation(async (...args) => {
				if (args[3] && refused++ === 0) throw new Error("disk full");
				return advance(...args);
			});
			const expected = await world.occur();
			// Where time is moved by hand, the second attempt needs some of it.
			await vi.waitFor(() => expect(refused).toBe(1), { timeout: 60_000 });
			if ("advance" in world.clock) await (world.clock.advance as (ms: number) => Promise<void>)(2000);
			expect(await host.untilDelivered(1)).toMatchObject([expected]);
			expect(host.warnings).toHaveLength(1);
		});

		it("has accepted an event by the time that it is remembered: both or neither are on disk", async () => {
			const host = await boot();
			const { id } = await host.bus.triggers.add(trigger());
			const advance = vi.spyOn(store.triggers, "advance");
			await world.occur();
			await host.untilDelivered(1);
			const withEvent = advance.mock.calls.filter((call) => call[3] !== undefined);
			expect(withEvent).toHaveLength(1);
			const [triggerId, key, value] = withEvent[0]!;
			expect(triggerId).toBe(id);
			expect(await store.triggers.checkpoint(id, key)).toBe(value);
		});

		it("is silent while its trigger is disabled", async () => {
			const host = await boot();
			await host.bus.triggers.add(trigger("g", { enabled: false }));
			await host.bus.triggers.add(trigger("f"));
			await world.occur();
			await host.untilDelivered(1);
			await world.occur();
			await host.untilDelivered(2);
			expect(host.engine.tasks.map((it) => it.spec.env.AWS_LAMBDA_FUNCTION_NAME)).toEqual(["f", "f"]);
		});

		it("is silent once its trigger is removed", async () => {
			const host = await boot();
			const { id } = await host.bus.triggers.add(trigger("g"));
			await host.bus.triggers.add(trigger("f"));
			expect(await host.bus.triggers.remove(id)).toBe(true);
			await world.occur();
			await host.untilDelivered(1);
			expect(host.engine.tasks.map((it) => it.spec.env.AWS_LAMBDA_FUNCTION_NAME)).toEqual(["f"]);
			expect(await host.bus.triggers.remove(id)).toBe(false);
		});

		it("ends with its function, and does not go on for another of that name", async () => {
			const host = await boot();
			await host.bus.triggers.add(trigger("g"));
			await host.bus.triggers.add(trigger("f"));
			await store.functions.delete("g");
			host.invoker.changed("g");
			await store.functions.create(testFunction("g"));
			host.invoker.changed("g");
			await world.occur();
			await host.untilDelivered(1);
			expect(host.engine.tasks.map((it) => it.spec.env.AWS_LAMBDA_FUNCTION_NAME)).toEqual(["f"]);
			expect(await host.bus.triggers.list("g")).toEqual([]);
		});

		it("serves two functions that ask for the same", async () => {
			const host = await boot();
			await host.bus.triggers.add(trigger("f"));
			await host.bus.triggers.add(trigger("g"));
			const expected = await world.occur();
			expect(await host.untilDelivered(2)).toMatchObject([expected, expected]);
		});

		it.each(bad)("refuses %j", async (settings, words) => {
			const host = await boot();
			const refused = host.bus.triggers.add(trigger("f", { settings: { ...world.settings, ...settings } }));
			await expect(refused).rejects.toMatchObject({
				name: "InvalidParameterValueException",
				message: expect.stringContaining(words),
			});
			expect(await store.triggers.list()).toEqual([]);
		});

		it("refuses settings that it does not know, by name", async () => {
			const host = await boot();
			const refused = host.bus.triggers.add(trigger("f", { settings: { ...world.settings, colour: "red" } }));
			await expect(refused).rejects.toThrow(/must NOT have additional properties: "colour"/);
		});

		it("keeps settings that it admits again as they are", async () => {
			const host = await boot();
			const { settings } = await host.bus.triggers.add(trigger());
			const context = { config: testConfig(), now: world.clock.now(), others: [] };
			expect(await source.admit(settings, context)).toEqual(settings);
		});
	});
}
