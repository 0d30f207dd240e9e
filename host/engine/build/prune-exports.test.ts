import { parse } from "@bytecodealliance/jco";
import { describe, expect, it } from "vitest";
import { answer, testEngine } from "../../../test/support/engine.ts";
import { handlerComponent } from "../../../test/support/guests.ts";
import type { LinkPlan } from "../plan.ts";
import { build } from "./build.ts";
import { pruneExports, usedExports } from "./prune-exports.ts";

function exportsOf(bytes: Uint8Array): string[] {
	return WebAssembly.Module.exports(new WebAssembly.Module(bytes as BufferSource)).map((it) => it.name);
}

const HANDLER = `(memory (export "memory") 1) (global $top (mut i32) (i32.const 4096))
	(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
		(global.set $top (i32.add (global.get $top) (i32.const 1024))) (global.get $top))
	(func (export "cabi_post_pilot:function/handler@0.1.0#handle") (param i32) (global.set $top (i32.const 4096)))
	(func (export "pilot:function/handler@0.1.0#handle") (param i32) (result i32)
		(i64.store (i32.const 1024) (i64.const 0)) (i32.store (i32.const 1032) (i32.const 0)) (i32.const 1024))`;

describe("of a module's exports", () => {
	it("those stay that are kept, in their order", async () => {
		const bytes =
			await parse(`(module (func (export "a")) (memory (export "b") 1) (global (export "c") i32 (i32.const 1))
			(table (export "d") 1 funcref) (func (export "e")) (@custom "x" "kept"))`);
		const pruned = pruneExports(bytes, (name) => "ace".includes(name));
		expect(exportsOf(pruned)).toEqual(["a", "c", "e"]);
		expect(WebAssembly.Module.customSections(new WebAssembly.Module(pruned as BufferSource), "x")).toHaveLength(1);
		expect(exportsOf(pruneExports(bytes, () => false))).toEqual([]);
		expect([...pruneExports(bytes, () => true)]).toEqual([...bytes]);
	});

	it("those are used that the plan refers to, by any instance and for anything", () => {
		const ref = (instance: number, name: string) => ({ instance, name });
		const options = { encoding: "utf8", memory: ref(0, "m"), realloc: ref(1, "r"), postReturn: null } as const;
		const plan: LinkPlan = {
			instances: [
				{ module: 1, imports: [] },
				{ module: 0, imports: [["a", "b", { from: "instance", instance: 0, name: "f" }]] },
				{ module: 1, imports: [["h", "g", { from: "host", interface: "i", name: "g", options }]] },
			],
			exports: { handle: { ...options, func: ref(2, "handle"), postReturn: ref(2, "post") } },
			destructors: [null, ref(1, "dtor")],
		};
		expect(usedExports(plan, 2).map((it) => [...it].sort())).toEqual([
			["dtor", "r"],
			["f", "handle", "m", "post"],
		]);
	});
});

describe("a component", () => {
	it("keeps what its call needs, and the host's own; and still runs", async () => {
		const code = await handlerComponent(
			`(module ${HANDLER} (func (export "unused")) (global (export "g") i32 (i32.const 1)))`,
		);
		const { artifact, modules } = await build(code);
		const main = exportsOf(modules[artifact.plan.instances[artifact.plan.exports.handle!.func.instance]!.module]!);
		expect(main).not.toContain("unused");
		expect(main).toContain("memory");
		const test = await testEngine();
		expect(answer(await test.invoke(await test.spec(code), ""))).toBe("");
		await test.close();
	});

	it("whose functions are referred to only because they are exported keeps them all", async () => {
		const code = await handlerComponent(
			`(module ${HANDLER} (func $f (export "unused")) (func (export "other") (result funcref) (ref.func $f)))`,
		);
		const { modules } = await build(code);
		expect(modules.flatMap(exportsOf)).toContain("unused");
	});
});
