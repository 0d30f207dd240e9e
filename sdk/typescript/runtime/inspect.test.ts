import { inspect as nodeInspect } from "node:util";
import { describe, expect, it } from "vitest";
import { format, inspect } from "./inspect.ts";

describe("inspect", () => {
	class Point {
		x = 1;
	}
	const same: unknown[] = [
		1,
		-0,
		10n,
		true,
		null,
		undefined,
		"text",
		"it's",
		'"quoted"',
		Symbol("s"),
		[],
		{},
		[1, "a", null],
		{ a: 1, "b-c": { d: [2] } },
		{ deep: { deeper: { deepest: { gone: 1 } } } },
		[[[[1]]]],
		new Point(),
		Object.create(null, { a: { value: 1, enumerable: true } }),
		new Map([["a", { b: 1 }]]),
		new Set([1, "2"]),
		new Map(),
		new Date(0),
		/re/g,
		function named() {},
		class Named {},
		() => undefined,
		new Uint8Array([1, 2]),
		{
			get lazy() {
				return 1;
			},
		},
	];

	it.each(same.map((it) => [it]))("writes value %# as Node.js does", (value) => {
		expect(inspect(value)).toBe(nodeInspect(value));
	});

	it("breaks what is too long for a line, one element a line", () => {
		const text = inspect({ first: "x".repeat(40), second: "y".repeat(40) });
		expect(text).toBe(`{\n  first: '${"x".repeat(40)}',\n  second: '${"y".repeat(40)}'\n}`);
	});

	it("marks cycles, and writes shared parts twice", () => {
		const shared = { a: 1 };
		const cycle: Record<string, unknown> = { one: shared, two: shared };
		cycle.self = cycle;
		expect(inspect(cycle)).toBe("{ one: { a: 1 }, two: { a: 1 }, self: [Circular] }");
	});

	it("bounds long lists and texts", () => {
		expect(inspect(Array.from({ length: 150 }, () => 0))).toContain("... 50 more items");
		expect(inspect("x".repeat(20_000)).length).toBeLessThan(10_100);
	});

	it("writes errors with name, message, frames, members and cause", () => {
		const error = Object.assign(new TypeError("wrong", { cause: "because" }), { code: "E1" });
		error.stack = "    at f (index.ts:3)\n";
		expect(inspect(error)).toBe("TypeError: wrong\n    at f (index.ts:3) { code: 'E1', [cause]: 'because' }");
	});

	it("survives what throws when it is looked at", () => {
		const value = Object.defineProperty({}, "a", {
			enumerable: true,
			get: () => {
				throw new Error("getter");
			},
		});
		expect(inspect(value)).toBe("{ a: [Getter] }");
	});
});

describe("format", () => {
	it.each([
		[["a", 1, { b: 2 }], "a 1 { b: 2 }"],
		[["%s is %d years, %i, %f", "Ada", "36", 36.9, "1.5"], "Ada is 36 years, 36, 1.5"],
		[["%j %o %O %%", { a: 1 }, [1], "x"], "{\"a\":1} [ 1 ] 'x' %"],
		[["%s"], "%s"],
		[["100%", "x"], "100% x"],
		[["%c styled", "color: red"], " styled"],
		[["%s", { a: { b: { c: 1 } } }], "{ a: { b: [Object] } }"],
		[["%d", 5n], "5n"],
		[[{ a: 1 }, "%s", "x"], "{ a: 1 } %s x"],
		[[], ""],
	])("line %# of a log", (values, text) => {
		expect(format(values)).toBe(text);
	});
});
