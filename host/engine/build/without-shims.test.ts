import { parse } from "@bytecodealliance/jco";
import { describe, expect, it } from "vitest";
import type { PlannedInstance, Source } from "../plan.ts";
import { artifactOf, handling, hostSource, optionsOf, runOnce, type TestModule, testPlan } from "../testing.ts";
import { shimOf } from "./shim-module.ts";
import { readSimple } from "./simple-module.ts";
import { type Planned, withoutShims } from "./without-shims.ts";

/** As wit-component writes them, with names of no meaning. */
const SHIM = `(module
	(type $write (func (param i32 i32 i32 i32))) (type $twice (func (param i32) (result i32)))
	(table (export "t") 2 2 funcref)
	(func (export "a") (type $write)
		(call_indirect (type $write) (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 0)))
	(func (export "b") (type $twice) (call_indirect (type $twice) (local.get 0) (i32.const 1))))`;

const HANDLER_IMPORTS = `
	(import "s" "a" (func $write (param i32 i32 i32 i32))) (import "s" "b" (func $twice (param i32) (result i32)))
	(import "h" "out" (func $out (result i32))) (global $ready (mut i32) (i32.const 0))
	(data (i32.const 512) "said")
	(func (export "ready") (global.set $ready (i32.add (global.get $ready) (i32.const 1))))`;
const HANDLER = handling(
	`(if (i32.ne (call $twice (i32.const 21)) (i32.const 42)) (then unreachable))
	(call $write (call $out) (i32.const 512) (i32.const 4) (i32.const 2048))`,
	HANDLER_IMPORTS,
);
/** Calls back, as an adapter does: what it needs is there only when its caller is. */
const ADAPTER = `(module (import "m" "memory" (memory 1)) (import "m" "cabi_realloc" (func (param i32 i32 i32 i32) (result i32)))
	(func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))`;
const FIXUP = `(module
	(import "f" "0" (func $write (param i32 i32 i32 i32))) (import "f" "1" (func $twice (param i32) (result i32)))
	(import "f" "t" (table 2 2 funcref)) (elem (i32.const 0) func $write $twice))`;

const from = (instance: number, name: string): Source => ({ from: "instance", instance, name });
const SHIM_IMPORTS = { "s a": from(0, "a"), "s b": from(0, "b"), "h out": hostSource("wasi:cli/stdout", "get-stdout") };
const FIXUP_IMPORTS = {
	"f 0": hostSource("wasi:io/streams", "[method]output-stream.blocking-write-and-flush", 1),
	"f 1": from(2, "twice"),
	"f t": from(0, "t"),
};

interface Parts {
	shim?: string;
	handler?: string;
	fixup?: string;
	fixupImports?: Record<string, Source>;
	more?: TestModule[];
}

function planned({ shim = SHIM, handler = HANDLER, fixup = FIXUP, fixupImports = {}, more = [] }: Parts = {}) {
	const modules: TestModule[] = [
		{ wat: shim },
		{ wat: handler, imports: SHIM_IMPORTS },
		{ wat: ADAPTER, imports: { "m memory": from(1, "memory"), "m cabi_realloc": from(1, "cabi_realloc") } },
		{ wat: fixup, imports: { ...FIXUP_IMPORTS, ...fixupImports } },
		...more,
	];
	return testPlan(modules, { exports: { handle: { ...optionsOf(1), func: { instance: 1, name: "handle" } } } });
}

/** What its caller gets, and what it printed. */
async function run(plan: Planned) {
	const printed: Buffer[] = [];
	const output = (_stream: 1 | 2, bytes: Uint8Array): void => void printed.push(Buffer.from(bytes));
	try {
		const outcome = await runOnce(await artifactOf(plan), { output });
		const result = outcome.ok ? "ok" : outcome.failure.kind;
		return `${result}, printed ${Buffer.concat(printed)}`;
	} catch (error) {
		return (error as Error).name;
	}
}

async function expectSame(plan: Planned, answer: string, instances: number): Promise<void> {
	const without = withoutShims(plan);
	expect(without.plan.instances).toHaveLength(instances);
	expect([await run(plan), await run(without)]).toEqual([answer, answer]);
}

