import { describe, expect, it } from "vitest";
import { createContext, readAbout } from "./context.ts";
import { toFailure } from "./failure.ts";
import { createCrypto, createGenerator } from "./random.ts";
import { framesOf } from "./stack.ts";
import { structuredClone as copy } from "./structured-clone.ts";

describe("the context", () => {
	const about = {
		functionName: "f",
		functionVersion: "$LATEST",
		invokedFunctionArn: "arn",
		memoryLimitInMb: 128,
		logGroupName: "group",
		logStreamName: "stream",
	};
	const contextOf = (more: object = {}, deadlineMs = Date.now() + 3000) =>
		createContext("id", deadlineMs, readAbout(JSON.stringify({ ...about, ...more })));

	it("has Lambda's names", () => {
		expect(contextOf({ clientContext: '{"custom":{"a":1}}' })).toEqual({
			awsRequestId: "id",
			functionName: "f",
			functionVersion: "$LATEST",
			invokedFunctionArn: "arn",
			memoryLimitInMB: "128",
			logGroupName: "group",
			logStreamName: "stream",
			clientContext: { custom: { a: 1 } },
			identity: undefined,
			tenantId: undefined,
			callbackWaitsForEmptyEventLoop: true,
			getRemainingTimeInMillis: expect.any(Function),
		});
	});

	it("knows what time is left, and that it is never less than none", () => {
		const left = contextOf().getRemainingTimeInMillis();
		expect(left > 0 && left <= 3000).toBe(true);
		expect(contextOf({}, 5).getRemainingTimeInMillis()).toBe(0);
	});

	it("gives a client context that is not JSON as it is", () => {
		expect(contextOf({ clientContext: "{" }).clientContext).toBe("{");
		expect(contextOf().clientContext).toBeUndefined();
	});

	it("is each invocation's own, also where most of it is said again", () => {
		const clientContext = '{"custom":{"a":1}}';
		const first = contextOf({ clientContext });
		Object.assign(first, { functionName: "changed" });
		(first.clientContext as { custom: object }).custom = {};
		expect(contextOf({ clientContext })).toMatchObject({ functionName: "f", clientContext: { custom: { a: 1 } } });
		expect(contextOf({ tenantId: "t" })).toMatchObject({ tenantId: "t", clientContext: undefined });
	});
});

describe("a failure", () => {
	it("is an error's name, message and frames", () => {
		const error = Object.assign(new Error("no"), { name: "ValidationError", stack: "    at f (index.ts:3)\n" });
		expect(toFailure(error)).toEqual({
			errorType: "ValidationError",
			errorMessage: "no",
			stackTrace: ["at f (index.ts:3)"],
		});
	});

	it.each([
		["text", "string", "text"],
		[5, "number", "5"],
		[undefined, "undefined", "undefined"],
		[null, "object", "null"],
		[{ a: 1 }, "object", '{"a":1}'],
	])("of %j, which is no error, is its type and text", (thrown, errorType, errorMessage) => {
		expect(toFailure(thrown)).toEqual({ errorType, errorMessage, stackTrace: [] });
	});

	it("is made of whatever is thrown, also of what cannot be read", () => {
		const cycle: Record<string, unknown> = {};
		cycle.self = cycle;
		const hostile = new Proxy(new Error("x"), {
			get: () => {
				throw new Error("trap");
			},
		});
		for (const thrown of [cycle, hostile, Object.create(null), Symbol("s"), "\ud800"]) {
			const failure = toFailure(thrown);
			expect(typeof failure.errorType).toBe("string");
			expect(failure.errorMessage.isWellFormed()).toBe(true);
		}
	});
});

describe("frames", () => {
	const stack =
		"    at throws (componentize-qjs:user.js:10:7)\n    at next (native)\n    at helper (componentize-qjs:user.js:3:1)\n";

	it("are as they are without a table", () => {
		expect(framesOf({ stack })).toHaveLength(3);
		expect(framesOf({ stack: undefined })).toEqual([]);
	});

	it("are in the user's own lines with one, and without the runtime's", () => {
		const places = [
			[8, 0, 0, 4],
			[10, 2, 0, 6],
			[10, 20, 0, 7],
			[12, 0, -1, 0],
		];
		Reflect.set(globalThis, "__pilotSources", { sources: ["index.ts"], places });
		try {
			expect(framesOf({ stack })).toEqual(["at throws (index.ts:6)"]);
			const outside = "    at serve (componentize-qjs:user.js:12:5)\n";
			expect(framesOf({ stack: outside })).toEqual([outside.trim()]);
		} finally {
			Reflect.deleteProperty(globalThis, "__pilotSources");
		}
	});
});

describe("randomness", () => {
	it("of Math.random lies in [0, 1), depends on the seed alone, and fills its range", () => {
		const seed = Uint8Array.from({ length: 16 }, (_, it) => it + 1);
		const [a, b] = [createGenerator(seed), createGenerator(seed)];
		const values = Array.from({ length: 10_000 }, () => a());
		expect(values.every((it) => it >= 0 && it < 1)).toBe(true);
		expect(Array.from({ length: 10_000 }, () => b())).toEqual(values);
		expect(new Set(values).size).toBe(10_000);
		const mean = values.reduce((sum, it) => sum + it, 0) / values.length;
		expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
		expect(createGenerator(seed.toReversed())()).not.toBe(values[0]);
	});

	it("fills any view, and gives UUIDs of version 4", () => {
		const crypto = createCrypto((length) => new Uint8Array(length).fill(0xff));
		expect(crypto.randomUUID()).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
		const words = new Uint16Array(4);
		expect(crypto.getRandomValues(words.subarray(1, 3))).toHaveLength(2);
		expect([...words]).toEqual([0, 0xffff, 0xffff, 0]);
		expect(() => crypto.getRandomValues(new Uint8Array(65_537))).toThrow(RangeError);
	});
});

describe("structuredClone", () => {
	it("copies deeply, and keeps cycles and shared parts", () => {
		const shared = { a: [1, { b: new Date(5) }] };
		const value: Record<string, unknown> = {
			one: shared,
			two: shared,
			map: new Map([["k", shared]]),
			set: new Set([1]),
		};
		value.self = value;
		const clone = copy(value) as Record<string, unknown>;
		expect(clone).toEqual(value);
		expect(clone).not.toBe(value);
		expect(clone.self).toBe(clone);
		expect(clone.one).toBe(clone.two);
		expect(clone.one).not.toBe(shared);
	});

	it("copies bytes, views, errors and patterns", () => {
		const bytes = Uint8Array.from([1, 2, 3]).subarray(1);
		const clone = copy({ bytes, pattern: /a/g, error: new TypeError("t") });
		expect([...clone.bytes]).toEqual([2, 3]);
		expect(clone.bytes.buffer).not.toBe(bytes.buffer);
		expect(String(clone.pattern)).toBe("/a/g");
		expect(clone.error).toMatchObject({ name: "TypeError", message: "t" });
	});

	it("refuses what has no copy", () => {
		for (const value of [() => 1, Symbol("s"), Promise.resolve(), new WeakMap(), { deep: [() => 1] }]) {
			expect(() => copy(value)).toThrow(expect.objectContaining({ name: "DataCloneError" }));
		}
	});
});
