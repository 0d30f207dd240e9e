import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { Instance } from "./instance.ts";
import {
	handling,
	hostSource,
	MEMORY,
	MEMORY_IMPORT,
	MEMORY_SOURCE,
	REALLOC,
	runOnce,
	testArtifact,
	testShared,
	testSpec,
	testTask,
} from "./testing.ts";

/** How late timers are while something runs, ms: the longest time that the event loop stood still. */
async function longestBlock<T>(run: Promise<T>): Promise<{ result: T; blockedMs: number }> {
	let last = performance.now();
	let blockedMs = 0;
	const look = (): void => {
		blockedMs = Math.max(blockedMs, performance.now() - last);
		last = performance.now();
	};
	const timer = setInterval(look, 1);
	try {
		const result = await run;
		look();
		return { result, blockedMs };
	} finally {
		clearInterval(timer);
	}
}

describe("a guest that only ever waits for what is there already", () => {
	it("gives way to others all the same", async () => {
		const artifact = await testArtifact([
			MEMORY,
			{
				wat: handling(
					`(local $in i32) (local $out i32)
					(local.set $in (call $stdin)) (local.set $out (call $stdout))
					(loop $again
						(call $splice (local.get $out) (local.get $in) (i64.const 1) (i32.const 2048))
						(br $again))`,
					`(import "h" "stdin" (func $stdin (result i32)))
					(import "h" "stdout" (func $stdout (result i32)))
					(import "h" "splice" (func $splice (param i32 i32 i64 i32)))`,
					MEMORY_IMPORT,
				),
				imports: {
					...MEMORY_SOURCE,
					"h stdin": hostSource("wasi:cli/stdin", "get-stdin"),
					"h stdout": hostSource("wasi:cli/stdout", "get-stdout"),
					"h splice": hostSource("wasi:io/streams", "[method]output-stream.blocking-splice", 0),
				},
			},
		]);
		const { result, blockedMs } = await longestBlock(runOnce(artifact, { timeoutMs: 1000 }));
		expect(result).toMatchObject({ ok: false, failure: { kind: "timeout" } });
		expect(blockedMs).toBeLessThan(900);
	});
});

describe("a guest without loops that calls the host many times", () => {
	it("is stopped when its calls take too long in a row", async () => {
		const handle = "(call $random (i64.const 1048576) (i32.const 2048)) (i32.store (i32.const 0) (i32.const 0))\n";
		const module = {
			wat: handling(handle.repeat(4000), `(import "h" "random" (func $random (param i64 i32)))`, MEMORY_IMPORT),
			imports: { ...MEMORY_SOURCE, "h random": hostSource("wasi:random/random", "get-random-bytes", 0) },
		};
		// Always the same room: 4000 times 1 MiB is more than there is.
		const memory = { wat: MEMORY.wat.replace("(local.get $at))", "(i32.const 4096))") };
		const outcome = await runOnce(await testArtifact([memory, module]), { timeoutMs: 60_000 });
		expect(outcome).toMatchObject({ ok: false, failure: { kind: "crash" } });
		if (!outcome.ok) expect(outcome.failure.errorMessage).toContain("host calls in a row");
	});

	it("is not, when it waited in between", async () => {
		const artifact = await testArtifact([
			{
				wat: handling(
					`(local $timer i32)
					${"(drop (call $now))".repeat(1100)}
					(local.set $timer (call $sleep (i64.const 200000000)))
					(call $block (local.get $timer))
					${"(drop (call $now))".repeat(1100)}`,
					`(import "h" "now" (func $now (result i64)))
					(import "h" "sleep" (func $sleep (param i64) (result i32)))
					(import "h" "block" (func $block (param i32)))`,
				),
				imports: {
					"h now": hostSource("wasi:clocks/monotonic-clock", "now"),
					"h sleep": hostSource("wasi:clocks/monotonic-clock", "subscribe-duration"),
					"h block": hostSource("wasi:io/poll", "[method]pollable.block"),
				},
			},
		]);
		expect(await runOnce(artifact)).toMatchObject({ ok: true });
	});
});