const OK = "ok, printed said";

describe("a shim and its fixup", () => {
	it("are left out: host functions are called straight, and later instances through the glue", async () => {
		const plan = await planned();
		await expectSame(plan, OK, 2);
		const { imports } = withoutShims(plan).plan.instances[0]!;
		expect(imports.map(([, , it]) => it)).toMatchObject([
			{ from: "host", after: 2, options: { memory: { instance: 0, name: "memory" } } },
			{ from: "later", instance: 1, name: "twice", core: "i->i", after: 2 },
			{ from: "host", name: "get-stdout" },
		]);
		expect(withoutShims(plan).modules).toHaveLength(2);
	});

	it("are left out once: of what is left nothing is", async () => {
		const once = withoutShims(await planned());
		expect(withoutShims(once)).toEqual(once);
	});

	it("and what the fixup starts with runs in its place", async () => {
		const fixup = `(module (import "m" "ready" (func $r)) ${FIXUP.slice("(module".length, -1)} (start $r))`;
		const handler = HANDLER.replace(
			"(if (i32.ne (call $twice",
			"(if (i32.ne (global.get $ready) (i32.const 1)) (then unreachable)) (if (i32.ne (call $twice",
		);
		const plan = await planned({ handler, fixup, fixupImports: { "m ready": from(1, "ready") } });
		await expectSame(plan, OK, 2);
		expect(withoutShims(plan).plan.instances[1]?.starts).toEqual([{ instance: 0, name: "ready" }]);
	});

	it("and a start function that calls several runs them all", async () => {
		const fixup = `(module (import "m" "ready" (func $r)) ${FIXUP.slice("(module".length, -1)}
			(func $s call $r call $r) (start $s))`;
		const handler = HANDLER.replace(
			"(if (i32.ne (call $twice",
			"(if (i32.ne (global.get $ready) (i32.const 2)) (then unreachable)) (if (i32.ne (call $twice",
		);
		await expectSame(await planned({ handler, fixup, fixupImports: { "m ready": from(1, "ready") } }), OK, 2);
	});

	it("and what else the fixup does stays", async () => {
		const handler = handling(
			`(if (i32.ne (call_indirect (type $t) (i32.const 4) (i32.const 3)) (i32.const 8)) (then unreachable))
			(call $write (call $out) (i32.const 512) (i32.const 4) (i32.const 2048))`,
			`(type $t (func (param i32) (result i32))) ${HANDLER_IMPORTS} (table (export "mine") 4 funcref)`,
		);
		const fixup = `(module (import "m" "ready" (func $r)) (import "m" "mine" (table $mine 4 funcref))
			${FIXUP.slice("(module".length, -1).replace("(elem (i32", "(elem (table 1) (i32")}
			(elem (table $mine) (i32.const 3) func $twice) (func $s call $r) (start $s) (elem (table $mine) (i32.const 0) func $s))`;
		const fixupImports = { "m ready": from(1, "ready"), "m mine": from(1, "mine") };
		const plan = await planned({ handler, fixup, fixupImports });
		await expectSame(plan, OK, 3);
		const rest = withoutShims(plan);
		const module = new WebAssembly.Module(rest.modules[rest.plan.instances[2]!.module]! as BufferSource);
		expect(WebAssembly.Module.imports(module).map((it) => it.name)).toEqual(["ready", "mine", "1"]);
	});

	it("have an offset other than 0, or several segments", async () => {
		const swapped = `(module
			(import "f" "0" (func $write (param i32 i32 i32 i32))) (import "f" "1" (func $twice (param i32) (result i32)))
			(import "f" "t" (table 2 2 funcref)) (elem (i32.const 1) func $twice) (elem (i32.const 0) func $write))`;
		await expectSame(await planned({ fixup: swapped }), OK, 2);
	});
});

/** A start function that calls through the shim, which nothing is in yet. */
const EARLY = (call: string) => HANDLER.replace(HANDLER_IMPORTS, `${HANDLER_IMPORTS} (func $s ${call}) (start $s)`);

