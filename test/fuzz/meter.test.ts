/**
 * Random modules (`wasm-tools smith`), metered and not: the same results, or out of fuel; the same fuel at any slice, and where
 * they mark what they write; nothing written that is not marked; and valid before and after. The same modules in each run; for longer, by hand:
 *
 *     PILOT_FUZZ_SECONDS=600 PILOT_FUZZ_SEED=1000 npx vitest run test/fuzz/meter.test.ts
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { STACK_BYTES } from "../../host/engine/build/meter/depth.ts";
import { meter } from "../../host/engine/build/meter/index.ts";
import { PAGE_SHIFT, SLACK } from "../../host/engine/build/meter/marks.ts";
import { readModule } from "../../host/engine/build/meter/module.ts";
import { instantiateMetered, type MeteredInstance } from "../support/metered.ts";

const SECONDS = Number(process.env.PILOT_FUZZ_SECONDS ?? 45);
const FIRST_SEED = Number(process.env.PILOT_FUZZ_SEED ?? 1);
/** Modules at most, so that a quick machine tries no other ones than a slow one in `npm test`. */
const MODULES = process.env.PILOT_FUZZ_SECONDS === undefined ? 300 : Number.POSITIVE_INFINITY;
const WASM_TOOLS = process.env.PILOT_WASM_TOOLS ?? "wasm-tools";
const installed = spawnSync(WASM_TOOLS, ["--version"]).status === 0;

const SLICES = [1000, 77_777, 1e9];
/** Fuel of a module with all its calls. */
const LIMIT = 3_000_000;
/** smith takes what its choices need from this many bytes. */
const SEED_BYTES = 4000;
/** Every so many modules wasm-tools validates as well; V8 does it each time. */
const VALIDATED = 10;

const OPTIONS = [
	"--export-everything=true",
	"--min-funcs=4",
	"--max-memories=3",
	"--max-memory32-bytes=4000000",
	"--max-memory64-bytes=4000000",
	"--memory-max-size-required=true",
	"--max-table-elements=5000",
	"--table-max-size-required=true",
	"--canonicalize-nans=true",
	"--threads-enabled=false",
	"--custom-page-sizes-enabled=false",
	"--custom-descriptors-enabled=false",
	"--compact-imports-enabled=false",
	"--relaxed-simd-enabled=false",
	"--wide-arithmetic-enabled=false",
	"--shared-everything-threads-enabled=false",
];
/** What the modules may import, when they import. */
const AVAILABLE = `(module
	(import "host" "next" (func (result i32)))
	(import "host" "log" (func (param i32 i64)))
	(import "host" "pair" (func (param f64) (result i64 f32))))`;

interface Variant {
	name: string;
	options: string[];
	/** Ends by itself, so that it can run unmetered. */
	ends: boolean;
}
/** Some of the constant expressions that smith makes allocate gigabytes, for seconds; the engine refuses all that do. */
const NO_GC = "--gc-enabled=false";

