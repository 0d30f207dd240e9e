/**
 * Mutated components through admission, linking, metering and, where they are still admitted, a call with little fuel and
 * time. What wasm-tools refuses is refused; everything else is admitted or refused in words; the host never ends, nothing is slow, and
 * nothing is left behind. The same cases in each run; for longer, by hand:
 *
 *     PILOT_FUZZ_SECONDS=600 PILOT_FUZZ_SEED=7 npx vitest run test/fuzz/components.test.ts
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AdmissionError, EngineBusy } from "../../host/engine/types.ts";
import { randomFrom } from "../faults/child-host.ts";
import { answer, type TestEngine, testEngine } from "../support/engine.ts";
import { guest, guestNames } from "../support/guests.ts";
import { mutate } from "./mutate.ts";

const SECONDS = Number(process.env.PILOT_FUZZ_SECONDS ?? 40);
const SEED = Number(process.env.PILOT_FUZZ_SEED ?? 1);
/** Cases at most, so that a quick machine does no other ones than a slow one in `npm test`. */
const CASES = process.env.PILOT_FUZZ_SECONDS === undefined ? 1500 : Number.POSITIVE_INFINITY;
/** No build takes as long as this, ms: a thousand times what they take. */
const SLOW = 5000;
const WASM_TOOLS = process.env.PILOT_WASM_TOOLS ?? "wasm-tools";
const hasOracle = spawnSync(WASM_TOOLS, ["--version"]).status === 0;

/** The case under way, in case it ends the process. */
const CURRENT = new URL("../.cache/fuzz/", import.meta.url);
const GUESTS = new URL("../guests/", import.meta.url);
/** They are as small as others, and take ten seconds each to be refused. */
const LONG = new Set(["start-loop"]);

let test: TestEngine;
let corpus: Uint8Array[];

beforeAll(async () => {
	mkdirSync(CURRENT, { recursive: true });
	test = await testEngine();
	const wats = await Promise.all(
		guestNames()
			.filter((it) => !LONG.has(it))
			.map(guest),
	);
	const isComponent = (code: Uint8Array) => code[4] === 0x0d;
	corpus = [...wats.filter(isComponent), ...builtGuests()];
});
afterAll(() => test.close());

/** test/guests/NAME/NAME.wasm, but for those of megabytes. */
function builtGuests(): Uint8Array[] {
	const files = readdirSync(GUESTS, { recursive: true, encoding: "utf8" })
		.filter((it) => it.endsWith(".wasm"))
		.sort();
	return files.map((it) => new Uint8Array(readFileSync(new URL(it, GUESTS)))).filter((it) => it.length < 200_000);
}

/** Does wasm-tools take it, with every proposal that it knows? */
function isValid(): boolean {
	return (
		spawnSync(WASM_TOOLS, ["validate", "--features", "all", new URL("current.wasm", CURRENT).pathname]).status === 0
	);
}

type Result = "refused" | "admitted" | "ran";

async function run(code: Uint8Array): Promise<Result> {
	const spec = await test.spec(code, { fuel: 2_000_000 }).catch(refused);
	if (spec === null) return "refused";
	try {
		if ((await test.engine.prepare(spec).catch(refused)) === null) return "admitted";
		const task = { timeoutMs: 200 };
		const called =
			spec.kind === "http" ? (await test.request(spec, {}, task)).outcome : await test.invoke(spec, "[]", task);
		return called.ok ? "ran" : "admitted";
	} catch (error) {
		if (error instanceof EngineBusy) return "admitted";
		throw error;
	} finally {
		test.engine.retire(spec.id);
	}
}

function refused(error: unknown): null {
	if (error instanceof AdmissionError) return null;
	throw error;
}

describe("mutated components", () => {
	it(`are refused in words or run within their limits: seed ${SEED}`, { timeout: (SECONDS + 60) * 1000 }, async () => {
		const tally: Record<Result, number> = { refused: 0, admitted: 0, ran: 0 };
		const finds: string[] = [];
		const until = performance.now() + SECONDS * 1000;
		for (let index = 0; index < CASES && performance.now() < until; index++) {
			const random = randomFrom(SEED * 1_000_003 + index);
			const [code, did] = mutate(corpus[Math.floor(random() * corpus.length)]!, random, corpus);
			writeFileSync(new URL("current.wasm", CURRENT), code);
			const started = performance.now();
			const result = await run(code).catch((error: unknown) => error as Error);
			const took = performance.now() - started;
			const find = problem(result, took);
			if (find !== undefined) {
				finds.push(`case ${index} (${did.join("; ")}): ${find}`);
				writeFileSync(new URL(`find-${SEED}-${index}.wasm`, CURRENT), code);
			}
			if (typeof result === "string") tally[result]++;
		}
		if (CASES === Number.POSITIVE_INFINITY) console.log(tally, finds);
		expect(finds).toEqual([]);
		// The mutations break enough, and not everything.
		expect(tally.refused).toBeGreaterThan(50);
		expect(tally.ran).toBeGreaterThan(10);
		expect(answer(await test.invoke(await test.spec(await guest("ok")), ""))).toBe('"ok"');
	});
});

function problem(result: Result | Error, took: number): string | undefined {
	if (result instanceof Error) return `${result.name}: ${result.message}`;
	if (took > SLOW) return `took ${took} ms`;
	const { instances, busy, memoryBytes } = test.engine.stats();
	if (instances + busy + memoryBytes > 0) return `left ${instances} instances, ${busy} busy, ${memoryBytes} bytes`;
	if (result !== "refused" && hasOracle && !isValid()) return "was admitted, and wasm-tools refuses it";
	return undefined;
}
