import { parse } from "@bytecodealliance/jco";
import { describe, expect, it } from "vitest";
import { AdmissionError } from "../types.ts";
import { parseComponent } from "./component/parse.ts";
import { type Linked, link } from "./link.ts";

async function linked(wat: string): Promise<Linked> {
	return link(parseComponent(await parse(`(component ${wat})`)));
}

const MODULE = `(core module $m (func (export "f") (result i32) (i32.const 1)))`;
const LIFT = `(func $f (result u32) (canon lift (core func $i "f")))`;

describe("what a component exports", () => {
	it("at the top, and by instance, with where it is", async () => {
		const { exports, instances } = await linked(`${MODULE} (core instance $i (instantiate $m)) ${LIFT}
			(export "a" (func $f)) (instance $g (export "h" (func $f))) (export "t:t/x" (instance $g))`);
		expect([...exports.keys()]).toEqual(["", "t:t/x"]);
		expect(exports.get("t:t/x")!.get("h")).toMatchObject({ source: { from: "instance", instance: 0, name: "f" } });
		expect(exports.get("")!.get("a")!.type).toMatchObject({ params: [], result: "u32" });
		expect(instances).toEqual([{ module: 0, imports: [] }]);
	});

	it("of the host's functions is nothing of its own", async () => {
		expect((await linked(`(import "f" (func $f)) (export "g" (func $f))`)).exports.size).toBe(0);
	});

	it("may have any name", async () => {
		const { exports } = await linked(
			`${MODULE} (core instance $i (instantiate $m)) ${LIFT} (export "constructor" (func $f))`,
		);
		expect(exports.get("")!.has("constructor")).toBe(true);
	});
});

describe("what core modules import", () => {
	it("comes from instances, by the names of either side", async () => {
		const { instances } = await linked(`
			(core module $a (memory (export "mem") 1) (table (export "tab") 1 funcref) (global (export "g") i32 (i32.const 0))
				(tag (export "t")) (func (export "fun")))
			(core module $b (import "x" "1" (memory 1)) (import "x" "2" (table 1 funcref)) (import "y" "3" (global i32))
				(import "y" "4" (tag)) (import "z" "fun" (func)))
			(core instance $i (instantiate $a))
			(alias core export $i "mem" (core memory $mem)) (alias core export $i "tab" (core table $tab))
			(alias core export $i "g" (core global $g)) (alias core export $i "t" (core tag $t))
			(core instance $x (export "1" (memory $mem)) (export "2" (table $tab)))
			(core instance $y (export "3" (global $g)) (export "4" (tag $t)))
			(core instance (instantiate $b (with "x" (instance $x)) (with "y" (instance $y)) (with "z" (instance $i))))`);
		const from = (name: string) => ({ from: "instance", instance: 0, name });
		expect(instances[1]).toEqual({
			module: 1,
			imports: [
				["x", "1", from("mem")],
				["x", "2", from("tab")],
				["y", "3", from("g")],
				["y", "4", from("t")],
				["z", "fun", from("fun")],
			],
		});
	});

	it.each(["__proto__", "constructor", ""])("may be named %j", async (name) => {
		const { instances } = await linked(`
			(core module $a (func (export "${name}")))
			(core module $b (import "${name}" "${name}" (func)))
			(core instance $i (instantiate $a)) (core instance (instantiate $b (with "${name}" (instance $i))))`);
		expect(instances[1]!.imports).toEqual([[name, name, { from: "instance", instance: 0, name }]]);
	});

	it("of the host is noted once, and only what is really imported", async () => {
		const { hostFunctions, instances } = await linked(`
			(import "t:t/x" (instance $x (export "used" (func (param "a" u64))) (export "unused" (func))))
			(core func $used (canon lower (func $x "used"))) (core func $unused (canon lower (func $x "unused")))
			(core module $m (import "x" "u" (func (param i64))))
			(core instance $args (export "u" (func $used)) (export "v" (func $unused)))
			(core instance (instantiate $m (with "x" (instance $args))))
			(core instance (instantiate $m (with "x" (instance $args))))`);
		expect([...hostFunctions.keys()]).toEqual(["t:t/x#used"]);
		expect(instances).toHaveLength(2);
		expect(instances[0]!.imports[0]![2]).toMatchObject({ from: "host", interface: "t:t/x", name: "used" });
	});
});

