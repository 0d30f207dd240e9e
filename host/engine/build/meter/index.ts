/**
 * Metering: rewrites a core module so that it pays for what it does, and so that the host can stop it, share its thread
 * and bound its memory. It charges a counter at function entries, loop headers and larger regions (`regions.ts`), does
 * bulk operations in pieces (`bulk.ts`), and asks the host before memories and tables grow. Nothing that the
 * module can observe changes but its speed, and that growth may be refused.
 */
import { assemble, type Export } from "./assemble.ts";
import type { Helpers } from "./helpers.ts";
import { ExportKind, type Module, readModule } from "./module.ts";
import { type RewrittenCode, rewriteModule } from "./rewrite.ts";
import type { MapMeta, MeteredModule, MeterMeta } from "./types.ts";

export { CONTROL, CONTROL_SIGNATURES, CONTROL_SIZE, YIELD } from "./control.ts";
export type { Feature, GlobalMeta, MemoryMeta, MeteredModule, MeterMeta, TableMeta } from "./types.ts";
export { MeterError } from "./types.ts";

/** What no export of the module begins with: "pilot" and one colon more than any of them has there. */
function freePrefix(exports: { name: string }[]): string {
	let colons = 1;
	for (const { name } of exports) {
		const taken = /^pilot(:+)/.exec(name)?.[1]?.length ?? 0;
		colons = Math.max(colons, taken + 1);
	}
	return `pilot${":".repeat(colons)}`;
}

/** The defined (not imported) items of an index space, each with its index and a hidden export's name. */
function defined<T extends { imported: boolean }>(list: T[], name: string) {
	return list.flatMap((item, index) => (item.imported ? [] : [{ item, index, name: `${name}${index}` }]));
}

/** The map of each memory. */
function mapsOf({ memories }: Module, prefix: string): MapMeta[] {
	const first = memories.findIndex((it) => !it.imported);
	return memories.map(({ position }, i) => {
		const name = { export: `${prefix}map${i}` };
		return position === undefined ? { ...name, defined: i - first } : { ...name, imported: position };
	});
}

function describe(module: Module, helpers: Helpers, code: RewrittenCode, tracked: boolean) {
	const prefix = freePrefix(module.exports);
	const memories = defined(module.memories, `${prefix}memory`);
	const tables = defined(module.tables, `${prefix}table`);
	const globals = defined(module.globals, `${prefix}global`).filter(({ item }) => item.mutable);
	const { tablesWritten, drops } = code.scanner.operands;
	const meta: MeterMeta = {
		prefix,
		fuel: `${prefix}fuel`,
		control: `${prefix}control`,
		stack: code.countsDepth ? `${prefix}stack` : null,
		start: module.start === null ? null : `${prefix}start`,
		memories: memories.map(({ item, name }) => ({
			export: name,
			index64: item.index64,
			initialPages: item.initial,
			maximumPages: item.maximum,
		})),
		tables: tables.map(({ item, index, name }) => ({
			export: name,
			type: item.type,
			initial: item.initial,
			maximum: item.maximum,
			written: tablesWritten[index]!,
		})),
		globals: globals.map(({ item, name }) => ({ export: name, type: item.type })),
		writesImportedTables: module.tables.some((table, index) => table.imported && tablesWritten[index]!),
		drops,
		maps: tracked ? mapsOf(module, prefix) : null,
		features: [...module.features].sort(),
	};
	const exports: Export[] = [
		{ name: meta.fuel, kind: ExportKind.global, index: helpers.fuel },
		{ name: meta.control, kind: ExportKind.table, index: helpers.control },
		...memories.map(({ name, index }) => ({ name, kind: ExportKind.memory, index })),
		...(meta.maps ?? []).map((it, i) => ({
			name: it.export,
			kind: ExportKind.memory,
			index: module.memories.length + i,
		})),
		...tables.map(({ name, index }) => ({ name, kind: ExportKind.table, index })),
		...globals.map(({ name, index }) => ({ name, kind: ExportKind.global, index })),
	];
	if (meta.stack !== null) exports.push({ name: meta.stack, kind: ExportKind.global, index: helpers.stack });
	if (module.start !== null) {
		const index = code.wrappers.get(module.start) ?? module.start;
		exports.push({ name: `${prefix}start`, kind: ExportKind.func, index });
	}
	return { meta, exports };
}

export interface MeterOptions {
	/** The module marks which pages of its memories it writes to (`marks.ts`). Default: false. It costs the same fuel. */
	tracked?: boolean;
}

/**
 * Meters a core module. The module must have been validated (`WebAssembly.validate`) as it came: an invalid one may
 * become valid by what is appended, and could then name the counter. Throws a `MeterError` (or the reader's
 * `BinaryError`) when it uses what is not supported: shared memories, memory.atomic.wait and notify, unknown
 * instructions.
 */
export function meter(bytes: Uint8Array, { tracked = false }: MeterOptions = {}): MeteredModule {
	const module = readModule(bytes);
	const { code, helpers } = rewriteModule(module, tracked);
	const { meta, exports } = describe(module, helpers, code, tracked);
	return { bytes: assemble(module, code, exports, tracked), meta };
}
