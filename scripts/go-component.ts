/**
 * Makes a component of a Go program (`GOOS=wasip1 -buildmode=c-shared`): `node scripts/go-component.ts IN.wasm WORLD OUT.wasm.br`.
 *
 * The preview-1 adapter needs `cabi_realloc` before Go's runtime is up, and nothing that Go exports can be called before.
 * So one is added to the module that gives out the program's `arena` (`test/guests/go-event/abi.go`), from its start again
 * after each call of an export: what came of the host is copied by then. What the adapter took while `_initialize` ran it keeps.
 */
import { readFile, writeFile } from "node:fs/promises";
import { brotliCompressSync, constants } from "node:zlib";
import { componentEmbed, componentNew, preview1AdapterReactorPath } from "@bytecodealliance/jco";
import { Reader } from "../host/engine/binary/reader.ts";
import { moduleOf, Writer } from "../host/engine/binary/writer.ts";
import { witText } from "./guest-wit.ts";

/** First bytes of the arena, and its length. */
const ARENA = Buffer.from("pilot arena");
const ARENA_BYTES = 8 << 20;
const I32 = 0x7f;

interface Section {
	id: number;
	content: Uint8Array;
}

function sectionsOf(module: Uint8Array): Section[] {
	const r = new Reader(module, 8);
	const sections: Section[] = [];
	while (!r.done) {
		const id = r.byte();
		sections.push({ id, content: r.take(r.u32()) });
	}
	return sections;
}

/** A vector section with items put at its end; gives the first one's index. */
function append(sections: Section[], id: number, items: Uint8Array[]): number {
	const section = sections.find((it) => it.id === id)!;
	const r = new Reader(section.content);
	const count = r.u32();
	const out = new Writer().u32(count + items.length).put(section.content, r.pos);
	for (const item of items) out.put(item);
	section.content = out.done();
	return count;
}

/** The arena's address: that of the data segment that holds its first bytes. */
function arenaOf(sections: Section[]): number {
	const r = new Reader(sections.find((it) => it.id === 11)!.content);
	for (const segment of r.vec((it) => ({
		flag: it.u32(),
		op: it.byte(),
		at: it.s33(),
		end: it.byte(),
		bytes: it.take(it.u32()),
	}))) {
		const found = Buffer.from(segment.bytes).indexOf(ARENA);
		if (found >= 0) return segment.at + found;
	}
	throw new Error("the program has no arena");
}

interface Export {
	name: string;
	kind: number;
	index: number;
}

/** Adds `cabi_realloc`, and to each exported function that the arena begins again after it. */
export function withArena(module: Uint8Array): Uint8Array {
	const sections = sectionsOf(module);
	const types = new Reader(sections.find((it) => it.id === 1)!.content);
	const signatures = types.vec((it) => {
		it.byte();
		return { params: it.vec((p) => p.byte()), results: it.vec((p) => p.byte()) };
	});
	const imported = new Reader(sections.find((it) => it.id === 2)!.content).u32();
	const functions = new Reader(sections.find((it) => it.id === 3)!.content).vec((it) => it.u32());
	const exports = new Reader(sections.find((it) => it.id === 7)!.content).vec(
		(it): Export => ({ name: it.name(), kind: it.byte(), index: it.u32() }),
	);
	const start = arenaOf(sections);
	// Globals: where the next block goes, and where a call begins.
	const global = (value: number) => new Writer().ops(I32, 1, 0x41).s32(value).byte(0x0b).done();
	const top = append(sections, 6, [global(start), global(start)]);
	const mark = top + 1;
	const reallocType = append(sections, 1, [Uint8Array.of(0x60, 4, I32, I32, I32, I32, 1, I32)]);
	const added: { type: number; body: Uint8Array }[] = [{ type: reallocType, body: realloc(top, start + ARENA_BYTES) }];
	const first = imported + functions.length;
	for (const it of exports) {
		if (it.kind !== 0) continue;
		const type = functions[it.index - imported]!;
		const { params } = signatures[type]!;
		const body = wrapper(it.index, params.length, it.name === "_initialize" ? [top, mark] : [mark, top]);
		it.index = first + added.push({ type, body }) - 1;
	}
	exports.push({ name: "cabi_realloc", kind: 0, index: first });
	append(
		sections,
		3,
		added.map(({ type }) => new Writer().u32(type).done()),
	);
	append(
		sections,
		10,
		added.map(({ body }) => new Writer().sized(body).done()),
	);
	const table = new Writer().u32(exports.length);
	for (const { name, kind, index } of exports) table.name(name).byte(kind).u32(index);
	sections.find((it) => it.id === 7)!.content = table.done();
	return moduleOf(sections.map(({ id, content }) => new Writer().section(id, content).done()));
}

/** `(old, oldSize, align, size) -> pointer`: the next aligned block; what was in the old one is copied. */
function realloc(top: number, end: number): Uint8Array {
	const out = new Writer().ops(1, 1, I32); // local 4: the pointer
	out.ops(0x23).u32(top).ops(0x20, 2, 0x6a, 0x41, 1, 0x6b, 0x41, 0, 0x20, 2, 0x6b, 0x71, 0x22, 4); // (top + align - 1) & -align
	out.ops(0x20, 3, 0x6a, 0x24).u32(top); // top = pointer + size
	out.ops(0x23).u32(top).ops(0x41).s32(end).ops(0x4b, 0x04, 0x40, 0x00, 0x0b); // beyond the end: unreachable
	out.ops(0x20, 4, 0x20, 0, 0x20, 1, 0xfc, 10, 0, 0); // memory.copy
	return out.ops(0x20, 4, 0x0b).done();
}

function wrapper(callee: number, params: number, [from, to]: readonly [number, number]): Uint8Array {
	const out = new Writer().u32(0);
	for (let i = 0; i < params; i++) out.byte(0x20).u32(i);
	return out.byte(0x10).u32(callee).byte(0x23).u32(from).byte(0x24).u32(to).byte(0x0b).done();
}

const [input, world, output] = process.argv.slice(2);
if (output === undefined) throw new Error("usage: go-component.ts IN.wasm WORLD OUT.wasm.br");
const binary = withArena(await readFile(input!));
const embedded = await componentEmbed({ binary, witSource: witText(), world: world! });
const adapter = await readFile(preview1AdapterReactorPath());
const component = await componentNew(embedded, [["wasi_snapshot_preview1", adapter]]);
// A third of its size, or a quarter: what is kept in the repository.
await writeFile(output, brotliCompressSync(component, { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } }));