describe("what an instance starts with", () => {
	it.each([
		["tables", "(table 10000000 funcref)".repeat(40), "its tables have over 250000 entries"],
		["memories", "(memory 65536)".repeat(90), "over the limit of 16777216"],
	])("is refused before V8 makes it: %s", async (_name, rest, words) => {
		const artifact = await testArtifact([
			{ wat: `(module (memory (export "memory") 1) ${rest} ${REALLOC} (func (export "handle")))` },
		]);
		const shared = testShared();
		await expect(Instance.initialise(artifact, testSpec(), shared)).rejects.toThrow(words);
		expect(shared.memory).toMatchObject({ usedBytes: 0, memories: 0 });
	});
});

describe("realloc and post-return", () => {
	const imports = { "h now": hostSource("wasi:clocks/monotonic-clock", "now") };
	const now = `(import "h" "now" (func $now (result i64)))`;
	const answer = `(func (export "handle") (param i32) (result i32) (i32.const 1024))`;

	it("may not call the host: realloc", async () => {
		const artifact = await testArtifact([
			{
				wat: `(module ${now} (memory (export "memory") 1)
					(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (drop (call $now)) (i32.const 4096))
					${answer})`,
				imports,
			},
		]);
		const outcome = await runOnce(artifact);
		expect(outcome).toMatchObject({ failure: { kind: "crash", errorMessage: "cannot leave component instance" } });
	});

	it("may not call the host: post-return", async () => {
		const artifact = await testArtifact([
			{
				wat: `(module ${now} (memory (export "memory") 1) ${REALLOC} ${answer}
					(func (export "post") (param i32) (drop (call $now))))`,
				imports,
			},
		]);
		artifact.plan.exports.handle!.postReturn = { instance: 0, name: "post" };
		const outcome = await runOnce(artifact);
		expect(outcome).toMatchObject({ failure: { kind: "crash", errorMessage: "cannot leave component instance" } });
	});

	it("are over when the guest goes on: it may call the host then", async () => {
		const artifact = await testArtifact([{ wat: handling("(drop (call $now))", now), imports }]);
		artifact.plan.exports.handle!.postReturn = null;
		expect(await runOnce(artifact)).toMatchObject({ ok: true });
	});
});

describe("a thousand instances that fail", () => {
	it("leave nothing behind: no memory, no listeners, no timers", async () => {
		const bodies = [
			"unreachable",
			"(drop (memory.grow (i32.const 3))) unreachable",
			"(drop (memory.grow (i32.const 900)))",
		];
		const artifacts = await Promise.all(bodies.map((body) => testArtifact([{ wat: handling(body) }])));
		const shared = testShared();
		const { signal } = new AbortController();
		let listeners = 0;
		const counted = Object.create(signal, {
			aborted: { get: () => false },
			addEventListener: { value: () => void listeners++ },
			removeEventListener: { value: () => void listeners-- },
		}) as AbortSignal;
		const timers = () => process.getActiveResourcesInfo().filter((it) => it === "Timeout").length;
		const before = timers();
		for (let i = 0; i < 1000; i++) await runOnce(artifacts[i % 3]!, { signal: counted }, shared);
		expect(shared.memory).toMatchObject({ usedBytes: 0, memories: 0 });
		expect(listeners).toBe(0);
		expect(timers()).toBeLessThanOrEqual(before);
	});
});