const VARIANTS: Variant[] = [
	{ name: "small", options: ["--ensure-termination", "--max-imports=0", "--max-instructions=200", NO_GC], ends: true },
	{ name: "large", options: ["--ensure-termination", "--max-imports=0", "--max-instructions=2000"], ends: true },
	{ name: "imports", options: ["--ensure-termination", "--max-instructions=400", "--available-imports"], ends: true },
	{ name: "endless", options: ["--max-imports=0", "--max-instructions=400", NO_GC], ends: false },
	// Without tables, which are exported, the depth of calls is counted.
	{ name: "deep", options: ["--max-imports=0", "--max-instructions=300", "--max-tables=0", NO_GC], ends: false },
	// Addresses are within the memories, so that much is written.
	{
		name: "stores",
		options: ["--ensure-termination", "--max-imports=0", "--disallow-traps=true", "--min-memories=2", NO_GC],
		ends: true,
	},
	{ name: "plain", options: ["--ensure-termination", "--max-imports=0", "--max-tables=0", NO_GC], ends: true },
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

let availableImports: string;

function smith(seed: number, { options }: Variant): Uint8Array<ArrayBuffer> {
	const last = options.at(-1) === "--available-imports" ? [availableImports] : [];
	const args = ["smith", ...OPTIONS, ...options, ...last];
	const made = spawnSync(WASM_TOOLS, args, { input: seedBytes(seed), maxBuffer: 2 ** 26 });
	if (made.status !== 0) throw new Error(`wasm-tools smith: ${made.stderr}`);
	return new Uint8Array(made.stdout);
}

/** Does wasm-tools take it? */
const isValid = (bytes: Uint8Array): boolean =>
	spawnSync(WASM_TOOLS, ["validate", "--features", "all", "-"], { input: bytes }).status === 0;

/** The imports, and what they were called with. */
function imports(): { log: unknown[]; imports: WebAssembly.Imports } {
	const log: unknown[] = [];
	let calls = 0;
	const host = {
		next: () => Math.imul(++calls, 0x9e37_79b1),
		log: (...args: unknown[]) => void log.push(args),
		pair: (value: number) => [BigInt.asIntN(64, BigInt(calls++)), value > 0 ? 1.5 : -2],
	};
	return { log, imports: { host } };
}

const ARGUMENTS: Record<string, unknown[]> = {
	i32: [0, 1, -1],
	i64: [0n, 3n, -(2n ** 40n)],
	f32: [0, 1.5, -Infinity],
	f64: [0, -2.25, 1e300],
};

interface Export {
	name: string;
	params: string[];
}

function functionsOf(bytes: Uint8Array): Export[] {
	const { exports, funcTypes, signatures } = readModule(bytes);
	return exports.flatMap(({ name, kind, index }) => {
		if (kind !== 0) return [];
		const params = signatures[funcTypes[index]!]!.split(">")[0]!;
		return [{ name, params: params === "" || params === "*" ? [] : params.split(",") }];
	});
}

/** Comparable: the number and kind of references, not which function object they are. */
function plainValue(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(plainValue);
	return typeof value === "function" || (typeof value === "object" && value !== null) ? typeof value : value;
}

const kindOf = (error: unknown): string =>
	error instanceof WebAssembly.RuntimeError ? error.message : String(error).split(":")[0]!;

/** The stack was full: V8's (which ends where it likes), or the metered one. What is behind it is not the same in both. */
const V8_STACK = "the end of V8's stack";
const STACK = "the end of the stack";

function outcome(
	exports: WebAssembly.Exports,
	name: string,
	args: unknown[],
	metered: MeteredInstance | null,
): unknown {
	const before = metered?.exhausted();
	try {
		return plainValue((exports[name] as (...args: unknown[]) => unknown)(...args));
	} catch (error) {
		if (error instanceof RangeError && /call stack/.test(error.message)) return V8_STACK;
		return metered !== null && metered.exhausted() !== before ? STACK : kindOf(error);
	}
}

const digest = (memory: WebAssembly.Memory): number[] => {
	const bytes = new Uint8Array(memory.buffer);
	let sum = 0;
	for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) | 0;
	return [bytes.length, sum];
};

function stateOf(exports: WebAssembly.Exports): unknown[] {
	const own = Object.entries(exports).filter(([name]) => !name.startsWith("pilot:"));
	return own.map(([name, it]) => {
		if (it instanceof WebAssembly.Memory) return [name, ...digest(it)];
		if (it instanceof WebAssembly.Table) return [name, Number(it.length)];
		if (!(it instanceof WebAssembly.Global)) return null;
		try {
			return [name, plainValue(it.value)];
		} catch {
			return name; // a vector
		}
	});
}

interface Observation {
	/** What each call gave, then the state; up to the first that found the stack full or was out of fuel. */
	seen: unknown[];
	/** All calls were made. */
	whole: boolean;
	fuel: number;
}

/** Calls each exported function thrice. */
function observe(bytes: Uint8Array, exports: WebAssembly.Exports, log: unknown[], metered: MeteredInstance | null) {
	const seen: unknown[] = [];
	for (const { name, params } of functionsOf(bytes)) {
		for (let round = 0; round < 3; round++) {
			const args = params.map((type) => ARGUMENTS[type]?.[round] ?? null);
			const result = outcome(exports, name, args, metered);
			if (result === V8_STACK) return { seen, whole: false, fuel: Number.NaN };
			if (metered?.outOfFuel() || result === STACK) return { seen, whole: false, fuel: metered?.fuel() ?? 0 };
			if (metered !== null) rewind(metered);
			seen.push([name, round, result]);
		}
	}
	return { seen: [...seen, ...stateOf(exports), ...log], whole: true, fuel: metered?.fuel() ?? 0 };
}

/** After a trap the depth of calls is not what it was; an engine's instance ends there. */
function rewind({ exports, metered }: MeteredInstance): void {
	if (metered.meta.stack === null) return;
	(exports[metered.meta.stack] as WebAssembly.Global).value = STACK_BYTES;
}

function observeMetered(bytes: Uint8Array, slice: number): Observation | string {
	const host = imports();
	try {
		const instance = instantiateMetered(bytes, { slice, limit: LIMIT, imports: host.imports });
		return observe(bytes, instance.exports, host.log, instance);
	} catch (error) {
		return kindOf(error);
	}
}

