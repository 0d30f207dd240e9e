import { describe, expect, it } from "vitest";
import { Reader } from "../../binary/reader.ts";
import { Writer } from "../../binary/writer.ts";
import { HINT_SECTION, HintWriter, readHints } from "./hints.ts";
import { meter } from "./index.ts";
import { Guest, wat } from "./testing.ts";

const TEXT = `(module
	(import "" "i" (func))
	(func)
	(func (export "f") (param i32) (result i32)
		(@metadata.code.branch_hint "\\01") (if (local.get 0) (then (drop (memory.grow (i32.const 0)))))
		(loop
			(@metadata.code.branch_hint "\\00") (br_if 0 (i32.eqz (local.get 0))))
		(block (@metadata.code.branch_hint "\\01") (br_if 0 (local.get 0)))
		(local.get 0))
	(memory 1))`;

/** The bodies of a module, by function index; `imported` functions come before. */
function bodies(bytes: Uint8Array, imported: number): Map<number, Uint8Array> {
	const reader = new Reader(bytes, 8);
	for (;;) {
		const id = reader.byte();
		const section = reader.sub(reader.u32());
		if (id !== 10) continue;
		const list = section.vec((item) => item.take(item.u32()));
		return new Map(list.map((body, i) => [imported + i, body]));
	}
}

function section(bytes: Uint8Array): Uint8Array {
	const module = new WebAssembly.Module(new Uint8Array(bytes));
	const sections = WebAssembly.Module.customSections(module, HINT_SECTION);
	expect(sections).toHaveLength(1);
	return new Uint8Array(sections[0]!);
}

/** The opcodes that the hints of a function name, with their values, in order. */
function hinted(bytes: Uint8Array, func: number): [number, number][] {
	const body = bodies(bytes, 1).get(func)!;
	return (readHints(section(bytes)).get(func) ?? []).map(({ offset, value }) => [body[offset]!, value]);
}

/** `wat` drops hints, as wasm-tools' parser in JavaScript has none: they are put in by hand. */
function withHints(bytes: Uint8Array, content: Uint8Array): Uint8Array<ArrayBuffer> {
	const reader = new Reader(bytes, 8);
	const out = new Writer().put(bytes, 0, 8);
	while (!reader.done) {
		const id = reader.byte();
		const part = reader.take(reader.u32());
		if (id === 10) out.section(0, new Writer().name(HINT_SECTION).put(content).view());
		out.section(id, part);
	}
	return new Uint8Array(out.done());
}

async function original(): Promise<Uint8Array<ArrayBuffer>> {
	const bytes = await wat(TEXT.replaceAll(/\(@metadata[^)]*\)/g, ""));
	const body = bodies(bytes, 1).get(2)!;
	const at = (opcode: number, nth: number) =>
		[...body.keys()].filter((i) => body[i] === opcode && (opcode === 0x04 ? body[i + 1] === 0x40 : body[i + 1] === 0))[
			nth
		]!;
	const content = new Writer().u32(1).u32(2).u32(3);
	for (const [offset, value] of [
		[at(0x04, 0), 1],
		[at(0x0d, 0), 0],
		[at(0x0d, 1), 1],
	]) {
		content.u32(offset!).byte(1).byte(value!);
	}
	return withHints(bytes, content.view());
}

describe("branch hints", () => {
	it("say of every charge that it is rarely below zero", async () => {
		const bytes = await wat(`(module (import "" "i" (func)) (memory 1)
			(func (loop (br 0)))
			(func (param i32) (memory.fill (local.get 0) (i32.const 0) (local.get 0)) (loop (br_if 0 (i32.const 1)))))`);
		const metered = meter(bytes).bytes;
		const hints = readHints(section(metered));
		for (const [func, body] of bodies(metered, 1)) {
			const names = (hints.get(func) ?? []).map(({ offset, value }) => [body[offset], body[offset + 1], value]);
			for (const name of names) expect(name).toEqual([0x04, 0x40, 0]);
		}
		expect([...hints.keys()]).toEqual([1, 2, 3, 4]);
	});

	it("of the module are kept, at the places that they have moved to", async () => {
		const bytes = await original();
		expect(hinted(bytes, 2)).toEqual([
			[0x04, 1],
			[0x0d, 0],
			[0x0d, 1],
		]);
		// The if, the charge of its arm (growth is dear), the loop's charge, and the two branches.
		expect(hinted(meter(bytes).bytes, 2)).toEqual([
			[0x04, 1],
			[0x04, 0],
			[0x04, 0],
			[0x0d, 0],
			[0x0d, 1],
		]);
	});

	it("leave the module as it was", async () => {
		const guest = new Guest(await original(), { imports: { "": { i: () => {} } } });
		expect(guest.call("f", 5)).toBe(5);
	});

	it("stand before the code", async () => {
		const { bytes } = meter(await original());
		const text = Buffer.from(bytes).toString("latin1");
		const reader = new Reader(bytes, 8);
		const ids: number[] = [];
		while (!reader.done) {
			ids.push(reader.byte());
			reader.take(reader.u32());
		}
		expect(text.split(HINT_SECTION)).toHaveLength(2);
		expect(ids.indexOf(0)).toBe(ids.indexOf(10) - 1);
	});

	it.each([
		["cut off", [1, 2, 1]],
		["too long", [0, 0]],
		["out of order", [1, 2, 2, 5, 1, 0, 4, 1, 0]],
		["of a wrong size", [1, 2, 1, 5, 2, 0, 0]],
		["given twice", [2, 2, 1, 5, 1, 0, 2, 1, 6, 1, 0]],
	])("that are %s are ignored", async (_, content) => {
		expect(readHints(new Uint8Array(content)).size).toBe(0);
		const bytes = withHints(await wat(TEXT.replaceAll(/\(@metadata[^)]*\)/g, "")), new Uint8Array(content));
		expect(hinted(meter(bytes).bytes, 2)).toEqual([
			[0x04, 0],
			[0x04, 0],
		]);
	});

	it("that name no instruction, or one that is replaced, do no harm", async () => {
		const plain = await wat(TEXT.replaceAll(/\(@metadata[^)]*\)/g, ""));
		const content = new Writer().u32(2).u32(2).u32(60);
		for (let offset = 0; offset < 60; offset++) content.u32(offset).byte(1).byte(1);
		content.u32(999).u32(1).u32(3).byte(1).byte(0);
		const metered = meter(withHints(plain, content.view())).bytes;
		expect(WebAssembly.validate(new Uint8Array(metered))).toBe(true);
	});

	it("of no function make no section", () => {
		const hints = new HintWriter();
		hints.end(1);
		expect(hints.section()).toBeNull();
	});
});