describe("a guest that is given up where it waits", () => {
	const imports = {
		"h sleep": hostSource("wasi:clocks/monotonic-clock", "subscribe-duration"),
		"h block": hostSource("wasi:io/poll", "[method]pollable.block"),
	};
	const importing = `(import "h" "sleep" (func $sleep (param i64) (result i32))) (import "h" "block" (func $block (param i32)))`;
	const forever = "(call $block (call $sleep (i64.const 3600000000000)))";

	/** How many of some instances, of which nobody knows any more, are still in memory. */
	async function remaining(run: (shared: ReturnType<typeof testShared>) => Promise<Instance>): Promise<number> {
		setFlagsFromString("--expose-gc");
		const collect = runInNewContext("gc") as () => void;
		const shared = testShared();
		const refs = await Promise.all(
			Array.from({ length: 20 }, async () => new WeakRef((await run(shared)).cores[0]!.memory as WebAssembly.Memory)),
		);
		for (let i = 0; i < 5; i++) {
			await new Promise((resolve) => setTimeout(resolve, 5));
			collect();
		}
		expect(shared.memory).toMatchObject({ usedBytes: 0, memories: 0, tableEntries: 0 });
		return refs.filter((it) => it.deref() !== undefined).length;
	}

	it.each([
		["waits, then would trap", `${forever} unreachable`],
		["waits, then would answer", forever],
		["waits, then would grow", `${forever} (drop (memory.grow (i32.const 10)))`],
		[
			"waits in a loop and catches all",
			`(loop $again (block $out (try_table (catch_all $out) ${forever})) (br $again))`,
		],
	])("is gone, with its memory: one that %s", async (_name, body) => {
		const artifact = await testArtifact([{ wat: handling(body, importing), imports }]);
		const left = await remaining(async (shared) => {
			const instance = await Instance.initialise(artifact, testSpec(), shared);
			const outcome = await instance.invoke(testTask({ timeoutMs: 5 }), null);
			expect(outcome).toMatchObject({ failure: { kind: "timeout" } });
			return instance;
		});
		// V8 looks at the native stack by guessing: one may seem to be used.
		expect(left).toBeLessThan(3);
	});

	it("calls nothing of the host's on its way out", async () => {
		let written = 0;
		const write = `(call $write (call $stdout) (i32.const 0) (i32.const 5) (i32.const 2048))`;
		const module = {
			wat: handling(
				`${forever} ${write}`,
				`${importing} (import "h" "stdout" (func $stdout (result i32)))
				(import "h" "write" (func $write (param i32 i32 i32 i32)))`,
				MEMORY_IMPORT,
			),
			imports: {
				...imports,
				...MEMORY_SOURCE,
				"h stdout": hostSource("wasi:cli/stdout", "get-stdout"),
				"h write": hostSource("wasi:io/streams", "[method]output-stream.write", 0),
			},
		};
		const outcome = await runOnce(await testArtifact([MEMORY, module]), { timeoutMs: 5, output: () => void written++ });
		expect(outcome).toMatchObject({ failure: { kind: "timeout" } });
		await new Promise((resolve) => setTimeout(resolve, 20));
		expect(written).toBe(0);
	});
});

describe("an instance that served a cancelled call", () => {
	it("is over, and what its guest writes afterwards goes nowhere", async () => {
		const artifact = await testArtifact([
			MEMORY,
			{
				wat: handling(
					`(call $block (call $sleep (i64.const 50000000)))
					(call $write (call $stdout) (i32.const 0) (i32.const 5) (i32.const 2048))`,
					`(import "h" "sleep" (func $sleep (param i64) (result i32)))
					(import "h" "block" (func $block (param i32)))
					(import "h" "stdout" (func $stdout (result i32)))
					(import "h" "write" (func $write (param i32 i32 i32 i32)))`,
					MEMORY_IMPORT,
				),
				imports: {
					...MEMORY_SOURCE,
					"h sleep": hostSource("wasi:clocks/monotonic-clock", "subscribe-duration"),
					"h block": hostSource("wasi:io/poll", "[method]pollable.block"),
					"h stdout": hostSource("wasi:cli/stdout", "get-stdout"),
					"h write": hostSource("wasi:io/streams", "[method]output-stream.write", 0),
				},
			},
		]);
		const written: number[] = [];
		const output = (_stream: 1 | 2, bytes: Uint8Array): void => void written.push(bytes.length);
		expect(await runOnce(artifact, { output })).toMatchObject({ ok: true });
		expect(written).toEqual([5]);

		const control = new AbortController();
		setTimeout(() => control.abort(), 10);
		const instance = await Instance.initialise(artifact, testSpec(), testShared());
		const outcome = await instance.invoke(testTask({ signal: control.signal, output }), null);
		expect(outcome).toMatchObject({ failure: { kind: "cancelled" } });
		expect(instance.over).toBe(true);
		await new Promise((resolve) => setTimeout(resolve, 100));
		expect(written).toEqual([5]);
	});
});
