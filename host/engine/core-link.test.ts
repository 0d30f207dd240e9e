import { describe, expect, it } from "vitest";
import { Instance } from "./instance.ts";
import type { Source } from "./plan.ts";
import {
	handling,
	hostSource,
	MEMORY,
	MEMORY_IMPORT,
	MEMORY_SOURCE,
	runOnce,
	testArtifact,
	testShared,
	testSpec,
	testTask,
} from "./testing.ts";

const RESOURCE = {
	"r new": { from: "resource", op: "new", type: 0 },
	"r rep": { from: "resource", op: "rep", type: 0 },
	"r drop": { from: "resource", op: "drop", type: 0 },
	"r other": { from: "resource", op: "drop", type: 1 },
} as const satisfies Record<string, Source>;

const IMPORTS = `
	(import "r" "new" (func $new (param i32) (result i32)))
	(import "r" "rep" (func $rep (param i32) (result i32)))
	(import "r" "drop" (func $drop (param i32)))
	(import "r" "other" (func $other (param i32)))`;

/** Counts how often it was called, and with what last; a destructor for the next module. */
const COUNTING = {
	wat: `(module
		(global $calls (export "calls") (mut i32) (i32.const 0)) (global $last (export "last") (mut i32) (i32.const 0))
		(func (export "dtor") (param i32)
			(global.set $calls (i32.add (global.get $calls) (i32.const 1))) (global.set $last (local.get 0))))`,
};

async function withResources(body: string) {
	const module = { wat: handling(body, IMPORTS), imports: RESOURCE };
	const destructors = [{ instance: 0, name: "dtor" }, null];
	return testArtifact([COUNTING, module], { destructors });
}

describe("resources that the guest defines", () => {
	it("keep what they stand for, and are destructed when they are dropped, once", async () => {
		const artifact = await withResources(`(local $a i32) (local $b i32)
			(local.set $a (call $new (i32.const 77))) (local.set $b (call $new (i32.const 78)))
			(if (i32.ne (call $rep (local.get $b)) (i32.const 78)) (then unreachable))
			(call $drop (local.get $a))`);
		const instance = await Instance.initialise(artifact, testSpec(), testShared());
		expect(await instance.invoke(testTask(), null)).toMatchObject({ ok: true });
		const { calls, last } = instance.cores[0] as { calls: WebAssembly.Global; last: WebAssembly.Global };
		expect([calls.value, last.value]).toEqual([1, 77]);
		instance.end();
		// The instance's own destructors have nothing to free when it ends.
		expect(calls.value).toBe(1);
	});

	it.each([
		[
			"dropped twice",
			"(local $a i32) (local.set $a (call $new (i32.const 1))) (call $drop (local.get $a)) (call $drop (local.get $a))",
			"unknown handle",
		],
		["dropped as another type", "(call $other (call $new (i32.const 1)))", "is a guest#0, not a guest#1"],
		["never made", "(drop (call $rep (i32.const 1)))", "unknown handle"],
		["made without end", "(loop $l (drop (call $new (i32.const 1))) (br $l))", "more than 65536 handles"],
	])("%s: a trap", async (_name, body, words) => {
		const outcome = await runOnce(await withResources(body));
		expect(outcome).toMatchObject({ ok: false, failure: { kind: "crash" } });
		if (!outcome.ok) expect(outcome.failure.errorMessage).toContain(words);
	});

	it("whose destructor never ends are ended as any other guest that does not, and give way meanwhile", async () => {
		const destructor = { wat: `(module (func (export "dtor") (param i32) (loop $l (br $l))))` };
		const module = { wat: handling("(call $drop (call $new (i32.const 1)))", IMPORTS), imports: RESOURCE };
		const artifact = await testArtifact([destructor, module], { destructors: [{ instance: 0, name: "dtor" }, null] });
		expect(await runOnce(artifact, { timeoutMs: 50 })).toMatchObject({ failure: { kind: "timeout" } });
	});
});

