/**
 * The same snapshot, input and answers of the host use the same fuel, whatever the slice and whichever instance: real
 * components, through the whole engine. And what REPORT says of fuel, memory and core time.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { build } from "../../host/cli/build/index.ts";
import { readProject } from "../../host/cli/build/project.ts";
import { type TestEngine, testEngine } from "../support/engine.ts";
import { guest, handlerComponent } from "../support/guests.ts";

const SLICES = [1000, 77_777, 1_000_000_000];

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const built = (name: string) => async () => new Uint8Array(readFileSync(path(`test/guests/${name}/${name}.wasm`)));
const example = (name: string) => async () =>
	new Uint8Array(readFileSync((await build(readProject(path(`components/${name}`)))).path));

/** None of them asks for the time or for random bytes: those are answers of the host's. */
const EVENTS: [name: string, code: () => Promise<Uint8Array>, events: string[]][] = [
	...["rust-event", "c-event", "cpp-event", "zig-event", "assemblyscript-event"].map(
		(name): [string, () => Promise<Uint8Array>, string[]] => [
			name,
			built(name),
			["echo hello", "count", `echo ${"long ".repeat(5000)}`, "count", "say this", "fail so"],
		],
	),
	["components/echo (QuickJS)", example("echo"), ['{"a":[1,2,3]}', "[]", '"text"']],
];
const REQUESTS: [name: string, code: () => Promise<Uint8Array>][] = ["c-http", "rust-http", "rust-wstd-http"].map(
	(name) => [name, built(name)],
);

async function engine(slice?: number): Promise<TestEngine> {
	const test = await testEngine(slice === undefined ? {} : { slice });
	onTestFinished(() => test.close());
	return test;
}

describe("fuel", () => {
	it.each(EVENTS)(
		"%s: the same at any slice, and of each new instance",
		{ timeout: 120_000 },
		async (_, make, events) => {
			const code = await make();
			const used: number[][] = [];
			for (const slice of SLICES) {
				const test = await engine(slice);
				for (const instance of ["first", "second"]) {
					const spec = await test.spec(code, { id: instance });
					const outcomes = [];
					for (const event of events) outcomes.push(await test.invoke(spec, event));
					used.push(outcomes.map((it) => it.usage.fuel));
				}
			}
			expect(used[0]!.every((it) => it > 0 && Number.isInteger(it))).toBe(true);
			for (const other of used) expect(other).toEqual(used[0]);
		},
	);

	it.each(REQUESTS)("%s: the same at any slice", { timeout: 60_000 }, async (_, make) => {
		const code = await make();
		const used: number[][] = [];
		for (const slice of SLICES) {
			const test = await engine(slice);
			const spec = await test.spec(code);
			const outcomes = [];
			for (let i = 0; i < 4; i++) outcomes.push((await test.request(spec, {})).outcome);
			expect(outcomes.every((it) => it.ok)).toBe(true);
			used.push(outcomes.map((it) => it.usage.fuel));
		}
		for (const other of used) expect(other).toEqual(used[0]);
	});

	it.each(["count", "tiny-writes", "loop", "loop-calls"])(
		"a limit ends %s at the same place at any slice",
		async (name) => {
			const code = await guest(name);
			const ended = [];
			for (const slice of SLICES) {
				const test = await engine(slice);
				const spec = await test.spec(code, { fuel: 345_678 });
				let outcome = await test.invoke(spec, "");
				for (let i = 0; i < 20 && outcome.ok; i++) outcome = await test.invoke(spec, "");
				ended.push([outcome.usage.fuel, outcome.ok]);
			}
			for (const other of ended) expect(other).toEqual(ended[0]);
		},
	);

	it("of a guest that recurses without end is the same too, and so is its failure", async () => {
		const recursive = await guest("recursion");
		const failures = [];
		for (const slice of SLICES) {
			const test = await engine(slice);
			const outcome = await test.invoke(await test.spec(recursive), "");
			failures.push([outcome.usage.fuel, !outcome.ok && outcome.failure]);
		}
		expect(failures[0]![1]).toMatchObject({ kind: "crash", errorMessage: "call stack exhausted" });
		for (const other of failures) expect(other).toEqual(failures[0]);
	});
});

/** A handler that grows its two pages by ten, and answers with nothing. */
const GROWS = readFileSync(path("test/guests/hostile/ok.wat"), "utf8").replace(
	/(\(func \(export "pilot:function\/handler@0\.1\.0#handle"\) \(param[^)]*\) \(result i32\))/,
	"$1 (drop (memory.grow (i32.const 10)))",
);

describe("usage", () => {
	it("says what the memories hold, to the byte, and no more core time than time", async () => {
		const test = await engine();
		const spec = await test.spec(await handlerComponent(GROWS));
		const [first, second] = [await test.invoke(spec, ""), await test.invoke(spec, "")];
		expect(first.ok).toBe(true);
		expect([first.usage.memoryBytes, second.usage.memoryBytes]).toEqual([12 * 65_536, 22 * 65_536]);
		const busy = await test.invoke(await test.spec(await guest("loop")), "", { timeoutMs: 100 });
		expect(busy.usage.cpuMs).toBeGreaterThan(0);
		expect(busy.usage.cpuMs).toBeLessThanOrEqual(busy.usage.durationMs);
		expect(busy.usage.fuel).toBeGreaterThan(0);
	});
});
