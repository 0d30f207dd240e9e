/** What an instance that is put back to its snapshot can carry from one invocation to the next: nothing. */
import { describe, expect, it } from "vitest";
import type { CompiledArtifact } from "./artifact.ts";
import type { InstanceGuest } from "./guest.ts";
import { Instance } from "./instance.ts";
import type { LinkPlan, Source } from "./plan.ts";
import { canSnapshot, capture } from "./snapshot.ts";
import { runNow } from "./steps.ts";
import {
	hostSource,
	MEMORY,
	MEMORY_IMPORT,
	MEMORY_SOURCE,
	REALLOC,
	type TestModule,
	testArtifact,
	testShared,
	testSpec,
	testTask,
} from "./testing.ts";
import type { FunctionSpec } from "./types.ts";
import { WholeImage } from "./whole-image.ts";

const shared = testShared();

/** Its modules mark what they write. */
const trackedArtifact = (modules: TestModule[], plan?: Partial<LinkPlan>): Promise<CompiledArtifact> =>
	testArtifact(modules, plan, { tracked: true });

/** An instance that started from a snapshot and can be put back to it. */
async function restorable(
	artifact: CompiledArtifact,
	settings: Partial<FunctionSpec> = {},
	image = async (it: Instance) => runNow(WholeImage.take(artifact, it.cores)),
): Promise<Instance> {
	const spec = testSpec(settings);
	const initialised = await Instance.initialise(artifact, spec, shared);
	const fresh = await Instance.blank(artifact, spec, shared);
	const snapshot = runNow(capture(artifact, initialised.cores, fresh.cores, initialised.handleImage() ?? []))!;
	initialised.end();
	fresh.end();
	return Instance.restore(artifact, spec, shared, snapshot, image);
}

async function answer(instance: Instance): Promise<string> {
	const outcome = await instance.invoke(testTask(), null);
	if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
	return Buffer.from(outcome.payload).toString("latin1");
}

/** A handler that answers with the 8 bytes of an i64 that it makes. */
function answering(body: string, rest = "", memory = `(memory (export "memory") 4)`): string {
	return `(module ${rest} ${memory} ${REALLOC}
		(func (export "handle") (param i32) (result i32)
			(i64.store (i32.const 1040) ${body})
			(i32.store (i32.const 1024) (i32.const 0)) (i32.store (i32.const 1028) (i32.const 1040))
			(i32.store (i32.const 1032) (i32.const 8))
			(i32.const 1024)))`;
}

/** All that can be seen of the instance from outside: its memories and globals. */
function stateOf(artifact: CompiledArtifact, instance: Instance): unknown {
	return artifact.plan.instances.map(({ module }, i) => {
		const { memories, globals } = artifact.metas[module]!;
		const exports = instance.cores[i]!;
		return [
			memories.map((it) => Buffer.from((exports[it.export] as WebAssembly.Memory).buffer).toString("latin1")),
			globals.map((it) => (exports[it.export] as WebAssembly.Global).value),
		];
	});
}

const COUNT = (load: string, store: (value: string) => string) =>
	`(block (result i64) ${store(`(i64.add ${load} (i64.const 1))`)} ${load})`;
const memoryAt = (at: number, memory = "") =>
	COUNT(`(i64.load ${memory} (i32.const ${at}))`, (value) => `(i64.store ${memory} (i32.const ${at}) ${value})`);

