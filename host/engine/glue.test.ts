import { parse } from "@bytecodealliance/jco";
import { describe, expect, it } from "vitest";
import { type Attempt, canAttempt, type GlueFunction, glueModule, instantiateGlue } from "./glue.ts";
import { promising } from "./jspi.ts";

type Fn = (...args: (number | bigint)[]) => unknown;

function glue(functions: GlueFunction[], attempts: Attempt[] = [], wait: () => unknown = () => undefined) {
	const made = instantiateGlue(glueModule(functions), attempts, wait);
	return { ...made, call: (i: number) => made.functions[i] as unknown as Fn };
}

/** A function that gives what it is called with, added up. */
async function adder(): Promise<WebAssembly.ExportValue> {
	const bytes = await parse(`(module (func (export "f") (param i32 i64) (result i32)
		(i32.add (local.get 0) (i32.wrap_i64 (local.get 1)))))`);
	return new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource)).exports.f!;
}

describe("an attempt", () => {
	it("passes its arguments on, and does not wait where it need not", () => {
		const seen: unknown[][] = [];
		let waits = 0;
		const run: Attempt = (...args) => {
			seen.push(args);
			return 0;
		};
		glue([{ is: "attempt", core: "iIfF->" }], [run], () => waits++).call(0)(1, 2n, 0.5, 4);
		expect([seen, waits]).toEqual([[[1, 2n, 0.5, 4]], 0]);
	});

	it("waits where it says so, with its guest put aside", async () => {
		const order: string[] = [];
		const wait = async (): Promise<void> => {
			await new Promise(setImmediate);
			order.push("waited");
		};
		const { call } = glue([{ is: "attempt", core: "->" }], [() => 1], wait);
		const done = promising(call(0))().then(() => order.push("returned"));
		order.push("put aside");
		await done;
		expect(order).toEqual(["put aside", "waited", "returned"]);
	});

	it("is for functions that give nothing", () => {
		expect(["ii->", "->", "i->i"].map(canAttempt)).toEqual([true, true, false]);
	});
});

describe("a forward", () => {
	it("traps until it has something to call, and then calls it", async () => {
		const { call, forward } = glue([{ is: "forward", core: "iI->i" }]);
		expect(() => call(0)(1, 2n)).toThrow(WebAssembly.RuntimeError);
		forward(0, await adder());
		expect(call(0)(1, 2n)).toBe(3);
	});

	it("traps where what it is to call has another type", async () => {
		const { call, forward } = glue([{ is: "forward", core: "i->i" }]);
		forward(0, await adder());
		expect(() => call(0)(1)).toThrow(WebAssembly.RuntimeError);
	});
});

it("attempts and forwards are counted among themselves, in any order", async () => {
	const called: string[] = [];
	const run =
		(name: string): Attempt =>
		() => {
			called.push(name);
			return 0;
		};
	const functions: GlueFunction[] = [
		{ is: "forward", core: "iI->i" },
		{ is: "attempt", core: "i->" },
		{ is: "forward", core: "iI->i" },
		{ is: "attempt", core: "->" },
	];
	const { call, forward } = glue(functions, [run("first"), run("second")]);
	forward(1, await adder());
	call(3)();
	call(1)(1);
	expect(called).toEqual(["second", "first"]);
	expect(call(2)(20, 22n)).toBe(42);
	expect(() => call(0)(20, 22n)).toThrow(WebAssembly.RuntimeError);
});

it("modules of the same functions are compiled once", () => {
	const functions: GlueFunction[] = [{ is: "attempt", core: "i->" }];
	expect(glueModule(functions)).toBe(glueModule([{ is: "attempt", core: "i->" }]));
	expect(glueModule([{ is: "forward", core: "i->" }])).not.toBe(glueModule(functions));
});
