/** A module that charges nothing, with the hidden exports that the engine wants of a metered one: to run it there unmetered. */
import { assemble, type Export } from "../../../host/engine/build/meter/assemble.ts";
import type { MeterMeta } from "../../../host/engine/build/meter/index.ts";
import { ExportKind, readModule, Section } from "../../../host/engine/build/meter/module.ts";

/** The indices of what the module defines itself. */
const defined = (list: { imported: boolean; mutable?: boolean }[]): number[] =>
	list.flatMap((it, index) => (it.imported || it.mutable === false ? [] : [index]));

/** `meta` is what metering said of the same module. */
export function uncharged(bytes: Uint8Array, meta: MeterMeta): Uint8Array {
	const module = readModule(bytes);
	const named = (list: { export: string }[], kind: number, indices: number[]): Export[] =>
		list.map((it, i) => ({ name: it.export, kind, index: indices[i]! }));
	const exports: Export[] = [
		{ name: meta.fuel, kind: ExportKind.global, index: module.globals.length },
		{ name: meta.control, kind: ExportKind.table, index: module.tables.length },
		...named(meta.memories, ExportKind.memory, defined(module.memories)),
		...named(meta.tables, ExportKind.table, defined(module.tables)),
		...named(meta.globals, ExportKind.global, defined(module.globals)),
	];
	if (meta.start !== null) exports.push({ name: meta.start, kind: ExportKind.func, index: module.start! });
	const code = module.sections.get(Section.code) ?? new Uint8Array([0]);
	const nothing = { hints: null, types: [], helperTypes: [], wrappers: new Map<number, number>(), countsDepth: false };
	return assemble(module, { code, ...nothing }, exports, false);
}
