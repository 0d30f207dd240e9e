/**
 * Core modules that only pass calls on, read whole: functions of numbers, tables of functions, elements, and code that is looked at
 * as bytes. Anything else that a module may have (memories, globals, tags, data, vectors and references) makes it another kind of
 * module: null.
 */
import { BinaryError, Reader } from "../binary/reader.ts";
import { type CoreImport, coreImports } from "./core-imports.ts";

export interface SimpleModule {
	/** Signatures as `HostFunction.core` writes them: `ii->i`. */
	types: readonly string[];
	imports: readonly CoreImport[];
	/** Signatures of all functions, imported ones first. */
	functions: readonly string[];
	/** How many of the functions are imported. */
	imported: number;
	/** Entries of each table that it defines. */
	tables: readonly number[];
	exports: readonly { name: string; kind: number; index: number }[];
	start: number | null;
	elements: readonly Elements[];
	/** Bodies of the functions that it defines. */
	bodies: readonly Uint8Array[];
}

/** An active segment of functions. */
export interface Elements {
	table: number;
	/** The offset, where it is a constant. */
	at: number | null;
	/** The expression that gives the offset, as it came. */
	offset: Uint8Array;
	functions: readonly number[];
}

/** Modules that pass calls on are small: ten thousand functions have 600 KB. bytes. */
const MAX_SIZE = 2 ** 20;

const CUSTOM = 0;
const [TYPES, IMPORTS, FUNCTIONS, TABLES, EXPORTS, START, ELEMENTS, CODE, DATA, DATA_COUNT] = [
	1, 2, 3, 4, 7, 8, 9, 10, 11, 12,
];
const LETTERS: Readonly<Record<number, string>> = { 127: "i", 126: "I", 125: "f", 124: "F" };
const FUNCREF = 0x70;
const [I32_CONST, GLOBAL_GET, END] = [0x41, 0x23, 0x0b];

/** The module has something else. */
class NotSimple extends Error {}

/** `bytes` are of a valid module. */
export function readSimple(bytes: Uint8Array): SimpleModule | null {
	if (bytes.length > MAX_SIZE) return null;
	try {
		return read(bytes);
	} catch (error) {
		if (error instanceof NotSimple || error instanceof BinaryError) return null;
		throw error;
	}
}

function read(bytes: Uint8Array): SimpleModule {
	const sections = new Map<number, Reader>();
	const r = new Reader(bytes, 8);
	while (!r.done) {
		const id = r.byte();
		const section = r.sub(r.u32());
		if (id !== CUSTOM) sections.set(id, section);
	}
	const take = <T>(id: number, item: (reader: Reader) => T): T[] => {
		const found = sections.get(id)?.vec(item) ?? [];
		sections.delete(id);
		return found;
	};
	const types = take(TYPES, signature);
	const typeOf = (index: number): string => types[index] ?? otherwise();
	const imports = coreImports(bytes);
	sections.delete(IMPORTS);
	const importTypes = imports
		.filter((it) => it.kind === "func")
		.map((it) => typeOf(new Reader(it.description, 1).u32()));
	const simple: SimpleModule = {
		types,
		imports,
		functions: [...importTypes, ...take(FUNCTIONS, (it) => typeOf(it.u32()))],
		imported: importTypes.length,
		tables: take(TABLES, table),
		exports: take(EXPORTS, (it) => ({ name: it.name(), kind: it.byte(), index: it.u32() })),
		start: sections.get(START)?.u32() ?? null,
		elements: take(ELEMENTS, elements),
		bodies: take(CODE, (it) => it.take(it.u32())),
	};
	take(DATA, noData);
	for (const id of [START, DATA_COUNT]) sections.delete(id);
	// What is left may be there as long as nothing is in it.
	for (const section of sections.values()) if (section.u32() !== 0) otherwise();
	return simple;
}

function otherwise(): never {
	throw new NotSimple();
}

function signature(r: Reader): string {
	if (r.byte() !== 0x60) otherwise();
	const letters = (): string => r.vec((it) => LETTERS[it.byte()] ?? otherwise()).join("");
	return `${letters()}->${letters()}`;
}

function table(r: Reader): number {
	if (r.byte() !== FUNCREF) otherwise();
	const flags = r.byte();
	if (flags > 1) otherwise();
	const initial = r.u32();
	if (flags === 1) r.u32();
	return initial;
}

function elements(r: Reader): Elements {
	const flags = r.u32();
	if (flags !== 0 && flags !== 2) otherwise();
	const into = flags === 2 ? r.u32() : 0;
	const start = r.pos;
	const op = r.byte();
	const at = op === I32_CONST ? r.s32() >>> 0 : null;
	if (at === null && (op !== GLOBAL_GET || r.u32() < 0)) otherwise();
	if (r.byte() !== END) otherwise();
	const offset = r.bytes.subarray(start, r.pos);
	if (flags === 2 && r.byte() !== 0) otherwise();
	return { table: into, at, offset, functions: r.vec((it) => it.u32()) };
}

/** An empty segment that nothing has put anywhere. */
function noData(r: Reader): void {
	if (r.u32() !== 1 || r.u32() !== 0) otherwise();
}
