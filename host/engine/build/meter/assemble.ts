/** Puts the metered module together: the original's sections with what was appended to them. */
import { Writer } from "../../binary/writer.ts";
import { CONTROL_SIZE } from "./control.ts";
import { STACK_BYTES } from "./depth.ts";
import { HINT_SECTION } from "./hints.ts";
import { PAGE_SHIFT } from "./marks.ts";
import { ExportKind, items, type Memory, type Module, SECTION_ORDER, Section } from "./module.ts";
import type { RewrittenCode } from "./rewrite.ts";

/** What is put in place of the code, and with it. */
type NewCode = Omit<RewrittenCode, "scanner">;

export interface Export {
	name: string;
	kind: number;
	index: number;
}

/** Custom sections that hold offsets into the code, which has moved. (Debuggers get none rather than wrong ones.) */
const stale = (name: string) =>
	name === HINT_SECTION ||
	name === "sourceMappingURL" ||
	name === "external_debug_info" ||
	name === "linking" ||
	/^(\.debug_|reloc\.|metadata\.code\.)/.test(name);

/** The vector section `id`, with more items behind its own. */
function appended(module: Module, id: number, more: Uint8Array[]): Uint8Array {
	const { count, bytes } = items(module, id);
	const out = new Writer(bytes.length + 64).u32(count + more.length).put(bytes);
	for (const item of more) out.put(item);
	return out.view();
}

/** A map that the module defines itself covers all that its memory may ever have; the linker gives it a smaller one. */
const MAP_PAGES = 2 ** (32 - PAGE_SHIFT - 16);
/** V8's memories end at 16 GiB. */
const MAP_PAGES_64 = 4 * MAP_PAGES;

const mapType = ({ index64 }: Memory): Uint8Array =>
	new Writer(8)
		.byte(0x00)
		.u32(index64 ? MAP_PAGES_64 : MAP_PAGES)
		.done();

const exported = ({ name, kind, index }: Export) => new Writer().name(name).byte(kind).u32(index).done();

function exportSection(exports: Export[]): Uint8Array {
	const out = new Writer(1024).u32(exports.length);
	for (const it of exports) out.put(exported(it));
	return out.view();
}

/** The sections that differ from the original's, by id. */
function changedSections(module: Module, code: NewCode, exports: Export[], tracked: boolean): Map<number, Uint8Array> {
	const helperTypes = code.helperTypes.map((type) => new Writer(8).u32(type).done());
	const own = module.exports.map((it) =>
		it.kind === ExportKind.func ? { ...it, index: code.wrappers.get(it.index) ?? it.index } : it,
	);
	// A funcref table of exactly the entry points; a global (mut i32) of 0.
	const control = new Uint8Array([0x70, 0x01, CONTROL_SIZE, CONTROL_SIZE]);
	const globals: Uint8Array[] = [new Uint8Array([0x7f, 0x01, 0x41, 0x00, 0x0b])];
	if (code.countsDepth) globals.push(new Writer(16).ops(0x7f, 0x01, 0x41).s32(STACK_BYTES).byte(0x0b).done());
	const maps = tracked ? module.memories.map(mapType) : [];
	return new Map([
		...(maps.length > 0 ? [[Section.memory, appended(module, Section.memory, maps)] as const] : []),
		[Section.type, appended(module, Section.type, code.types)],
		[Section.function, appended(module, Section.function, helperTypes)],
		[Section.table, appended(module, Section.table, [control])],
		[Section.global, appended(module, Section.global, globals)],
		[Section.export, exportSection([...own, ...exports])],
		[Section.code, code.code],
	]);
}

/** The metered module's bytes. */
export function assemble(module: Module, code: NewCode, exports: Export[], tracked: boolean): Uint8Array {
	const changed = changedSections(module, code, exports, tracked);
	const data = module.sections.get(Section.data)?.length ?? 0;
	const out = new Writer(code.code.length + data + 65_536);
	out.ops(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
	for (const id of SECTION_ORDER) {
		// The runtime calls the start function, once the control table is filled.
		if (id === Section.start) continue;
		if (id === Section.code && code.hints !== null) out.section(Section.custom, code.hints);
		const content = changed.get(id) ?? module.sections.get(id);
		if (content !== undefined) out.section(id, content);
	}
	for (const { name, content } of module.customs) {
		if (!stale(name)) out.section(Section.custom, new Writer(content.length + 64).name(name).put(content).view());
	}
	return out.done();
}
