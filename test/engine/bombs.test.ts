/** Small files that would take the host's time or memory, or break its tools, when they are built. */
import { parse } from "@bytecodealliance/jco";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectRoomForTypes, noteTypes, typesMet } from "../../host/engine/build/canonical-types.ts";
import { parseComponent } from "../../host/engine/build/component/parse.ts";
import { link } from "../../host/engine/build/link.ts";
import { AdmissionError } from "../../host/engine/types.ts";
import { answer, type TestEngine, testEngine } from "../support/engine.ts";
import { guest } from "../support/guests.ts";

let test: TestEngine;

beforeAll(async () => {
	test = await testEngine();
});
afterAll(() => test.close());

async function refusal(code: Uint8Array): Promise<string> {
	const error = await test.engine.build(code).catch((it: unknown) => it);
	expect(error).toBeInstanceOf(AdmissionError);
	return (error as Error).message;
}

const PREAMBLE = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0];

function leb(value: number): number[] {
	const bytes: number[] = [];
	let rest = value;
	for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
	return [...bytes, rest];
}

/** A component whose one section holds a component, and so on. */
function nested(depth: number): Uint8Array {
	const heads: number[][] = [];
	let length = PREAMBLE.length;
	for (let i = 0; i < depth; i++) {
		const head = [...PREAMBLE, 4, ...leb(length)];
		heads.push(head);
		length += head.length;
	}
	return Uint8Array.from([...heads.reverse().flat(), ...PREAMBLE]);
}

/** A component with one type: an instance that declares the type of an instance, and so on. */
function nestedTypes(depth: number): Uint8Array {
	const section = [1, ...Array.from({ length: depth }, () => [0x42, 1, 1]).flat(), 0x42, 0];
	return Uint8Array.from([...PREAMBLE, 7, ...leb(section.length), ...section]);
}

describe("nesting", () => {
	it("of components: 100,000 deep is refused at once", async () => {
		expect(await refusal(nested(100_000))).toContain("nested too deep");
	});

	it("of types: 1,000 deep is refused, and what comes after it is not", async () => {
		expect(await refusal(nestedTypes(1000))).toContain("nested too deep");
		expect(await refusal(nestedTypes(50))).toContain("a component without exports");
		expect(answer(await test.invoke(await test.spec(await guest("echo")), "[1]"))).toBe("[1]");
	});
});

describe("repetition", () => {
	it("a module is kept once, however often its component is instantiated", async () => {
		const code = await parse(`(component
			(component $c (core module $m) (core instance (instantiate $m)))
			${"(instance (instantiate $c))".repeat(400)})`);
		expect(link(parseComponent(code)).modules).toHaveLength(1);
		expect(await refusal(code)).toContain("a component without exports");
	});

	it("of core instances is bounded over all components together", async () => {
		const code = await parse(`(component
			(component $c (core module $m) ${"(core instance (instantiate $m))".repeat(500)})
			${"(instance (instantiate $c))".repeat(500)})`);
		expect(await refusal(code)).toContain("more than 1000 instances");
	});

	it("of an imported instance with many types is bounded", async () => {
		const code = await parse(`(component
			(type $t (instance ${"(type (list u8))".repeat(3000)} (export "f" (func))))
			${Array.from({ length: 900 }, (_, i) => `(import "a:b/c${i}" (instance (type $t)))`).join("\n")})`);
		expect(await refusal(code)).toContain("too large to be linked");
	});

	it("of definitions by instantiation is bounded", async () => {
		const code = await parse(`(component
			(component $c ${"(type (list u8))".repeat(20_000)})
			${"(instance (instantiate $c))".repeat(900)})`);
		expect(await refusal(code)).toContain("too large to be linked");
	});
});

/** A preview-1 command of one type and one function, and of what else is asked for: sections by their id. */
function command(sections: Record<number, Uint8Array | number[]> = {}, functions = 1, body?: Uint8Array): Uint8Array {
	const name = (text: string): number[] => [...leb(text.length), ...Buffer.from(text)];
	const empty = Buffer.alloc((functions - 1) * 3, Buffer.from([2, 0, 0x0b]));
	const first = body ?? Buffer.from([0, 0x0b]);
	const all: Record<number, Uint8Array | number[]> = {
		1: [1, 0x60, 0, 0],
		3: many(functions, [0]),
		4: [1, 0x70, 0, 1],
		5: [1, 0, 1],
		7: [2, ...name("_start"), 0, 0, ...name("memory"), 2, 0],
		10: Buffer.concat([Buffer.from([...leb(functions), ...leb(first.length)]), first, empty]),
		...sections,
	};
	const order = [1, 3, 4, 5, 13, 6, 7, 9, 10].filter((id) => all[id] !== undefined);
	const written = order.map((id) => Buffer.concat([Buffer.from([id, ...leb(all[id]!.length)]), Buffer.from(all[id]!)]));
	return Buffer.concat([Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), ...written]);
}