describe("a guest that counts its invocations", () => {
	const roads: [string, string, string?, Record<string, Source>?][] = [
		["in memory that was empty", answering(memoryAt(100_000))],
		["in the last bytes of its memory", answering(memoryAt(4 * 65_536 - 8))],
		["in a data segment", answering(memoryAt(70_000), `(data (i32.const 70000) "\\00\\00\\00\\00\\00\\00\\00\\00")`)],
		[
			"in what initialisation wrote",
			answering(
				memoryAt(80_000),
				`(func $s (i64.store (i32.const 80000) (i64.const 0)) (i64.store (i32.const 80008) (i64.const 5))) (start $s)`,
			),
		],
		["in its second memory", answering(memoryAt(9000, "$b"), "", `(memory (export "memory") 4) (memory $b 1)`)],
		[
			"in a global",
			answering(
				COUNT("(global.get $g)", (value) => `(global.set $g ${value})`),
				`(global $g (mut i64) (i64.const 0))`,
			),
		],
		[
			"in a float's bits",
			answering(
				COUNT("(i64.reinterpret_f64 (global.get $g))", (value) => `(global.set $g (f64.reinterpret_i64 ${value}))`),
				`(global $g (mut f64) (f64.const 0))`,
			),
		],
	];

	it.each(roads)("%s always counts one", async (_name, wat) => {
		const artifact = await trackedArtifact([{ wat }]);
		const instance = await restorable(artifact);
		const before = stateOf(artifact, instance);
		const first = await answer(instance);
		for (let i = 0; i < 3; i++) {
			expect(instance.reset()).toBe(true);
			expect(stateOf(artifact, instance)).toEqual(before);
			expect(await answer(instance)).toBe(first);
		}
		// The proof that it would have counted on.
		expect(await answer(instance)).not.toBe(first);
		instance.end();
	});

	it("in the memory of another module always counts one", async () => {
		const wat = answering(memoryAt(120_000), "", MEMORY_IMPORT);
		const artifact = await trackedArtifact([
			MEMORY,
			{ wat: wat.replace(REALLOC, `${REALLOC}`), imports: MEMORY_SOURCE },
		]);
		const instance = await restorable(artifact);
		const first = await answer(instance);
		expect(instance.reset()).toBe(true);
		expect(await answer(instance)).toBe(first);
		expect(await answer(instance)).not.toBe(first);
	});

	it("by its open handles always counts one", async () => {
		const artifact = await trackedArtifact([
			{
				wat: answering(`(i64.extend_i32_u (call $open))`, `(import "h" "open" (func $open (result i32)))`),
				imports: { "h open": hostSource("wasi:cli/stdout", "get-stdout") },
			},
		]);
		const instance = await restorable(artifact);
		const answers = [await answer(instance)];
		for (let i = 0; i < 3; i++) {
			expect(instance.reset()).toBe(true);
			answers.push(await answer(instance));
		}
		expect(new Set(answers).size).toBe(1);
		expect(await answer(instance)).not.toBe(answers[0]);
	});

	it("by resources of its own does so without their destructors being run", async () => {
		const artifact = await trackedArtifact(
			[
				{
					wat: `(module (memory (export "memory") 2) (global $g (export "g") (mut i64) (i64.const 0)) ${REALLOC}
						(func (export "dtor") (param i32) unreachable)
						(func (export "handle") (param i32) (result i32) unreachable))`,
				},
				{
					wat: answering(
						`(i64.extend_i32_u (call $new (i32.const 7)))`,
						`(import "h" "new" (func $new (param i32) (result i32)))`,
					),
					imports: { "h new": { from: "resource", op: "new", type: 0 } },
				},
			],
			{ destructors: [{ instance: 0, name: "dtor" }] },
		);
		const instance = await restorable(artifact);
		const first = await answer(instance);
		expect(instance.reset()).toBe(true);
		expect(await answer(instance)).toBe(first);
		expect(instance.reset()).toBe(true);
	});
});

describe("an instance cannot be put back", () => {
	it.each([
		["it has grown its memory", `(i64.extend_i32_s (memory.grow (i32.const 1)))`],
		["it has grown a second memory", `(i64.extend_i32_s (memory.grow $b (i32.const 1)))`],
	])("when %s: it ends", async (_name, body) => {
		const instance = await restorable(
			await trackedArtifact([{ wat: answering(body, "", `(memory (export "memory") 4) (memory $b 1)`) }]),
		);
		await answer(instance);
		expect(instance.over).toBe(false);
		expect(instance.reset()).toBe(false);
		expect(instance.over).toBe(true);
	});

	it("when it did not start from a snapshot: it ends", async () => {
		const artifact = await trackedArtifact([{ wat: answering("(i64.const 1)") }]);
		const instance = await Instance.initialise(artifact, testSpec(), shared);
		await answer(instance);
		expect(instance.reset()).toBe(false);
		expect(instance.over).toBe(true);
	});

	it("when it is over already", async () => {
		const instance = await restorable(await trackedArtifact([{ wat: answering("(block (result i64) unreachable)") }]));
		expect(await instance.invoke(testTask(), null)).toMatchObject({ ok: false });
		expect(instance.reset()).toBe(false);
	});
});

describe("a guest whose state cannot all be seen has no snapshot, so that none of its instances is put back", () => {
	it.each([
		[
			"it writes to a table",
			`(table $t 1 funcref) (func $f) (elem declare func $f) (func (table.set $t (i32.const 0) (ref.func $f)))`,
		],
		["it keeps a vector in a global", `(global (mut v128) (v128.const i64x2 0 0))`],
		["it keeps a reference in a global", `(global (mut funcref) (ref.null func))`],
		["it drops a segment", `(data $d "a") (func (data.drop $d))`],
	])("%s", async (_name, rest) => {
		expect(canSnapshot(await trackedArtifact([{ wat: answering("(i64.const 0)", rest) }]))).toBe(false);
	});
});

