/** What a fixup puts into a shim's table, and what is left of it without that. */
import type { Reader } from "../binary/reader.ts";
import { moduleOf, vectorSection, Writer } from "../binary/writer.ts";
import type { CoreImport } from "./core-imports.ts";
import { sectionOf } from "./core-imports.ts";
import { callsOf } from "./shim-module.ts";
import type { Elements, SimpleModule } from "./simple-module.ts";

export interface Fixup {
	module: SimpleModule;
	/** The imported function that each entry of the shim's table gets, by its place among all imports. */
	slots: ReadonlyMap<number, { position: number; core: string }>;
	/** Segments for other tables. */
	others: readonly Elements[];
	/** Functions, by their place among all imports, that its start function calls, and it does nothing else; null if more is left of it. */
	calls: readonly number[] | null;
}

/** The module as a fixup of the table that it imports at `position`, of so many entries; null if it does anything else. */
export function fixupOf(module: SimpleModule, position: number, size: number): Fixup | null {
	if (module.imports[position]?.kind !== "table" || module.tables.length > 0) return null;
	const table = before(module.imports, position, "table");
	const places = placesOf(module.imports, "func");
	const slots: Map<number, { position: number; core: string }> = new Map();
	for (const { at, functions } of module.elements.filter((it) => it.table === table)) {
		if (at === null || at + functions.length > size) return null;
		for (const [i, func] of functions.entries()) {
			if (func >= module.imported || slots.has(at + i)) return null;
			slots.set(at + i, { position: places[func]!, core: module.functions[func]! });
		}
	}
	const others = module.elements.filter((it) => it.table !== table);
	const bodies = module.bodies.map(callsOf);
	if (bodies.some((calls) => calls?.every((it) => module.functions[it] === "->") !== true)) return null;
	const calls = others.length === 0 ? startCalls(module, bodies as number[][]) : null;
	return { module, slots, others, calls: calls?.map((it) => places[it]!) ?? null };
}

/** The imported functions that are called at the start; null if one is called that the module defines. */
function startCalls({ start, imported }: SimpleModule, bodies: readonly number[][]): number[] | null {
	if (start === null) return [];
	const calls = start < imported ? [start] : bodies[start - imported]!;
	return calls.every((it) => it < imported) ? calls : null;
}

function before(imports: readonly CoreImport[], position: number, kind: CoreImport["kind"]): number {
	return imports.slice(0, position).filter((it) => it.kind === kind).length;
}

/** Where the imports of a kind are among all. */
function placesOf(imports: readonly CoreImport[], kind: CoreImport["kind"]): number[] {
	return [...imports.keys()].filter((i) => imports[i]!.kind === kind);
}

/** The module without the table at `position` and the functions that only that needs; and which of its imports are left. */
export function remainder(bytes: Uint8Array, fixup: Fixup, position: number): { bytes: Uint8Array; imports: number[] } {
	const { module, others } = fixup;
	const bodies = module.bodies.map((it) => callsOf(it)!);
	const used = new Set([...others.flatMap((it) => it.functions), ...bodies.flat(), ...orNone(module.start)]);
	const places = placesOf(module.imports, "func");
	const imports = [...module.imports.keys()].filter((i) => {
		const { kind } = module.imports[i]!;
		if (kind === "func") return used.has(places.indexOf(i));
		return kind !== "memory" && i !== position;
	});
	const kept = places.filter((i) => imports.includes(i));
	const funcAt = (index: number): number =>
		index < module.imported ? kept.indexOf(places[index]!) : kept.length + index - module.imported;
	const table = before(module.imports, position, "table");
	const tableAt = (index: number): number => (index > table ? index - 1 : index);
	const sections = [
		raw(bytes, 1),
		vectorSection(2, imports.length, (out, i) => {
			const it = module.imports[imports[i]!]!;
			out.name(it.module).name(it.name).put(it.description);
		}),
		raw(bytes, 3),
		...orNone(module.start).map((it) => new Writer().section(8, new Writer().u32(funcAt(it)).view()).done()),
		vectorSection(9, others.length, (out, i) => {
			const { table: into, offset, functions } = others[i]!;
			out.u32(2).u32(tableAt(into)).put(offset).byte(0).u32(functions.length);
			for (const it of functions) out.u32(funcAt(it));
		}),
		vectorSection(10, bodies.length, (out, i) => {
			const body = new Writer().u32(0);
			for (const it of bodies[i]!) body.byte(0x10).u32(funcAt(it));
			out.sized(body.byte(0x0b).view());
		}),
	];
	return { bytes: moduleOf(sections), imports };
}

function orNone<T>(value: T | null): T[] {
	return value === null ? [] : [value];
}

/** A section as it came; none if the module has none. */
function raw(bytes: Uint8Array, id: number): Uint8Array {
	const content = sectionOf(bytes, id);
	return content === null ? new Uint8Array() : section(id, content);
}

function section(id: number, r: Reader): Uint8Array {
	return new Writer().section(id, r.bytes.subarray(r.pos, r.end)).done();
}
