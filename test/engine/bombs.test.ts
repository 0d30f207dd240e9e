/** Small files that would take the host's time or memory, or break its tools, when they are built. */
import { parse } from "@bytecodealliance/jco";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

describe("size", () => {
	it("of what is no module is bounded: 10 MB of types are refused", async () => {
		const count = 10_000_000;
		const body = Buffer.concat([Buffer.from(leb(count)), Buffer.alloc(count, 0x7f)]);
		const code = Buffer.concat([Buffer.from([...PREAMBLE, 7, ...leb(body.length)]), body]);
		expect(await refusal(code)).toContain("too large to be linked");
	});

	it("of a function that is too large once it is metered is told as such", async () => {
		const loops = Buffer.alloc(1_050_000 * 7, Buffer.from([0x03, 0x40, 0x41, 0, 0x0d, 0, 0x0b]));
		const body = Buffer.concat([Buffer.of(0), loops, Buffer.of(0x0b)]);
		const code = Buffer.concat([Buffer.from([1, ...leb(body.length)]), body]);
		const start = Buffer.from([7, 19, 2, 6, ...Buffer.from("_start"), 0, 0, 6, ...Buffer.from("memory"), 2, 0]);
		const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1];
		const module = Buffer.concat([Buffer.from(head), start, Buffer.from([10, ...leb(code.length)]), code]);
		expect(await refusal(module)).toContain("too large to be metered");
	});

	it("of names does not end up in messages", async () => {
		const name = "a".repeat(90_000);
		const exports = Array.from({ length: 9 }, (_, i) => `(instance (export "${name}${i}"))`).join("\n");
		expect((await refusal(await parse(`(component ${exports})`))).length).toBeLessThan(3000);
	});
});
