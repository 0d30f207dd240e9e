/** Preview-1 commands in C do the same here, under node:wasi and under wasmtime: output, exit code and files. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestEngine, testEngine } from "../support/engine.ts";
import { inEngine, type Result, type Scenario, underNode, underWasmtime } from "../support/preview1.ts";
import { findWasmtime } from "../support/wasmtime.ts";

const wasmtime = findWasmtime();
if (wasmtime === null) console.warn("skipped: the comparison with wasmtime run (no wasmtime: set PILOT_WASMTIME)");

let test: TestEngine;

beforeAll(async () => {
	test = await testEngine();
});
afterAll(() => test.close());

const SCENARIOS: Scenario[] = [
	{ program: "arguments" },
	{ program: "arguments", env: { NAME: "ü€𝄞", EMPTY: "", LONG: "x".repeat(10_000) } },
	{ program: "stdio" },
	{ program: "stdio", stdin: "a line\nand ü\0\n" },
	{ program: "stdio", stdin: "some text ".repeat(20_000) },
	{ program: "files" },
	{ program: "folders" },
	{ program: "links" },
	{ program: "clocks" },
	{ program: "random" },
	{ program: "poll", stdin: "abc" },
	{ program: "poll" },
	{ program: "large" },
	...["return 0", "return 7", "exit 0", "exit 3", "exit 125", "_exit 9", "abort", "trap", ""].map((stdin) => ({
		program: "exit",
		stdin,
	})),
];

describe.each(SCENARIOS)("$program with $stdin", (scenario) => {
	let ours: Result;

	beforeAll(async () => {
		ours = await inEngine(test, scenario);
	});

	it.skipIf(wasmtime === null)("does as under wasmtime", async () => {
		expect(ours).toEqual(await underWasmtime(wasmtime!, scenario));
	});

	// node:wasi resolves links by itself: it makes none that leads upwards, follows those it should not, and names other errors.
	it.skipIf(scenario.program === "links")("does as under node:wasi", async () => {
		expect(ours).toEqual(await underNode(scenario));
	});
});