describe("before the fixup's turn", () => {
	it.each([
		["a later instance", "(drop (call $twice (i32.const 1)))"],
		["the host", "(call $write (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))"],
	])("a call of %s traps, with the shim and without", async (_name, call) => {
		await expectSame(await planned({ handler: EARLY(call) }), "InitError", 2);
	});
});

describe("what differs in anything stays as it is, and does the same", () => {
	const shimWith = (more: string) => `${SHIM.slice(0, -1)} ${more})`;
	const fixupWith = (more: string) => `${FIXUP.slice(0, -1)} ${more})`;
	const crash = "crash, printed ";

	it.each<[string, Parts, answer?: string]>([
		[
			"a function that drops a parameter",
			{ shim: SHIM.replace("(local.get 3) (i32.const 0)", "(i32.const 0) (i32.const 0)") },
		],
		[
			"parameters in another order",
			{ shim: SHIM.replace("(local.get 1) (local.get 2)", "(local.get 2) (local.get 1)") },
			`ok, printed ${"\0".repeat(508)}said`,
		],
		[
			"a function that does more",
			{
				shim: SHIM.replace("(i32.const 1))))", "(i32.const 1)) nop))"),
			},
		],
		["a local", { shim: SHIM.replace("(type $twice) (call_indirect", "(type $twice) (local i32) (call_indirect") }],
		["another entry than there is", { shim: SHIM.replace("(i32.const 1))))", "(i32.const 2))))") }, crash],
		["a second table", { shim: shimWith("(table 1 funcref)") }],
		["a memory", { shim: shimWith("(memory 1)") }],
		["a global", { shim: shimWith('(global (export "g") i32 (i32.const 1))') }],
		["elements of its own", { shim: shimWith("(elem (i32.const 0) func 1)") }],
		["a start function", { shim: shimWith("(func $s) (start $s)") }],
		["a fixup that fills too little", { fixup: FIXUP.replace("$write $twice)", "$write)") }, crash],
		["a fixup with entries of another type", { fixup: FIXUP.replace("$write $twice)", "$twice $write)") }, crash],
		["a fixup beyond the table", { fixup: FIXUP.replace("(elem (i32.const 0)", "(elem (i32.const 1)") }, "InitError"],
		["a fixup that fills an entry twice", { fixup: fixupWith("(elem (i32.const 1) func $twice)") }],
		[
			"a fixup that puts in functions of its own",
			{ fixup: fixupWith("(func $f (param i32) (result i32) (i32.const 42))").replace("$write $twice)", "$write $f)") },
		],
		[
			"a fixup whose code does more",
			{ fixup: fixupWith("(func $s (table.set (i32.const 0) (ref.null func))) (start $s)") },
			crash,
		],
		[
			"a fixup that hands out the table",
			{
				fixup: fixupWith('(export "t" (table 0))'),
				more: [
					{
						wat: '(module (import "x" "t" (table 2 funcref)) (func $s (table.set (i32.const 1) (ref.null func))) (start $s))',
						imports: { "x t": from(3, "t") },
					},
				],
			},
			crash,
		],
		[
			"another that has the table",
			{
				more: [
					{
						wat: '(module (import "x" "t" (table 2 funcref)) (func $s (table.set (i32.const 1) (ref.null func))) (start $s))',
						imports: { "x t": from(0, "t") },
					},
				],
			},
			crash,
		],
		["a passive segment", { fixup: FIXUP.replace("(elem (i32.const 0) func", "(elem func") }, crash],
		[
			"a fixup that is given what is no function of host or guest",
			{ fixupImports: { "f 0": { from: "resource", op: "drop", type: 0 } } },
			crash,
		],
	])("%s", async (_name, parts, answer = OK) => {
		const plan = await planned(parts);
		if (parts.fixupImports !== undefined) plan.plan.destructors.push(null);
		expect(withoutShims(plan)).toEqual(plan);
		expect(await run(plan)).toBe(answer);
	});
});

