/**
 * Makes a module import the memories that it defines, so that the host can give it one that was used before. A new
 * memory costs the kernel's work for each page that is touched for the first time, which is most of what starting a large
 * guest costs, and V8 a garbage collection for every 64 MB. Indices stay as they are: imported memories come first, and all
 * that are defined become imported ones.
 */

import type { ModuleMeta } from "../artifact.ts";
import { Reader } from "../binary/reader.ts";
import { Writer } from "../binary/writer.ts";
import type { MeteredModule } from "./meter/index.ts";

const SECTION = { custom: 0, type: 1, import: 2, memory: 5, data: 11 } as const;
const HEADER_SIZE = 8;
const IMPORT_MEMORY = 2;

/** A map is as large as the memory may become, which the host decides. */
const ANY_SIZE = new Uint8Array([0x00, 0x01]);

/** A core module as it is kept and run. */
export interface FinishedModule {
	bytes: Uint8Array;
	meta: ModuleMeta;
}

/** The metered module, importing its memories and their maps under `meta.memoryImports` by their hidden names. */
export function importMemories({ bytes, meta }: MeteredModule): FinishedModule {
	const sections = readSections(bytes);
	const dataBytes = sections.find((it) => it.id === SECTION.data)?.content.length ?? 0;
	// A memory of 64-bit indices is made in another way, and has no snapshot.
	const maps = meta.maps ?? [];
	if (meta.memories.length + maps.length === 0 || meta.memories.some((it) => it.index64))
		return { bytes, meta: { ...meta, memoryImports: null, dataBytes } };
	const imports = vectorOf(sections.find((it) => it.id === SECTION.import)?.content);
	const memories = vectorOf(sections.find((it) => it.id === SECTION.memory)?.content);
	const namespace = freeNamespace(imports.items, imports.count);
	const content = new Writer(imports.items.length + 256).u32(imports.count + memories.count).put(imports.items);
	const types = new Reader(memories.items);
	for (const { export: name } of meta.memories)
		content.name(namespace).name(name).byte(IMPORT_MEMORY).put(limits(types));
	for (const { export: name } of maps) content.name(namespace).name(name).byte(IMPORT_MEMORY).put(ANY_SIZE);
	return { bytes: assemble(bytes, sections, content.view()), meta: { ...meta, memoryImports: namespace, dataBytes } };
}

interface Section {
	id: number;
	start: number;
	end: number;
	content: Uint8Array;
}

function readSections(bytes: Uint8Array): Section[] {
	const sections: Section[] = [];
	const reader = new Reader(bytes, HEADER_SIZE);
	while (!reader.done) {
		const start = reader.pos;
		const id = reader.byte();
		const content = reader.take(reader.u32());
		sections.push({ id, start, end: reader.pos, content });
	}
	return sections;
}

function vectorOf(content: Uint8Array | undefined): { count: number; items: Uint8Array } {
	if (content === undefined) return { count: 0, items: new Uint8Array() };
	const reader = new Reader(content);
	const count = reader.u32();
	return { count, items: content.subarray(reader.pos) };
}

/** A memory's type: flags, least and, with bit 0, most pages. */
function limits(reader: Reader): Uint8Array {
	const start = reader.pos;
	const flags = reader.byte();
	reader.u32();
	if ((flags & 1) !== 0) reader.u32();
	return reader.bytes.subarray(start, reader.pos);
}

/** What no import of the module is under: the guest's own names cannot meet these. */
function freeNamespace(imports: Uint8Array, count: number): string {
	const text = Buffer.from(imports).toString("latin1");
	let name = "pilot:memory";
	while (count > 0 && text.includes(name)) name += ":";
	return name;
}

/** The module with another import section, and without a memory section. */
function assemble(bytes: Uint8Array, sections: readonly Section[], imports: Uint8Array): Uint8Array {
	const out = new Writer(bytes.length + imports.length + 16).put(bytes, 0, HEADER_SIZE);
	let written = false;
	for (const { id, start, end } of sections) {
		if (!written && id !== SECTION.custom && id !== SECTION.type) {
			out.section(SECTION.import, imports);
			written = true;
		}
		if (id !== SECTION.import && id !== SECTION.memory) out.put(bytes, start, end);
	}
	return out.done();
}