describe("what comes from the host", () => {
	it("is new after each restore: random bits, and a clock that goes on", async () => {
		const of = (name: string, method: string) => ({
			wat: answering("(call $host)", `(import "h" "host" (func $host (result i64)))`),
			imports: { "h host": hostSource(name, method) },
		});
		const random = await restorable(await trackedArtifact([of("wasi:random/random", "get-random-u64")]));
		const clock = await restorable(await trackedArtifact([of("wasi:clocks/monotonic-clock", "now")]));
		const seen = new Set<string>();
		let last = 0n;
		for (let i = 0; i < 50; i++) {
			seen.add(await answer(random));
			const now = Buffer.from(await answer(clock), "latin1").readBigUInt64LE();
			expect(now).toBeGreaterThan(last);
			last = now;
			expect(random.reset() && clock.reset()).toBe(true);
		}
		expect(seen.size).toBe(50);
	});

	it("costs the same fuel in each invocation", async () => {
		const instance = await restorable(await trackedArtifact([{ wat: answering(memoryAt(100_000)) }]));
		const used: number[] = [];
		for (let i = 0; i < 5; i++) {
			used.push((await instance.invoke(testTask(), null)).usage.fuel);
			instance.reset();
		}
		expect(new Set(used).size).toBe(1);
	});
});

it("an image is of use for every instance that started alike, and is not changed by any", async () => {
	const artifact = await trackedArtifact([{ wat: answering(memoryAt(70_000), `(data (i32.const 70000) "\\09")`) }]);
	let image: WholeImage | undefined;
	const shared = async ({ cores }: Instance): Promise<WholeImage> => {
		image ??= runNow(WholeImage.take(artifact, cores));
		return image;
	};
	const [a, b] = [await restorable(artifact, {}, shared), await restorable(artifact, {}, shared)];
	const before = stateOf(artifact, a);
	for (const instance of [a, b, a]) {
		await answer(instance);
		expect(instance.reset()).toBe(true);
		expect(stateOf(artifact, instance)).toEqual(before);
	}
	expect(image!.bytes).toBe(4096);
});

describe("a generator that initialisation seeded", () => {
	const seed = "(global.set $seed (call $random))";
	const wat = (hook: string) =>
		answering(
			"(block (result i64) (global.set $seed (i64.add (i64.mul (global.get $seed) (i64.const 6364136223846793005)) (i64.const 1))) (global.get $seed))",
			`(import "h" "random" (func $random (result i64))) (global $seed (mut i64) (i64.const 0))
			(func $start ${seed}) (start $start) (func (export "hook") ${hook})`,
		);
	const imports = { "h random": hostSource("wasi:random/random", "get-random-u64") };

	async function drawn(hook: string, exports = {}): Promise<number> {
		const artifact = await trackedArtifact([{ wat: wat(hook), imports }]);
		Object.assign(artifact.plan.exports, exports);
		const seen = new Set<string>();
		for (let i = 0; i < 3; i++) {
			const instance = await restorable(artifact);
			for (let j = 0; j < 3; j++) {
				seen.add(await answer(instance));
				expect(await instance.resetInTurns()).toBe(true);
			}
			instance.end();
		}
		return seen.size;
	}

	it("repeats itself in every invocation, unless `after-restore` seeds it anew", async () => {
		// Three snapshots, each with a seed of its own.
		expect(await drawn("")).toBe(3);
		const lifted = {
			func: { instance: 0, name: "hook" },
			encoding: "utf8",
			memory: null,
			realloc: null,
			postReturn: null,
		};
		expect(await drawn(seed, { "after-restore": lifted })).toBe(9);
	});
});

it("an instance that reached another host has no snapshot: it may have kept what it learned", async () => {
	const artifact = await trackedArtifact([{ wat: answering("(i64.const 0)") }]);
	const instance = await Instance.initialise(artifact, testSpec({ egress: ["there.example"] }), shared);
	const { guest } = instance as unknown as { guest: InstanceGuest };
	expect(guest.mayReach("http", "elsewhere.example")).toBe(false);
	expect(instance.handleImage()).toEqual([]);
	expect(guest.mayReach("http", "there.example")).toBe(true);
	expect(instance.handleImage()).toBeNull();
});