describe("shimOf", () => {
	it("knows a shim by what it does", async () => {
		const shim = shimOf(readSimple(await parse(SHIM))!)!;
		expect(shim.size).toBe(2);
		expect([...shim.tables]).toEqual(["t"]);
		expect([...shim.functions]).toEqual([
			["a", { slot: 0, core: "iiii->" }],
			["b", { slot: 1, core: "i->i" }],
		]);
	});

	it("reads no module that has more than calls", async () => {
		for (const more of [
			"(memory 1)",
			"(global i32 (i32.const 0))",
			"(tag)",
			"(type (struct))",
			"(func (param externref))",
		])
			expect(readSimple(await parse(`(module ${more})`)), more).toBeNull();
		expect(readSimple(new Uint8Array(2 ** 20 + 1))).toBeNull();
		// Cut off.
		expect(readSimple((await parse(SHIM)).subarray(0, 40))).toBeNull();
	});
});

describe("references", () => {
	it("of exports, options and destructors follow what moved", async () => {
		const { plan, modules } = await planned();
		const before: Planned = {
			modules,
			plan: { ...plan, destructors: [null, { instance: 2, name: "twice" }] },
		};
		const { plan: after } = withoutShims(before);
		expect(after.exports.handle).toEqual({ ...optionsOf(0), func: { instance: 0, name: "handle" } });
		expect(after.destructors).toEqual([null, { instance: 1, name: "twice" }]);
		expect(after.instances.map((it: PlannedInstance) => it.module)).toEqual([0, 1]);
	});
});

describe("an instance that nobody refers to", () => {
	const main = { wat: handling("") };
	const EMPTY: TestModule = {
		wat: `(module (memory (export "m") 1) (func (export "init")) (func (export "other") (result i32) unreachable))`,
	};
	const INIT = `(module (import "e" "init" (func $f)) (start $f))`;
	const init = { wat: INIT, imports: { "e init": from(0, "init") } };

	async function left(modules: TestModule[]): Promise<number> {
		const plan = await testPlan([...modules, main]);
		const without = withoutShims(plan);
		expect(await run(without)).toBe(await run(plan));
		return without.plan.instances.length - 1;
	}

	it("and does nothing is left out, and then what only it referred to", async () => {
		expect(await left([EMPTY])).toBe(0);
		expect(await left([EMPTY, init])).toBe(0);
		expect(await left([{ wat: "(module (func $s) (start $s))" }])).toBe(0);
	});

	it.each<[string, TestModule[], number]>([
		["starts something that is not empty", [{ wat: "(module (func $s nop) (start $s))" }], 1],
		["starts with a trap", [{ wat: "(module (func $s unreachable) (start $s))" }], 1],
		[
			"starts with another's function that is not empty",
			[{ wat: EMPTY.wat.replace('"init")', '"init") nop') }, init],
			2,
		],
		["starts with the host's", [{ wat: INIT, imports: { "e init": { from: "trap", message: "cut off" } } }], 1],
		[
			"fills another's table",
			[
				{ wat: '(module (table (export "t") 1 funcref))' },
				{
					wat: '(module (import "e" "t" (table 1 funcref)) (elem (i32.const 0) func $f) (func $f))',
					imports: { "e t": from(0, "t") },
				},
			],
			2,
		],
		["fills a memory", [{ wat: '(module (memory 1) (data (i32.const 65536) "beyond"))' }], 1],
	])("stays if it %s", async (_name, modules, count) => {
		expect(await left(modules)).toBe(count);
	});

	it("stays where an export, an option or a destructor is of it", async () => {
		const { plan, modules } = await testPlan([EMPTY, main]);
		const refer = (more: Partial<Planned["plan"]>) => withoutShims({ plan: { ...plan, ...more }, modules });
		const ref = { instance: 0, name: "init" };
		expect(refer({}).plan.instances).toHaveLength(1);
		expect(refer({ destructors: [ref] }).plan.instances).toHaveLength(2);
		const handle = plan.exports.handle!;
		expect(
			refer({ exports: { handle: { ...handle, memory: { instance: 0, name: "m" } } } }).plan.instances,
		).toHaveLength(2);
		expect(refer({ exports: { handle, more: { ...handle, func: ref } } }).plan.instances).toHaveLength(2);
	});
});
