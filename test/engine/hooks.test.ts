/** `pilot:function/preparation` and `snapshot`: what a function does ahead, and what it is told of its snapshot. */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answer, type TestEngine, testEngine } from "../support/engine.ts";
import { worldComponent } from "../support/guests.ts";

let folder: string;
let test: TestEngine;

beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "pilot-hooks-"));
	test = await testEngine({ folder });
});
afterEach(async () => {
	await test.close();
	rmSync(folder, { recursive: true, force: true });
});

const BEFORE = "(global.set $before (i32.add (global.get $before) (i32.const 1)))";
const AFTER = "(global.set $after (i32.add (global.get $after) (i32.const 1)))";

/** Answers with how often it was initialised, told of its snapshot, told of a restore, and called. */
function counting(before = BEFORE, after = AFTER): string {
	const digit = (at: number, global: string) =>
		`(i32.store8 (i32.const ${1040 + at}) (i32.add (global.get ${global}) (i32.const 48)))`;
	return `(module
		(memory (export "memory") 2)
		(global $top (mut i32) (i32.const 4096))
		(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
			(local $at i32)
			(local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
			(global.set $top (i32.add (local.get $at) (local.get 3)))
			(local.get $at))
		(global $inits (mut i32) (i32.const 0)) (global $before (mut i32) (i32.const 0))
		(global $after (mut i32) (i32.const 0)) (global $calls (mut i32) (i32.const 0))
		(func $init (global.set $inits (i32.add (global.get $inits) (i32.const 1))))
		(start $init)
		(func (export "pilot:function/snapshot@0.1.0#before-snapshot") ${before})
		(func (export "pilot:function/snapshot@0.1.0#after-restore") ${after})
		(func (export "pilot:function/handler@0.1.0#handle") (param i32) (result i32)
			(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
			(i32.store8 (i32.const 1024) (i32.const 0)) (i32.store (i32.const 1028) (i32.const 1040))
			(i32.store (i32.const 1032) (i32.const 4))
			${digit(0, "$inits")} ${digit(1, "$before")} ${digit(2, "$after")} ${digit(3, "$calls")}
			(i32.const 1024)))`;
}

const withHooks = (wat: string): Promise<Uint8Array> => worldComponent(wat, "function-with-hooks");

describe("a function with hooks", () => {
	it("is told once before its snapshot, and in each instance after its restore", async () => {
		const spec = await test.spec(await withHooks(counting()));
		expect(await test.engine.prepare(spec)).toEqual({ snapshot: true });
		expect(answer(await test.invoke(spec, ""))).toBe("1111");
		expect(answer(await test.invoke(spec, ""))).toBe("1112");
		const all = await Promise.all([1, 2, 3].map(() => test.invoke(spec, "")));
		expect(all.map(answer).sort()).toEqual(["1111", "1111", "1113"]);
	});

	it("is told after a restart of the host, too", async () => {
		const code = await withHooks(counting());
		await test.engine.prepare(await test.spec(code));
		const second = await testEngine({ folder });
		expect(answer(await second.invoke(await second.spec(code), ""))).toBe("1111");
		await second.close();
	});

	it("is neither linked nor metered nor initialised again after a restart, whatever its isolation", async () => {
		const spec = await test.spec(await withHooks(counting()), { isolation: "request" });
		await test.engine.prepare(spec);
		await test.engine.close(0);
		const artifact = join(folder, "artifacts", spec.digest.slice("sha256:".length));
		// All that could be built from.
		rmSync(join(artifact, "code.wasm"));
		const files = () =>
			[artifact, `${artifact}-tracked`, join(folder, "snapshots")].flatMap((it) =>
				readdirSync(it).map((name) => `${name} ${statSync(join(it, name)).ino} ${statSync(join(it, name)).mtimeMs}`),
			);
		const before = files();
		const second = await testEngine({ folder });
		for (let i = 0; i < 3; i++) expect(answer(await second.invoke(spec, ""))).toBe("1111");
		expect(files()).toEqual(before);
		await second.close();
	});

	it("without having been prepared is told the same", async () => {
		expect(answer(await test.invoke(await test.spec(await withHooks(counting())), ""))).toBe("1111");
	});

	it("with isolation `request` is told before each invocation", async () => {
		const spec = await test.spec(await withHooks(counting()), { isolation: "request", maxInstances: 1 });
		await test.engine.prepare(spec);
		for (let i = 0; i < 4; i++) expect(answer(await test.invoke(spec, ""))).toBe("1111");
		const all = await Promise.all(Array.from({ length: 5 }, () => test.invoke(spec, "")));
		expect(new Set(all.map(answer))).toEqual(new Set(["1111"]));
		expect(test.engine.stats().instances).toBe(1);
	});

	it("with `init: each` is told nothing: there is no snapshot", async () => {
		const spec = await test.spec(await withHooks(counting()), { init: "each" });
		await test.engine.prepare(spec);
		expect(answer(await test.invoke(spec, ""))).toBe("1001");
	});

	it("whose state has no snapshot is told nothing", async () => {
		const wat = counting().replace("(start $init)", `(start $init) (data $d "a") (func (data.drop $d))`);
		const spec = await test.spec(await withHooks(wat));
		expect(await test.engine.prepare(spec)).toEqual({ snapshot: false });
		expect(answer(await test.invoke(spec, ""))).toBe("1001");
	});
});