describe("resources", () => {
	it("of the host are dropped by it, whatever patch version they came by, and never made by the guest", async () => {
		const header = `(import "t:t/x@0.2.7" (instance $x (export "r" (type (sub resource))))) (alias export $x "r" (type $r))`;
		const { instances } = await linked(`${header} (core func $d (canon resource.drop $r))
			(core module $m (import "x" "d" (func (param i32))))
			(core instance $args (export "d" (func $d))) (core instance (instantiate $m (with "x" (instance $args))))`);
		expect(instances[0]!.imports[0]![2]).toEqual({ from: "drop", interface: "t:t/x", resource: "r" });
		await expect(linked(`${header} (core func (canon resource.new $r))`)).rejects.toThrow(
			"which is the host's to make",
		);
	});

	it("of the guest's own are numbered, each with its destructor", async () => {
		const { destructors, instances } = await linked(`
			(core module $d (func (export "dtor") (param i32))) (core instance $i (instantiate $d))
			(alias core export $i "dtor" (core func $dtor))
			(type $a (resource (rep i32))) (type $b (resource (rep i32) (dtor $dtor)))
			(core func $new (canon resource.new $b)) (core func $rep (canon resource.rep $a)) (core func $drop (canon resource.drop $b))
			(core module $m (import "x" "n" (func (param i32) (result i32))) (import "x" "r" (func (param i32) (result i32)))
				(import "x" "d" (func (param i32))))
			(core instance $x (export "n" (func $new)) (export "r" (func $rep)) (export "d" (func $drop)))
			(core instance (instantiate $m (with "x" (instance $x))))`);
		expect(destructors).toEqual([null, { instance: 0, name: "dtor" }]);
		expect(instances[1]!.imports.map(([, , source]) => source)).toEqual([
			{ from: "resource", op: "new", type: 1 },
			{ from: "resource", op: "rep", type: 0 },
			{ from: "resource", op: "drop", type: 1 },
		]);
	});

	it("of a component that is instantiated twice are two types", async () => {
		const { destructors } = await linked(`
			(component $c (type (resource (rep i32)))) (instance (instantiate $c)) (instance (instantiate $c))`);
		expect(destructors).toEqual([null, null]);
	});
});

describe("components within", () => {
	it("bring their own core modules, and see what is outside by outer aliases", async () => {
		const { modules, instances, exports } = await linked(`
			(core module $shared (func (export "f") (result i32) (i32.const 2)))
			(type $t (func (result u32)))
			(component $c
				(alias outer 1 $shared (core module $mine)) (alias outer 1 $t (type $type))
				(core module $own) (core instance (instantiate $own)) (core instance $i (instantiate $mine))
				(func $f (type $type) (canon lift (core func $i "f"))) (export "g" (func $f)))
			(instance $x (instantiate $c)) (export "x" (instance $x))`);
		expect(modules).toHaveLength(2);
		expect(instances.map((it) => it.module)).toEqual([1, 0]);
		expect(exports.get("x")!.get("g")).toMatchObject({ source: { instance: 1, name: "f" } });
	});

	it("instantiated twice are two of each instance, and one of each module", async () => {
		const { modules, instances, exports } = await linked(`
			(component $c ${MODULE} (core instance $i (instantiate $m)) ${LIFT} (export "f" (func $f)))
			(instance $a (instantiate $c)) (instance $b (instantiate $c))
			(export "a" (instance $a)) (export "b" (instance $b))`);
		expect(modules).toHaveLength(1);
		expect(instances).toHaveLength(2);
		const of = (name: string) => exports.get(name)!.get("f")!.source;
		expect([of("a"), of("b")]).toMatchObject([{ instance: 0 }, { instance: 1 }]);
	});

	it("get what they are given: functions, types, components and instances", async () => {
		const { hostFunctions, instances } = await linked(`
			(import "t:t/x" (instance $x (export "r" (type (sub resource))) (export "f" (func)) (export "g" (func))))
			(alias export $x "g" (func $g)) (alias export $x "r" (type $r))
			(component $lowering (import "f" (func $f)) (core func $f (canon lower (func $f)))
				(core module $m (import "h" "f" (func))) (core instance $h (export "f" (func $f)))
				(core instance (instantiate $m (with "h" (instance $h)))))
			(component $inner
				(import "i" (instance $i (export "f" (func)))) (import "g" (func $g)) (import "r" (type $r (sub resource)))
				(import "c" (component $c (import "f" (func))))
				(core func $drop (canon resource.drop $r)) (core module $d (import "h" "d" (func (param i32))))
				(core instance $h (export "d" (func $drop))) (core instance (instantiate $d (with "h" (instance $h))))
				(instance (instantiate $c (with "f" (func $i "f")))) (instance (instantiate $c (with "f" (func $g)))))
			(instance (instantiate $inner (with "i" (instance $x)) (with "g" (func $g)) (with "r" (type $r))
				(with "c" (component $lowering))))`);
		expect([...hostFunctions.keys()]).toEqual(["t:t/x#f", "t:t/x#g"]);
		expect(instances.map((it) => it.imports[0]![2].from)).toEqual(["drop", "host", "host"]);
	});

	it("that call each other are refused, unless the callee only ever traps", async () => {
		const calling = (body: string) => `
			(component $callee (core module $m (func (export "f") ${body})) (core instance $i (instantiate $m))
				(func (export "f") (canon lift (core func $i "f"))))
			(component $caller (import "f" (func $f)) (core func $l (canon lower (func $f)))
				(core module $m (import "x" "f" (func))) (core instance $x (export "f" (func $l)))
				(core instance (instantiate $m (with "x" (instance $x)))))
			(instance $a (instantiate $callee)) (instance (instantiate $caller (with "f" (func $a "f"))))`;
		await expect(linked(calling("nop"))).rejects.toThrow("found a call of f, func(), expected calls of the host only");
		await expect(linked(calling("(local i32) unreachable"))).rejects.toThrow("components that call each other");
		const { instances } = await linked(calling("unreachable"));
		expect(instances[1]!.imports[0]![2]).toMatchObject({ from: "trap" });
	});
});

