import { describe, expect, it } from "vitest";
import { wat } from "./build/meter/testing.ts";
import { asFuncrefs, type HostFunction } from "./trampoline.ts";

const add: HostFunction = {
	fn: (a: number, b: number) => a + b,
	params: ["i32", "f64"],
	results: ["i32"],
};

describe("asFuncrefs", () => {
	it("gives functions that a table takes and a guest calls", async () => {
		const [func] = asFuncrefs([add]);
		const bytes = await wat(`(module
			(table (export "t") 1 funcref)
			(func (export "run") (param i32 f64) (result i32)
				(call_indirect (param i32 f64) (result i32) (local.get 0) (local.get 1) (i32.const 0))))`);
		const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
		(exports.t as WebAssembly.Table).set(0, func);
		expect((exports.run as (a: number, b: number) => number)(40, 2.5)).toBe(42);
	});

	it("keeps the order, and functions of one signature apart", () => {
		const constant = (value: number): HostFunction => ({ fn: () => value, params: [], results: ["i32"] });
		const first = asFuncrefs([constant(1), constant(2)]) as (() => number)[];
		const second = asFuncrefs([constant(3), constant(4)]) as (() => number)[];
		expect([...first, ...second].map((func) => func())).toEqual([1, 2, 3, 4]);
	});

	it("passes every kind of value and several results", () => {
		const types = ["i32", "i64", "f32", "f64", "externref", "funcref"] as const;
		const [func] = asFuncrefs([{ fn: (...all: unknown[]) => all, params: types, results: types }]);
		const object = {};
		const values = [-1, -(2n ** 63n), 0.5, Math.PI, object, func];
		expect((func as (...all: unknown[]) => unknown[])(...values)).toEqual(values);
	});

	it("lets a host function suspend its caller", async () => {
		const { Suspending, promising } = WebAssembly as unknown as {
			Suspending: new (fn: () => Promise<number>) => () => number;
			promising: (fn: unknown) => () => Promise<number>;
		};
		const fn = new Suspending(async () => {
			await new Promise((resolve) => setImmediate(resolve));
			return 7;
		});
		const [func] = asFuncrefs([{ fn, params: [], results: ["i32"] }]);
		expect(await promising(func)()).toBe(7);
	});

	it("makes nothing of no functions", () => {
		expect(asFuncrefs([])).toEqual([]);
	});
});