/** Exports `pilot:function/preparation` in place of the hooks; counts in their stead. */
function preparing(prepare = BEFORE): Promise<Uint8Array> {
	const wat = counting(prepare)
		.replace("pilot:function/snapshot@0.1.0#before-snapshot", "pilot:function/preparation@0.1.0#prepare")
		.replace(/\(func \(export "pilot:function\/snapshot@0\.1\.0#after-restore"\).*/, "");
	return worldComponent(wat, "function-with-preparation");
}

describe("a function that does ahead what it can", () => {
	it("does so once, and the instance that did serves", async () => {
		const spec = await test.spec(await preparing());
		expect(await test.engine.prepare(spec)).toEqual({ snapshot: true });
		expect(test.engine.stats().instances).toBe(1);
		expect(answer(await test.invoke(spec, ""))).toBe("1101");
		const all = await Promise.all([1, 2].map(() => test.invoke(spec, "")));
		expect(all.map(answer).sort()).toEqual(["1101", "1102"]);
	});

	it("does so without having been prepared, too, and not again after a restart", async () => {
		const code = await preparing();
		expect(answer(await test.invoke(await test.spec(code), ""))).toBe("1101");
		const second = await testEngine({ folder });
		expect(answer(await second.invoke(await second.spec(code), ""))).toBe("1101");
		await second.close();
	});

	it("with isolation `request` has it done in each invocation", async () => {
		const spec = await test.spec(await preparing(), { isolation: "request" });
		await test.engine.prepare(spec);
		for (let i = 0; i < 3; i++) expect(answer(await test.invoke(spec, ""))).toBe("1101");
	});

	it("with `init: each` is not asked to", async () => {
		const spec = await test.spec(await preparing(), { init: "each" });
		await test.engine.prepare(spec);
		expect(answer(await test.invoke(spec, ""))).toBe("1001");
	});

	it("and traps is taken as if it had not been asked to", async () => {
		for (const isolation of ["reuse", "request"] as const) {
			const spec = await test.spec(await preparing(`${BEFORE} unreachable`), { isolation });
			expect(await test.engine.prepare(spec)).toEqual({ snapshot: true });
			expect(answer(await test.invoke(spec, ""))).toBe("1001");
			test.engine.retire(spec.id);
		}
		expect(test.engine.stats()).toMatchObject({ busy: 0 });
	});
});

describe("a hook that traps", () => {
	it("before the snapshot refuses the function", async () => {
		const spec = await test.spec(await withHooks(counting("unreachable")));
		await expect(test.engine.prepare(spec)).rejects.toMatchObject({ name: "AdmissionError" });
		expect(readdirSync(join(folder, "snapshots"))).toEqual([]);
		expect(test.engine.stats()).toEqual({ instances: 0, busy: 0, memoryBytes: 0 });
	});

	it("after the restore fails the invocation, as initialisation would", async () => {
		const spec = await test.spec(await withHooks(counting(BEFORE, "unreachable")));
		await test.engine.prepare(spec);
		expect(await test.invoke(spec, "")).toMatchObject({ ok: false, failure: { kind: "init" } });
		expect(test.engine.stats()).toEqual({ instances: 0, busy: 0, memoryBytes: 0 });
	});

	it("between two invocations of isolation `request` costs an instance, and no more", async () => {
		// It counts restores in a memory that it grows once: so the second restore finds another state than the first.
		const after = `${AFTER} (if (i32.gt_u (memory.size) (i32.const 2)) (then unreachable))`;
		const spec = await test.spec(await withHooks(counting(BEFORE, after)), { isolation: "request" });
		for (let i = 0; i < 3; i++) expect(answer(await test.invoke(spec, ""))).toBe("1111");
	});
});

it("hooks of another type are refused", async () => {
	const wit = `package pilot:function@0.1.0;
		interface types { record failure { error-type: string, error-message: string, stack-trace: list<string> } record context { request-id: string, function-name: string, function-version: string, invoked-function-arn: string, memory-limit-in-mb: u32, deadline-ms: u64, log-group-name: string, log-stream-name: string, client-context: option<string>, tenant-id: option<string>, trace-id: option<string> } }
		interface handler { use types.{context, failure}; handle: func(event: list<u8>, context: context) -> result<list<u8>, failure>; }
		interface snapshot { before-snapshot: func(); after-restore: func(since: u32); }
		world w { export handler; export snapshot; }`;
	const wat = counting().replace(`#after-restore")`, `#after-restore") (param i32)`);
	await expect(test.engine.build(await worldComponent(wat, "w", wit))).rejects.toThrow(
		/snapshot@0\.1\.0#after-restore has another type .* found func\(since: u32\), expected func\(\)/,
	);
});
