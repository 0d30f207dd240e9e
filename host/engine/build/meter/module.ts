/** Reads of a module what metering needs: its index spaces, its exports, and the bytes of everything else. */
import { Reader } from "../../binary/reader.ts";
import { skipConstantExpression } from "./skip.ts";
import { type Feature, MeterError } from "./types.ts";
import { readStorageType, readValType } from "./valtype.ts";

/** The ids of sections (core specification, section 5.5.2), and the order in which they must stand. */
export const Section = {
	custom: 0,
	type: 1,
	import: 2,
	function: 3,
	table: 4,
	memory: 5,
	global: 6,
	export: 7,
	start: 8,
	element: 9,
	code: 10,
	data: 11,
	dataCount: 12,
	tag: 13,
} as const;
export const SECTION_ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

/** What an export names. */
export const ExportKind = { func: 0, table: 1, memory: 2, global: 3 } as const;

/** A section that is a vector: how many items, and their bytes. */
export interface Items {
	count: number;
	bytes: Uint8Array;
}

export interface Limits {
	index64: boolean;
	initial: number;
	maximum: number | null;
}
export interface Table extends Limits {
	imported: boolean;
	type: string;
	/** The element type as bytes, to be named again in a signature. */
	typeBytes: Uint8Array;
}
export interface Memory extends Limits {
	imported: boolean;
	/** Which of the module's imports it is. */
	position?: number;
}
export interface Global {
	imported: boolean;
	type: string;
	mutable: boolean;
}

export interface Module {
	/** The content of each section that is not custom. */
	sections: Map<number, Uint8Array>;
	customs: { name: string; content: Uint8Array }[];
	/** The number of fields of each type that is a struct, else 0. */
	structFields: number[];
	/** The number of parameters of each type that is a function's, else 0. */
	params: number[];
	/** Each function type in words; `ANY_TYPE` where it may be equal to another that is written otherwise. */
	signatures: string[];
	/** Functions that the module makes references of, outside of its code. */
	references: number[];
	/** The type of each function, imported ones first. */
	funcTypes: number[];
	imports: number;
	importedFuncs: number;
	funcs: number;
	tables: Table[];
	memories: Memory[];
	globals: Global[];
	exports: { name: string; kind: number; index: number }[];
	/** The index of the start function. */
	start: number | null;
	/** The length of each data segment, in bytes. */
	dataLengths: number[];
	/** The length of each element segment, in entries. */
	elementLengths: number[];
	features: Set<Feature>;
}

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

function readSections(bytes: Uint8Array, module: Module): void {
	if (HEADER.some((byte, i) => bytes[i] !== byte)) throw new MeterError("not a core WebAssembly module");
	const reader = new Reader(bytes, HEADER.length);
	let last = -1;
	while (!reader.done) {
		const id = reader.byte();
		const content = reader.sub(reader.u32());
		if (id === Section.custom) {
			const name = content.name();
			module.customs.push({ name, content: bytes.subarray(content.pos, content.end) });
			continue;
		}
		const rank = SECTION_ORDER.indexOf(id);
		if (rank <= last) throw new MeterError(`section ${id} is unknown or out of order`);
		last = rank;
		module.sections.set(id, bytes.subarray(content.pos, content.end));
	}
}

/** The count and the items of a section that is a vector; none when the section is not there. */
export function items(module: Module, id: number): Items {
	const content = module.sections.get(id);
	if (content === undefined) return { count: 0, bytes: new Uint8Array() };
	const reader = new Reader(content);
	const count = reader.u32();
	return { count, bytes: content.subarray(reader.pos) };
}

function each(module: Module, id: number, item: (reader: Reader) => void): void {
	const content = module.sections.get(id);
	if (content === undefined) return;
	const reader = new Reader(content);
	reader.vec(item);
	if (!reader.done) throw new MeterError(`section ${id} is longer than its items`);
}

/** Steps over a constant expression, and notes when it allocates. */
function constantExpression(reader: Reader, module: Module): void {
	reader.pos = skipConstantExpression(reader.bytes, reader.pos, reader.end, (prefix, sub) => {
		if (prefix === 0xd2) module.references.push(sub);
		if (prefix !== 0xfb) return;
		module.features.add("gc");
		if (sub <= 0x0a) module.features.add("gc-alloc");
	});
}

function field(reader: Reader): void {
	readStorageType(reader);
	reader.byte();
}

/** The signature of a function type that is in a recursive group, has supertypes or names other types. */
export const ANY_TYPE = "*";

function compositeType(form: number, reader: Reader, module: Module, alone: boolean): void {
	if (form === 0x60) {
		const params = reader.vec(readValType);
		const words = `${params.join()}>${reader.vec(readValType).join()}`;
		module.params.push(params.length);
		module.signatures.push(alone && !words.includes("(") ? words : ANY_TYPE);
		module.structFields.push(0);
		return;
	}
	module.params.push(0);
	module.signatures.push("");
	module.features.add("gc");
	if (form === 0x5f) module.structFields.push(reader.vec(field).length);
	else if (form === 0x5e) {
		field(reader);
		module.structFields.push(0);
	} else throw new MeterError(`unsupported type form 0x${form.toString(16)} before offset ${reader.pos}`);
}