describe("what is not linked", () => {
	it.each([
		["an imported component", `(import "c" (component))`, "a component"],
		["an imported resource", `(import "r" (type (sub resource)))`, "a type"],
		[
			"a host's function as realloc",
			`
			(import "f" (func $f (param "a" u32) (param "b" u32) (param "c" u32) (param "d" u32) (result u32)))
			(core func $realloc (canon lower (func $f)))
			(core module $m (memory (export "m") 1)) (core instance $i (instantiate $m)) (alias core export $i "m" (core memory $mem))
			(import "g" (func $g (result string)))
			(core func (canon lower (func $g) (memory $mem) (realloc $realloc)))`,
			"one of the host's functions as its own func",
		],
	])("%s", async (_name, wat, words) => {
		const error = await linked(wat).catch((it: unknown) => it);
		expect(error).toBeInstanceOf(AdmissionError);
		expect((error as Error).message).toContain(words);
	});

	it("more than 1000 instances, counted over all components", async () => {
		const nest = (each: number, times: number) => `
			(component $c (core module $m) ${"(core instance (instantiate $m))".repeat(each)})
			${"(instance (instantiate $c))".repeat(times)}`;
		expect((await linked(nest(98, 10))).instances).toHaveLength(980);
		await expect(linked(nest(99, 10))).rejects.toThrow("more than 1000 instances");
	});

	it("components that refer to what is not there", () => {
		const preamble = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0];
		const of = (id: number, ...content: number[]) => Uint8Array.from([...preamble, id, content.length, ...content]);
		const name = [1, 0x61];
		for (const bytes of [
			of(2, 1, 0, 7, 0), // a core instance of a module
			of(5, 1, 0, 7, 0), // an instance of a component
			of(6, 1, 1, 0, 7, ...name), // an export of an instance
			of(6, 1, 0, 0, 1, 7, ...name), // a core export
			of(6, 1, 3, 2, 9, 0), // a type of an enclosing component
			of(7, 1, 0x70, 7), // a type
			of(7, 1, 0x69, 7), // a resource
			of(8, 1, 0, 0, 7, 0, 0), // a core function
			of(8, 1, 1, 0, 7, 0), // a function
			of(8, 1, 3, 7), // a resource type
			of(10, 1, 0, ...name, 1, 7), // a type of an import
			of(11, 1, 0, ...name, 1, 7, 0), // an exported function
		])
			expect(() => link(parseComponent(bytes))).toThrow(AdmissionError);
	});
});
