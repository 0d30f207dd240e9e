import { describe, expect, it } from "vitest";
import type { CompiledArtifact } from "./artifact.ts";
import { Instance } from "./instance.ts";
import { canSnapshot, capture, decodeSnapshot, encodeSnapshot, restore, type Snapshot } from "./snapshot.ts";
import { runNow } from "./steps.ts";
import { MEMORY, MEMORY_SOURCE, testArtifact, testShared, testSpec } from "./testing.ts";

const shared = testShared();

/** Takes the snapshot of an instance, sends it through a file's bytes, and starts another instance from it. */
async function throughSnapshot(artifact: CompiledArtifact): Promise<{
	initialised: Instance;
	snapshot: Snapshot;
	restored: Instance;
}> {
	const initialised = await Instance.initialise(artifact, testSpec(), shared);
	const fresh = await Instance.blank(artifact, testSpec(), shared);
	const taken = runNow(capture(artifact, initialised.cores, fresh.cores, initialised.handleImage() ?? []))!;
	const snapshot = decodeSnapshot(Buffer.concat(encodeSnapshot(taken)));
	return { initialised, snapshot, restored: await Instance.restore(artifact, testSpec(), shared, snapshot) };
}

/** All that an image must keep: the bytes of each memory, the value of each global that can change. */
function stateOf(artifact: CompiledArtifact, instance: Instance) {
	return artifact.plan.instances.map(({ module }, i) => {
		const meta = artifact.metas[module]!;
		const exports = instance.cores[i]!;
		return {
			memories: meta.memories.map((it) =>
				Buffer.from((exports[it.export] as WebAssembly.Memory).buffer).toString("latin1"),
			),
			globals: meta.globals.map((it) => (exports[it.export] as WebAssembly.Global).value),
		};
	});
}

const STARTED = `(module
	(memory (export "memory") 2) (memory $b 1)
	(data (i32.const 100) "there from the start")
	(global $i (mut i32) (i32.const 1)) (global $l (mut i64) (i64.const 2))
	(global $f (mut f32) (f32.const 3)) (global $d (mut f64) (f64.const 4))
	(global $nan (mut f64) (f64.const 0)) (global $inf (mut f32) (f32.const 0)) (global $minus (mut f64) (f64.const 1))
	(func $start
		(global.set $i (i32.const -7)) (global.set $l (i64.const 0x8000000000000001))
		(global.set $f (f32.const 0.1)) (global.set $d (f64.const 1e-310))
		(global.set $nan (f64.const nan)) (global.set $inf (f32.const -inf)) (global.set $minus (f64.const -0))
		(drop (memory.grow $b (i32.const 2)))
		(i32.store (i32.const 104) (i32.const 0x01020304))
		(i32.store8 (i32.const 4095) (i32.const 1)) (i32.store8 (i32.const 4096) (i32.const 2))
		(i32.store8 (i32.const 131071) (i32.const 3))
		(i64.store $b (i32.const 131080) (i64.const -1)))
	(start $start)
	(func (export "handle")))`;

describe("an instance restored from a snapshot", () => {
	it("is what the initialised one is, byte for byte: memories, grown ones too, and globals", async () => {
		const artifact = await testArtifact([{ wat: STARTED }]);
		const { initialised, restored } = await throughSnapshot(artifact);
		expect(stateOf(artifact, restored)).toEqual(stateOf(artifact, initialised));
		const globals = stateOf(artifact, restored)[0]!.globals;
		expect(globals.slice(0, 2)).toEqual([-7, BigInt.asIntN(64, 0x8000_0000_0000_0001n)]);
		expect(globals[4]).toBeNaN();
		expect(globals[5]).toBe(Number.NEGATIVE_INFINITY);
		expect(Object.is(globals[6], -0)).toBe(true);
	});

	it("costs as much memory as the initialised one, and gives it all back", async () => {
		const before = shared.memory.usedBytes;
		const { initialised, restored } = await throughSnapshot(await testArtifact([{ wat: STARTED }]));
		expect(restored.memoryBytes).toBe(initialised.memoryBytes);
		expect(restored.memoryBytes).toBe(5 * 65_536);
		initialised.end();
		restored.end();
		expect(shared.memory.usedBytes - before).toBe(3 * 65_536); // the one it was compared with
	});

	it("of several modules that share a memory has it once", async () => {
		const user = {
			wat: `(module (import "m" "memory" (memory 1))
				(global $g (mut i32) (i32.const 0))
				(func $start (i32.store (i32.const 8192) (i32.const 5)) (global.set $g (i32.const 6)))
				(start $start) (func (export "handle")))`,
			imports: MEMORY_SOURCE,
		};
		const artifact = await testArtifact([MEMORY, user, user]);
		const { initialised, restored, snapshot } = await throughSnapshot(artifact);
		expect(stateOf(artifact, restored)).toEqual(stateOf(artifact, initialised));
		expect(snapshot.memories.map((it) => it.length)).toEqual([1, 0, 0]);
	});

	it("does not touch the snapshot, nor another instance of it", async () => {
		const artifact = await testArtifact([{ wat: STARTED }]);
		const { snapshot, restored } = await throughSnapshot(artifact);
		const before = Buffer.from(snapshot.image);
		new Uint8Array((restored.cores[0]!.memory as WebAssembly.Memory).buffer).fill(9);
		const other = await Instance.restore(artifact, testSpec(), shared, snapshot);
		expect(before.equals(snapshot.image)).toBe(true);
		expect(new Uint8Array((other.cores[0]!.memory as WebAssembly.Memory).buffer)[200]).toBe(0);
	});

	it("is refused where its memories would be more than there may be, and gives back what it took", async () => {
		const artifact = await testArtifact([{ wat: STARTED }]);
		const { snapshot } = await throughSnapshot(artifact);
		const small = testShared(4 * 65_536);
		await expect(Instance.restore(artifact, testSpec(), small, snapshot)).rejects.toMatchObject({ name: "EngineBusy" });
		expect(small.memory).toMatchObject({ usedBytes: 0, memories: 0 });
	});
});