/** A vector of `count` times the same item. */
function many(count: number, item: number[]): Buffer {
	return Buffer.concat([Buffer.from(leb(count)), Buffer.alloc(count * item.length, Buffer.from(item))]);
}

describe("a core module within V8's limits, which are too wide for a host", () => {
	it.each([
		["globals", () => command({ 6: many(10_001, [0x7e, 1, 0x42, 0, 0x0b]) })],
		["tags", () => command({ 13: many(1001, [0, 0]) })],
		["functions", () => command({}, 300_001)],
		["elements", () => command({ 9: [1, 1, 0, ...many(1_000_001, [0])] })],
		["types", () => command({ 1: many(10_001, [0x60, 0, 0]) })],
	])("has too many %s", async (what, code) => {
		expect(await refusal(code())).toMatch(new RegExp(`have over [0-9]+ ${what}`));
	});

	it("has as many as are allowed", async () => {
		const code = command({ 6: many(9900, [0x7e, 1, 0x42, 0, 0x0b]), 13: many(990, [0, 0]) }, 20_000);
		expect(answer(await test.invoke(await test.spec(code), ""))).toBe("");
	});

	it("has a function that V8 would compile for long at its first call", async () => {
		const body = Buffer.concat([Buffer.of(0), Buffer.alloc(2 * 2 ** 20, 0x01), Buffer.of(0x0b)]);
		expect(await refusal(command({}, 1, body))).toContain("a function of 2097154 bytes, over the limit of 2097152");
	});

	it("has more code than V8 has room for what it makes of it", async () => {
		const body = Buffer.concat([Buffer.of(0), Buffer.alloc(2 ** 20, 0x01), Buffer.of(0x0b)]);
		const one = Buffer.concat([Buffer.from(leb(body.length)), body]);
		const bodies = Buffer.concat([Buffer.from(leb(97)), ...Array.from({ length: 97 }, () => one)]);
		expect(await refusal(command({ 10: bodies }, 97))).toContain(`have over ${96 * 2 ** 20} bytes of code`);
	});

	it("keeps exceptions where a guest could gather them, or has large ones", async () => {
		const throws = (parts: string) => parse(`(module ${parts} (memory (export "memory") 1) (func (export "_start")))`);
		expect(await refusal(await throws("(table 1000 exnref)"))).toContain("cannot be bounded");
		expect(await refusal(await throws("(global (mut exnref) (ref.null exn))"))).toContain("cannot be bounded");
		const values = "i64 ".repeat(17);
		expect(await refusal(await throws(`(tag (param ${values}))`))).toContain("exceptions of over 16 values");
	});

	it("brings more different types than V8 keeps for a process, which would end it: the host says so before", () => {
		noteTypes(Array.from({ length: 100 }, (_, i) => -i));
		expect(() => expectRoomForTypes(100)).toThrow("too many different types");
		expect(() => expectRoomForTypes(1_000_000)).not.toThrow();
	});

	it("brings types: they are counted once, in whichever thread they were met", async () => {
		// Of 14 parameters each, so that no other code has them.
		const types = Array.from({ length: 500 }, (_, i) => [
			0x60,
			14,
			...Array.from({ length: 14 }, (__, bit) => ((i >> bit) & 1 ? 0x7d : 0x7c)),
			0,
		]);
		const code = command({ 1: [...leb(501), 0x60, 0, 0, ...types.flat()] });
		const before = typesMet();
		await test.engine.build(code);
		expect(typesMet()).toBeGreaterThanOrEqual(before + 500);
		const after = typesMet();
		await test.invoke(await test.spec(code), "");
		await test.engine.build(Buffer.concat([code, Buffer.from([0, 2, 1, 0x61])]));
		expect(typesMet()).toBeLessThan(after + 20);
	});
});

describe("size", () => {
	it("of what is no module is bounded: 10 MB of types are refused", async () => {
		const count = 10_000_000;
		const body = Buffer.concat([Buffer.from(leb(count)), Buffer.alloc(count, 0x7f)]);
		const code = Buffer.concat([Buffer.from([...PREAMBLE, 7, ...leb(body.length)]), body]);
		expect(await refusal(code)).toContain("too large to be linked");
	});

	it("of names does not end up in messages", async () => {
		const name = "a".repeat(90_000);
		const exports = Array.from({ length: 9 }, (_, i) => `(instance (export "${name}${i}"))`).join("\n");
		expect((await refusal(await parse(`(component ${exports})`))).length).toBeLessThan(3000);
	});
});