function observePlain(bytes: Uint8Array<ArrayBuffer>): Observation | string {
	const host = imports();
	try {
		const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), host.imports);
		return observe(bytes, exports, host.log, null);
	} catch (error) {
		return kindOf(error);
	}
}

/** A copy of each memory. */
function copies({ exports, metered }: MeteredInstance): Buffer[] {
	const memories = metered.meta.memories.map((it) => exports[it.export] as WebAssembly.Memory);
	return memories.map((it) => Buffer.from(Buffer.from(it.buffer)));
}

/** The first byte that is not what it was, and that no mark stands for; pages that have come since do not count. */
function missed({ exports, metered }: MeteredInstance, before: Buffer[]): string | null {
	for (const [i, { export: name }] of metered.meta.memories.entries()) {
		const bytes = Buffer.from((exports[name] as WebAssembly.Memory).buffer);
		const { export: mapName } = metered.meta.maps!.find((it) => it.defined === i)!;
		const map = new Uint8Array((exports[mapName] as WebAssembly.Memory).buffer);
		const isMarked = (at: number): boolean => map[Math.floor(at / 2 ** PAGE_SHIFT)] === 1;
		for (let page = 0; page < before[i]!.length; page += SLACK) {
			const end = page + SLACK;
			if (isMarked(page) || isMarked(page - SLACK) || before[i]!.compare(bytes, page, end, page, end) === 0) continue;
			return `${name} ${page}`;
		}
	}
	return null;
}

/** As `observeMetered`, of a module that marks what it writes. */
function observeTracked(bytes: Uint8Array, which: string): Observation | string {
	const host = imports();
	let before: Buffer[] = [];
	try {
		const began = (instance: MeteredInstance): void => {
			before = copies(instance);
		};
		const options = { slice: SLICES[0]!, limit: LIMIT, imports: host.imports, tracked: true, began };
		const instance = instantiateMetered(bytes, options);
		const observed = observe(bytes, instance.exports, host.log, instance);
		expect(missed(instance, before), `${which}: written and not marked`).toBeNull();
		return observed;
	} catch (error) {
		if (error instanceof Error && error.name === "AssertionError") throw error;
		return kindOf(error);
	}
}

/** Checks a module; the number of calls that were compared with the unmetered ones. */
function check(bytes: Uint8Array<ArrayBuffer>, { ends }: Variant, which: string): number {
	const metered = SLICES.map((slice) => observeMetered(bytes, slice));
	for (const other of metered.slice(1)) expect(other, `${which}: another slice`).toEqual(metered[0]);
	const ours = metered[0]!;
	expect(observeTracked(bytes, which), `${which}: tracked`).toEqual(ours);
	if (!ends) return 0;
	const plain = observePlain(bytes);
	if (typeof ours === "string" || typeof plain === "string") {
		// Out of fuel in the start function, or the same failure to instantiate.
		if (ours !== "unreachable") expect(ours, which).toEqual(plain);
		return 0;
	}
	if (ours.whole && plain.whole) expect(ours.seen, which).toEqual(plain.seen);
	const same = Math.min(ours.seen.length, plain.seen.length);
	if (!ours.whole) expect(plain.seen.slice(0, same), which).toEqual(ours.seen.slice(0, same));
	return same;
}

describe("random modules", () => {
	it.skipIf(!installed)(
		"do the same when they are metered (needs wasm-tools)",
		{ timeout: 2000 * SECONDS + 60_000 },
		() => {
			const folder = mkdtempSync(join(tmpdir(), "pilot-fuzz-"));
			onTestFinished(() => rmSync(folder, { recursive: true }));
			availableImports = join(folder, "imports.wasm");
			spawnSync(WASM_TOOLS, ["parse", "-o", availableImports], { input: AVAILABLE });
			const until = performance.now() + SECONDS * 1000;
			const count = { modules: 0, compared: 0 };
			for (let seed = FIRST_SEED; count.modules < MODULES && performance.now() < until; seed++) {
				const variant = VARIANTS[seed % VARIANTS.length]!;
				const bytes = smith(seed, variant);
				if (!WebAssembly.validate(bytes)) continue;
				const which = `seed ${seed} (${variant.name})`;
				const after = meter(bytes).bytes;
				expect(WebAssembly.validate(after as BufferSource), which).toBe(true);
				if (seed % VALIDATED === 0) expect(isValid(after), which).toBe(isValid(bytes));
				count.compared += check(bytes, variant, which);
				count.modules++;
			}
			expect(count.modules).toBeGreaterThan(0);
			expect(count.compared).toBeGreaterThan(count.modules);
			console.log(`${count.modules} modules, ${count.compared} calls compared`);
		},
	);
});
