import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryStore, testFunction } from "../invoker/fakes.ts";
import type { Store } from "../store/types.ts";
import { type TestBus, testBus } from "./fakes.ts";
import { SOURCES } from "./registry.ts";
import { defineSource, type SourceContext } from "./types.ts";

let store: Store;
let dispose: () => Promise<void>;
let hosts: TestBus[];
let contexts: SourceContext[];
let stopped: string[];

/** A source that does what its test says, and whose settings say how it starts. */
const manual = defineSource<{ fail: boolean }>({
	kind: "manual",
	schema: { type: "object", additionalProperties: false, properties: { fail: { type: "boolean", default: false } } },
	admit: async (settings) => settings,
	async start(settings, context) {
		if (settings.fail) throw new Error("cannot start");
		contexts.push(context);
		return { stop: async () => void stopped.push(context.trigger.id) };
	},
});

beforeEach(async () => {
	({ store, dispose } = await temporaryStore());
	await store.functions.create(testFunction("f"));
	await store.functions.create(testFunction("g"));
	hosts = [];
	contexts = [];
	stopped = [];
});
afterEach(async () => {
	await Promise.all(hosts.map((it) => it.stop()));
	await dispose();
});

async function boot(): Promise<TestBus> {
	const host = testBus({ store, sources: [manual] });
	hosts.push(host);
	await host.bus.start();
	return host;
}

const trigger = (functionName: string, settings: object = {}) => ({ kind: "manual", functionName, settings });

describe("a trigger", () => {
	it("is kept with its defaults filled in, listed by function, and runs", async () => {
		const { bus } = await boot();
		const f = await bus.triggers.add({ kind: "manual", functionName: "f" });
		const g = await bus.triggers.add(trigger("g"));
		expect(f).toEqual({
			id: expect.stringMatching(/^[0-9a-f-]{36}$/),
			kind: "manual",
			functionName: "f",
			enabled: true,
			settings: { fail: false },
			createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
		});
		expect(await bus.triggers.list("f")).toEqual([f]);
		expect(await bus.triggers.list()).toEqual([f, g]);
		expect(contexts.map((it) => it.trigger)).toEqual([f, g]);
	});

	it("leaves its caller's object as it is", async () => {
		const { bus } = await boot();
		const input = trigger("f");
		await bus.triggers.add(input);
		expect(input).toEqual(trigger("f"));
	});

	it.each([
		[null, "trigger must be object"],
		[[], "trigger must be object"],
		[{}, "trigger must have required property 'kind'"],
		[{ kind: "manual" }, "must have required property 'functionName'"],
		[{ kind: "manual", functionName: "no name" }, "trigger.functionName must match pattern"],
		[{ kind: "manual", functionName: "f", extra: 1 }, 'must NOT have additional properties: "extra"'],
		[{ kind: "manual", functionName: "f", settings: 5 }, "trigger.settings must be object"],
		[{ kind: "kafka", functionName: "f" }, 'trigger.kind is "kafka", but must be one of: manual'],
		[{ kind: "manual", functionName: "f", settings: { fail: 3 } }, "settings of a manual.fail must be boolean"],
	])("is refused: %j", async (input, words) => {
		const { bus } = await boot();
		await expect(bus.triggers.add(input)).rejects.toMatchObject({
			name: "InvalidParameterValueException",
			message: expect.stringContaining(words),
		});
		expect(await store.triggers.list()).toEqual([]);
	});

	it("of an unknown function is refused, in AWS's words", async () => {
		const { bus } = await boot();
		await expect(bus.triggers.add(trigger("nobody"))).rejects.toMatchObject({
			name: "ResourceNotFoundException",
			message: "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody",
		});
	});

	it("that cannot start is warned of, and the others run", async () => {
		const first = await boot();
		await first.bus.triggers.add(trigger("f", { fail: true }));
		await first.bus.triggers.add(trigger("f"));
		expect(first.warnings).toEqual([expect.stringContaining("(manual of f) does not run")]);
		await store.triggers.create({
			id: "old",
			kind: "gone",
			functionName: "f",
			enabled: true,
			settings: {},
			createdAt: "",
		});
		await first.stop();
		contexts = [];
		const second = await boot();
		expect(contexts).toHaveLength(1);
		expect(second.warnings).toContainEqual(expect.stringContaining("Trigger old (gone of f) does not run"));
	});

	it("is stopped when it is removed, and when the bus closes, once", async () => {
		const host = await boot();
		const f = await host.bus.triggers.add(trigger("f"));
		const g = await host.bus.triggers.add(trigger("g"));
		await host.bus.triggers.remove(f.id);
		expect(stopped).toEqual([f.id]);
		await host.stop();
		expect(stopped).toEqual([f.id, g.id]);
		expect(await store.triggers.list()).toEqual([g]);
	});

	it("runs once however often its function changes", async () => {
		const host = await boot();
		await host.bus.triggers.add(trigger("f"));
		for (let count = 0; count < 5; count++) host.invoker.changed("f");
		await host.bus.triggers.add(trigger("f"));
		expect(contexts).toHaveLength(2);
		expect(stopped).toEqual([]);
	});
});

describe("what a source accepts", () => {
	it("is on disk with what the source remembers, and runs", async () => {
		const host = await boot();
		const { id } = await host.bus.triggers.add(trigger("f"));
		await contexts[0]!.advance("key", "value", Buffer.from('{"n":1}'));
		expect(await host.untilDelivered(1)).toEqual([{ n: 1 }]);
		expect(await contexts[0]!.checkpoints()).toEqual(new Map([["key", "value"]]));
		await contexts[0]!.advance("key", null);
		expect(await store.triggers.checkpoints(id)).toEqual(new Map());
		expect(host.delivered()).toHaveLength(1);
	});

	it("is refused once the trigger is gone", async () => {
		const host = await boot();
		const { id } = await host.bus.triggers.add(trigger("f"));
		await host.bus.triggers.remove(id);
		await expect(contexts[0]!.advance("key", "value", Buffer.from("1"))).rejects.toThrow();
		expect(await store.queue.size()).toBe(0);
	});
});

describe("the registry", () => {
	it("has each kind once", () => {
		const kinds = SOURCES.map((it) => it.kind);
		expect(new Set(kinds).size).toBe(kinds.length);
		expect(kinds).toEqual(expect.arrayContaining(["schedule", "bucket"]));
	});
});