describe("what a host function throws", () => {
	const caught = (call: string) => handling(`(block $out (try_table (catch_all $out) ${call}))`, IMPORTS);

	it("ends the instance, though the guest caught it and answered", async () => {
		const module = { wat: caught("(call $drop (i32.const 9))"), imports: RESOURCE };
		const outcome = await runOnce(await testArtifact([COUNTING, module], { destructors: [null, null] }));
		expect(outcome).toMatchObject({ failure: { kind: "crash", errorMessage: "unknown handle index 9" } });
	});

	it("and what follows it in the guest calls nothing of the host's any more", async () => {
		const module = {
			wat: handling(
				`(block $out (try_table (catch_all $out) (call $drop (i32.const 9))))
				(call $write (call $stdout) (i32.const 0) (i32.const 4) (i32.const 2048))`,
				`${IMPORTS} (import "h" "stdout" (func $stdout (result i32)))
				(import "h" "write" (func $write (param i32 i32 i32 i32)))`,
				MEMORY_IMPORT,
			),
			imports: {
				...RESOURCE,
				"h stdout": hostSource("wasi:cli/stdout", "get-stdout"),
				"h write": hostSource("wasi:io/streams", "[method]output-stream.write", 0),
				...MEMORY_SOURCE,
			},
		};
		let written = 0;
		const artifact = await testArtifact([MEMORY, module], { destructors: [null, null] });
		const outcome = await runOnce(artifact, { output: () => void written++ });
		expect(outcome).toMatchObject({ failure: { kind: "crash", errorMessage: "unknown handle index 9" } });
		expect(written).toBe(0);
	});
});

describe("a host function", () => {
	it("that is called with values of other types than it has crashes the guest, and nothing else", async () => {
		const module = {
			wat: handling(
				"(call $f (i64.const 16) (i64.const 2048))",
				`(import "h" "f" (func $f (param i64 i64)))`,
				MEMORY_IMPORT,
			),
			imports: { "h f": hostSource("wasi:random/random", "get-random-bytes", 0), ...MEMORY_SOURCE },
		};
		expect(await runOnce(await testArtifact([MEMORY, module]))).toMatchObject({ failure: { kind: "crash" } });
	});
});

describe("names", () => {
	it.each(["__proto__", "constructor", "toString", "", "hasOwnProperty"])(
		"%j is a namespace and a name like any",
		async (name) => {
			const giver = { wat: `(module (func (export "${name}") (result i32) (i32.const 5)))` };
			const taker = {
				wat: handling(
					`(if (i32.ne (call $f) (i32.const 5)) (then unreachable))`,
					`(import "${name}" "${name}" (func $f (result i32)))`,
				),
				imports: { [`${name} ${name}`]: { from: "instance", instance: 0, name } as Source },
			};
			expect(await runOnce(await testArtifact([giver, taker]))).toMatchObject({ ok: true });
		},
	);
});

describe("a function that is cut off", () => {
	it("traps with its reason", async () => {
		const module = {
			wat: handling("(call $f)", `(import "x" "f" (func $f))`),
			imports: { "x f": { from: "trap", message: "f is stubbed out" } as Source },
		};
		expect(await runOnce(await testArtifact([module]))).toMatchObject({
			failure: { kind: "crash", errorMessage: "f is stubbed out" },
		});
	});
});

describe("initialisation", () => {
	it("runs the start functions in order, each after its imports are there", async () => {
		const first = {
			wat: `(module (global $g (export "g") (mut i32) (i32.const 0)) (func $s (global.set $g (i32.const 4))) (start $s))`,
		};
		const second = {
			wat: handling(
				"(if (i32.ne (i32.load (i32.const 64)) (i32.const 8)) (then unreachable))",
				`(import "a" "g" (global $g (mut i32)))
				(func $s (i32.store (i32.const 64) (i32.mul (global.get $g) (i32.const 2)))) (start $s)`,
			),
			imports: { "a g": { from: "instance", instance: 0, name: "g" } as Source },
		};
		expect(await runOnce(await testArtifact([first, second]))).toMatchObject({ ok: true });
	});

	it.each([
		["traps", "(func $s unreachable) (start $s)", "unreachable"],
		["has data beyond its memory", `(data (i32.const 200000) "a")`, "data segment"],
	])("that %s is an InitError, and gives all back", async (_name, rest, words) => {
		const shared = testShared();
		const artifact = await testArtifact([{ wat: handling("", rest) }]);
		await expect(Instance.initialise(artifact, testSpec(), shared)).rejects.toThrow(words);
		expect(shared.memory).toMatchObject({ usedBytes: 0, memories: 0 });
	});
});