describe("an image", () => {
	it("is sparse: the pages of 4 KiB that differ, neighbours in one run", async () => {
		const { snapshot } = await throughSnapshot(await testArtifact([{ wat: STARTED }]));
		expect(snapshot.memories).toEqual([
			[
				{
					pages: 2,
					runs: [
						[0, 8192],
						[126_976, 4096],
					],
				},
				{ pages: 3, runs: [[131_072, 4096]] },
			],
		]);
		expect(snapshot.image).toHaveLength(8192 + 4096 + 4096);
	});

	it("of an instance that nothing initialised is empty", async () => {
		const { snapshot } = await throughSnapshot(await testArtifact([MEMORY]));
		expect(snapshot).toMatchObject({ memories: [[{ pages: 40, runs: [] }]], globals: [[4096]], handles: [] });
		expect(snapshot.image).toHaveLength(0);
	});

	it("has what was set to zero, too", async () => {
		const wat = `(module (memory (export "memory") 1) (data (i32.const 0) "abc")
			(func $start (i32.store (i32.const 0) (i32.const 0))) (start $start) (func (export "handle")))`;
		const artifact = await testArtifact([{ wat }]);
		const { restored } = await throughSnapshot(artifact);
		expect(new Uint8Array((restored.cores[0]!.memory as WebAssembly.Memory).buffer).every((it) => it === 0)).toBe(true);
	});
});

describe("a file", () => {
	const snapshot: Snapshot = {
		memories: [[{ pages: 1, runs: [[4096, 4096]] }], []],
		globals: [
			[1, -1, 0.1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0],
			[{ i64: "-9223372036854775808" }],
		],
		handles: [{ handle: 1, kind: "wasi:io/streams#output-stream", image: "stdout" }],
		image: Buffer.alloc(4096, 7),
	};

	it("says all that a snapshot says", () => {
		const again = decodeSnapshot(Buffer.concat(encodeSnapshot(snapshot)));
		expect({ ...again, image: Buffer.from(again.image) }).toEqual(snapshot);
		expect(Object.is((again.globals[0] as number[])[6], -0)).toBe(true);
		expect(Object.is((again.globals[0] as number[])[0], 1)).toBe(true);
	});

	it("that is cut off in its header is an error", () => {
		const bytes = Buffer.concat(encodeSnapshot(snapshot));
		for (const length of [0, 3, 4, 10, bytes.readUInt32LE(0)])
			expect(() => decodeSnapshot(bytes.subarray(0, length))).toThrow();
	});
});

describe("what has no snapshot", () => {
	it("an image that is too large to be kept", async () => {
		const artifact = await testArtifact([{ wat: STARTED }]);
		const initialised = await Instance.initialise(artifact, testSpec(), shared);
		const fresh = await Instance.blank(artifact, testSpec(), shared);
		const sizes = [16_384, 16_383].map(
			(max) => runNow(capture(artifact, initialised.cores, fresh.cores, [], max))?.image.length,
		);
		expect(sizes).toEqual([16_384, undefined]);
	});

	it.each([
		["globals that JavaScript cannot read", `(global (mut v128) (v128.const i64x2 0 0))`],
		["globals that hold references", `(global (mut externref) (ref.null extern))`],
		["tables that code writes to", `(table 1 funcref) (func (table.set (i32.const 0) (ref.null func)))`],
		["segments that are dropped", `(data $d "a") (func (data.drop $d))`],
	])("%s", async (_name, rest) => {
		expect(canSnapshot(await testArtifact([{ wat: `(module (memory 1) ${rest} (func (export "handle")))` }]))).toBe(
			false,
		);
	});

	it("not: tables that are only read, constants, passive segments that stay", async () => {
		const rest = `(table 1 funcref) (elem (i32.const 0) $f) (func $f (call_indirect (i32.const 0)))
			(global externref (ref.null extern)) (data $d "a")`;
		expect(canSnapshot(await testArtifact([{ wat: `(module (memory 1) ${rest} (func (export "handle")))` }]))).toBe(
			true,
		);
	});
});

it("restoring asks for each growth, and stops where it is refused", async () => {
	const artifact = await testArtifact([{ wat: STARTED }]);
	const { snapshot } = await throughSnapshot(artifact);
	const fresh = await Instance.blank(artifact, testSpec(), shared);
	const asked: number[] = [];
	const refuse = (pages: number): boolean => asked.push(pages) === 0;
	expect(runNow(restore(artifact, snapshot, fresh.cores, refuse))).toBe(false);
	expect(asked).toEqual([2]);
});