function subType(form: number, reader: Reader, module: Module, alone: boolean): void {
	if (form !== 0x50 && form !== 0x4f) return compositeType(form, reader, module, alone);
	reader.vec((supers) => supers.u32());
	compositeType(reader.byte(), reader, module, false);
}

function recursiveType(reader: Reader, module: Module): void {
	const form = reader.byte();
	if (form === 0x4e) reader.vec((group) => subType(group.byte(), group, module, false));
	else subType(form, reader, module, true);
}

function limits(reader: Reader): Limits {
	const flags = reader.byte();
	if (flags & 0x02) throw new MeterError("shared memories are not supported");
	if (flags > 0x07) throw new MeterError(`unsupported limits 0x${flags.toString(16)}`);
	const index64 = (flags & 0x04) !== 0;
	const bound = () => (index64 ? Number(reader.u64()) : reader.u32());
	return { index64, initial: bound(), maximum: flags & 0x01 ? bound() : null };
}

function tableType(reader: Reader, imported: boolean): Table {
	const start = reader.pos;
	const type = readValType(reader);
	const typeBytes = reader.bytes.subarray(start, reader.pos);
	return { imported, type, typeBytes, ...limits(reader) };
}

function table(reader: Reader, module: Module): void {
	const initialised = reader.bytes[reader.pos] === 0x40;
	if (initialised) reader.take(2);
	module.tables.push(tableType(reader, false));
	if (initialised) constantExpression(reader, module);
}

function globalType(reader: Reader, imported: boolean): Global {
	return { imported, type: readValType(reader), mutable: reader.byte() === 0x01 };
}

function tagType(reader: Reader): void {
	reader.byte();
	reader.u32();
}

function importItem(reader: Reader, module: Module): void {
	reader.name();
	reader.name();
	const position = module.imports++;
	const kind = reader.byte();
	if (kind === 0) {
		module.funcTypes.push(reader.u32());
		module.importedFuncs++;
	} else if (kind === 1) module.tables.push(tableType(reader, true));
	else if (kind === 2) module.memories.push({ imported: true, position, ...limits(reader) });
	else if (kind === 3) module.globals.push(globalType(reader, true));
	else if (kind === 4) tagType(reader);
	else throw new MeterError(`unsupported import kind ${kind}`);
}

function global(reader: Reader, module: Module): void {
	module.globals.push(globalType(reader, false));
	constantExpression(reader, module);
}

function exportItem(reader: Reader, module: Module): void {
	module.exports.push({ name: reader.name(), kind: reader.byte(), index: reader.u32() });
}

/** Stepped over for its constant expressions alone: they may allocate. */
function elementSegment(reader: Reader, module: Module): void {
	const flags = reader.u32();
	if (flags > 7) throw new MeterError(`unsupported element segment kind ${flags}`);
	const active = (flags & 1) === 0;
	if (active && flags & 2) reader.u32();
	if (active) constantExpression(reader, module);
	const expressions = (flags & 4) !== 0;
	if ((flags & 3) !== 0) expressions ? readValType(reader) : reader.byte();
	const items = reader.vec(
		expressions ? () => constantExpression(reader, module) : () => module.references.push(reader.u32()),
	);
	module.elementLengths.push(items.length);
}

function dataSegment(reader: Reader, module: Module): void {
	const kind = reader.u32();
	if (kind > 2) throw new MeterError(`unsupported data segment kind ${kind}`);
	if (kind === 2) reader.u32();
	if (kind !== 1) constantExpression(reader, module);
	const length = reader.u32();
	reader.take(length);
	module.dataLengths.push(length);
}

/** Reads a module. Throws a `MeterError` or `BinaryError` on what is malformed or not supported. */
export function readModule(bytes: Uint8Array): Module {
	const module: Module = {
		sections: new Map(),
		customs: [],
		structFields: [],
		params: [],
		signatures: [],
		references: [],
		funcTypes: [],
		imports: 0,
		importedFuncs: 0,
		funcs: 0,
		tables: [],
		memories: [],
		globals: [],
		exports: [],
		start: null,
		dataLengths: [],
		elementLengths: [],
		features: new Set(),
	};
	readSections(bytes, module);
	each(module, Section.type, (reader) => recursiveType(reader, module));
	each(module, Section.import, (reader) => importItem(reader, module));
	each(module, Section.function, (reader) => module.funcTypes.push(reader.u32()));
	module.funcs = module.funcTypes.length;
	each(module, Section.table, (reader) => table(reader, module));
	each(module, Section.memory, (reader) => module.memories.push({ imported: false, ...limits(reader) }));
	each(module, Section.global, (reader) => global(reader, module));
	each(module, Section.export, (reader) => exportItem(reader, module));
	each(module, Section.element, (reader) => elementSegment(reader, module));
	each(module, Section.data, (reader) => dataSegment(reader, module));
	const start = module.sections.get(Section.start);
	if (start !== undefined) module.start = new Reader(start).u32();
	if (module.memories.length > 1) module.features.add("multi-memory");
	if (module.memories.some((memory) => memory.index64)) module.features.add("memory64");
	return module;
}
