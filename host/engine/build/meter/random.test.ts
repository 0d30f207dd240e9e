/**
 * Random modules with fixed seeds, metered and not: every export and every memory must come out the same. The modules
 * are made by `wasm-tools smith`; where that is not installed there is nothing to run.
 */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { Guest, unmetered } from "./testing.ts";

const WASM_TOOLS = process.env.PILOT_WASM_TOOLS ?? "wasm-tools";
const MODULES = Number(process.env.RANDOM_MODULES ?? 60);
/** smith takes what its choices need from this many bytes. */
const SEED_BYTES = 4000;

const OPTIONS = [
	"--ensure-termination",
	"--export-everything=true",
	"--min-funcs=4",
	"--max-imports=0",
	"--max-memories=3",
	"--max-memory32-bytes=4000000",
	"--max-memory64-bytes=4000000",
	"--memory-max-size-required=true",
	"--max-table-elements=2000",
	"--table-max-size-required=true",
	"--max-instructions=400",
	"--canonicalize-nans=true",
	"--threads-enabled=false",
	"--custom-page-sizes-enabled=false",
	"--custom-descriptors-enabled=false",
	"--compact-imports-enabled=false",
	"--relaxed-simd-enabled=false",
	"--wide-arithmetic-enabled=false",
	"--shared-everything-threads-enabled=false",
];

/** A small generator (mulberry32), so that a seed is a number. */
function seedBytes(seed: number): Uint8Array {
	let state = seed;
	return Uint8Array.from({ length: SEED_BYTES }, () => {
		state = (state + 0x6d2b_79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return mixed >>> 24;
	});
}

function smith(seed: number): Uint8Array<ArrayBuffer> {
	const made = spawnSync(WASM_TOOLS, ["smith", ...OPTIONS], { input: seedBytes(seed), maxBuffer: 2 ** 26 });
	if (made.status !== 0) throw new Error(`wasm-tools smith: ${made.stderr}`);
	return new Uint8Array(made.stdout);
}

const installed = spawnSync(WASM_TOOLS, ["--version"]).status === 0;

interface Runner {
	exports: WebAssembly.Exports;
	call(name: string, ...args: unknown[]): unknown;
}

/** Comparable: the number and kind of references, not which function object they are. */
function plainValue(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(plainValue);
	return typeof value === "function" || (typeof value === "object" && value !== null) ? typeof value : value;
}

/** What calling each exported function in turn gives: results or the kind of error. Then what is in the memories. */
function observe(runner: Runner, names: string[]): unknown[] {
	const outcomes = names.map((name) => {
		try {
			const params = (runner.exports[name] as () => unknown).length;
			return plainValue(runner.call(name, ...Array.from({ length: params }, () => 0)));
		} catch (error) {
			return error instanceof WebAssembly.RuntimeError ? error.message : String(error).split(":")[0];
		}
	});
	const memories = Object.entries(runner.exports)
		.filter(([name, item]) => item instanceof WebAssembly.Memory && !name.startsWith("pilot:"))
		.map(([, memory]) => {
			const bytes = Buffer.from((memory as WebAssembly.Memory).buffer);
			return [bytes.length, bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) | 0, 0)];
		});
	return [...outcomes, ...memories];
}

function start<T>(make: () => T): T | string {
	try {
		return make();
	} catch (error) {
		return String(error).replace(/^.*Instance\(\): /, "");
	}
}

describe("random modules", () => {
	it.skipIf(!installed)(
		`do the same when they are metered (${MODULES} modules; needs wasm-tools)`,
		{ timeout: 300_000 },
		() => {
			let compared = 0;
			for (let seed = 1; seed <= MODULES; seed++) {
				const bytes = smith(seed);
				if (!WebAssembly.validate(bytes)) continue;
				const names = WebAssembly.Module.exports(new WebAssembly.Module(bytes))
					.filter(({ kind }) => kind === "function")
					.map(({ name }) => name);
				const plain = start(() => unmetered(bytes));
				const fine = start(() => new Guest(bytes, { slice: 10 }));
				const coarse = start(() => new Guest(bytes, { slice: 10 ** 9 }));
				if (typeof plain === "string" || typeof fine === "string" || typeof coarse === "string") {
					expect(typeof fine, `seed ${seed}: ${plain} / ${fine}`).toBe(typeof plain);
					continue;
				}
				const expected = observe(plain, names);
				expect(observe(fine, names), `seed ${seed}`).toEqual(expected);
				expect(observe(coarse, names), `seed ${seed}`).toEqual(expected);
				expect(fine.used, `seed ${seed}`).toBe(coarse.used);
				compared += names.length;
			}
			expect(compared).toBeGreaterThan(MODULES);
		},
	);
});
