import { parse } from "@bytecodealliance/jco";
import { describe, expect, it } from "vitest";
import { importMemories } from "./import-memories.ts";
import { meter } from "./meter/index.ts";

async function rewritten(wat: string) {
	const { bytes, meta } = importMemories(meter(await parse(wat)));
	const module = new WebAssembly.Module(bytes as BufferSource);
	return { module, meta, imports: WebAssembly.Module.imports(module) };
}

/** Instantiates with new memories of the declared sizes; gives them and the exports. */
async function instance(wat: string, others: WebAssembly.Imports = {}) {
	const { module, meta } = await rewritten(wat);
	const memories = meta.memories.map((it) => {
		const maximum = it.maximumPages ?? undefined;
		return new WebAssembly.Memory({ initial: it.initialPages, maximum });
	});
	const given = Object.fromEntries(meta.memories.map((it, i) => [it.export, memories[i]!]));
	const { exports } = new WebAssembly.Instance(module, { ...others, [meta.memoryImports!]: given });
	(exports[meta.fuel] as WebAssembly.Global).value = 1_000_000;
	return { exports, memories, meta, call: (name: string) => (exports[name] as () => number)() };
}

describe("a module that defines memories", () => {
	it("imports them instead, and does with them what it did", async () => {
		const { exports, memories, meta, call } = await instance(
			`(module
			(import "a" "f" (func $f (result i32)))
			(memory $m (export "memory") 1 4) (memory $n 2)
			(data (memory $m) (i32.const 8) "first") (data (memory $n) (i32.const 8) "second")
			(func (export "sum") (result i32)
				(i32.add (call $f) (i32.add (i32.load8_u $m (i32.const 8)) (i32.load8_u $n (i32.const 8)))))
			(func (export "sizes") (result i32) (i32.add (i32.mul (memory.size $m) (i32.const 10)) (memory.size $n))))`,
			{
				a: { f: () => 1000 },
			},
		);
		expect(call("sum")).toBe(1000 + 0x66 + 0x73);
		expect(call("sizes")).toBe(12);
		expect(exports.memory).toBe(memories[0]);
		expect(meta.memories.map((it) => exports[it.export])).toEqual(memories);
		expect(Buffer.from(memories[1]!.buffer, 8, 6).toString()).toBe("second");
	});

	it.each([
		["has nothing else", `(module (memory 1))`, 1],
		["has no types nor functions", `(module (memory 1 2) (global (mut i32) (i32.const 0)))`, 1],
		["imports one, too", `(module (import "m" "m" (memory 1)) (memory 3))`, 2],
		[
			"imports all kinds",
			`(module (import "a" "t" (table 1 funcref)) (import "a" "g" (global i32)) (memory 1) (func))`,
			3,
		],
	])("is valid where it %s", async (_name, wat, count) => {
		const { imports, meta } = await rewritten(wat);
		expect(imports).toHaveLength(count);
		expect(imports.at(-1)).toMatchObject({
			kind: "memory",
			module: meta.memoryImports,
			name: meta.memories[0]!.export,
		});
	});

	it("keeps custom sections where they were", async () => {
		const { module } = await rewritten(`(module (@custom "first" (before first) "x") (memory 1) (@custom "last" "y"))`);
		expect(WebAssembly.Module.customSections(module, "first")).toHaveLength(1);
		expect(WebAssembly.Module.customSections(module, "last")).toHaveLength(1);
	});

	it("finds a namespace that is nobody else's", async () => {
		const { meta } = await rewritten(
			`(module (import "pilot:memory" "pilot:::memory0" (func)) (import "x" "pilot:memory:" (func)) (memory 1))`,
		);
		expect(meta.memoryImports).toBe("pilot:memory::");
	});

	it("says how much its data segments hold", async () => {
		const { meta } = await rewritten(`(module (memory 1) (data (i32.const 0) "${"x".repeat(1000)}"))`);
		expect(meta.dataBytes).toBeGreaterThanOrEqual(1000);
		expect(meta.dataBytes).toBeLessThan(1020);
	});
});

describe("is left as it is:", () => {
	it.each([
		["a module without memories", `(module (func))`],
		["one that imports all it has", `(module (import "m" "m" (memory 1)))`],
		["one with 64-bit indices", `(module (memory i64 1))`],
	])("%s", async (_name, wat) => {
		const metered = meter(await parse(wat));
		const { bytes, meta } = importMemories(metered);
		expect(bytes).toBe(metered.bytes);
		expect(meta).toEqual({ ...metered.meta, memoryImports: null, dataBytes: 0 });
	});
});

describe("a module that marks what it writes", () => {
	const maps = async (wat: string) => {
		const { bytes, meta } = importMemories(meter(await parse(wat), { tracked: true }));
		const module = new WebAssembly.Module(bytes as BufferSource);
		return { meta, imports: WebAssembly.Module.imports(module), module };
	};

	it("imports the maps of its memories behind these, each by its hidden name, and of any size", async () => {
		const { meta, imports, module } = await maps(`(module (import "m" "m" (memory 1)) (memory 3)
			(func (export "run") (i32.store 0 (i32.const 5) (i32.const 7)) (i32.store 1 (i32.const 9000) (i32.const 8))))`);
		expect(imports.map((it) => it.name)).toEqual(
			["m", "pilot::memory1", "pilot::map0", "pilot::map1"].map((name) => name.replace("pilot::", meta.prefix)),
		);
		const memory = (pages: number) => new WebAssembly.Memory({ initial: pages });
		const own = Object.fromEntries(imports.slice(1).map(({ name }) => [name, memory(name.includes("map") ? 1 : 3)]));
		const { exports } = new WebAssembly.Instance(module, { m: { m: memory(1) }, [meta.memoryImports!]: own });
		(exports[meta.fuel] as WebAssembly.Global).value = 1000;
		(exports.run as () => void)();
		const marked = meta.maps!.map((it) => new Uint8Array(own[it.export]!.buffer).indexOf(1));
		expect(marked).toEqual([0, 2]);
	});

	it("imports a map alone, where it defines no memory", async () => {
		const { meta, imports } = await maps(`(module (import "m" "m" (memory 1)))`);
		expect(imports.map((it) => it.module)).toEqual(["m", meta.memoryImports]);
	});
});
