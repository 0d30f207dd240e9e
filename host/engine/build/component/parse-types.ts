/** Types, aliases and descriptions in a component binary (component model, Binary.md, "Type Definitions"). */
import type { Reader } from "../../binary/reader.ts";
import type { Alias, CoreSort, Decl, DefType, ExternDesc, Primitive, Sort, SortIndex, TypeRef } from "./ast.ts";
import { skipCoreType } from "./core-types.ts";

const PRIMITIVES: Readonly<Record<number, Primitive>> = {
	127: "bool",
	126: "s8",
	125: "u8",
	124: "s16",
	123: "u16",
	122: "s32",
	121: "u32",
	120: "s64",
	119: "u64",
	118: "f32",
	117: "f64",
	116: "char",
	115: "string",
	100: "error-context",
};

const CORE_SORTS: Readonly<Record<number, CoreSort>> = {
	0: "func",
	1: "table",
	2: "memory",
	3: "global",
	4: "tag",
	16: "type",
	17: "module",
	18: "instance",
};
const SORTS: Readonly<Record<number, Sort>> = { 1: "func", 2: "value", 3: "type", 4: "component", 5: "instance" };

export function coreSort(r: Reader): CoreSort {
	return CORE_SORTS[r.byte()] ?? r.fail("unknown core sort");
}

/** A sort: a core one behind a 0 byte, or a component one. */
export function sort(r: Reader): { core: true; sort: CoreSort } | { core: false; sort: Sort } {
	const code = r.byte();
	if (code === 0) return { core: true, sort: coreSort(r) };
	return { core: false, sort: SORTS[code] ?? r.fail("unknown sort") };
}

export function sortIndex(r: Reader): SortIndex {
	const found = sort(r);
	return { ...found, index: r.u32() } as SortIndex;
}

/** An import's or export's name, behind a byte that says its form. */
export function externName(r: Reader): string {
	const form = r.byte();
	if (form > 1) r.fail("unknown form of an import or export name");
	return r.name();
}

function typeRef(r: Reader): TypeRef {
	const value = r.s33();
	if (value >= 0) return value;
	return PRIMITIVES[value + 128] ?? r.fail("unknown primitive type");
}

function optional(r: Reader): TypeRef | null {
	const flag = r.byte();
	if (flag > 1) r.fail("malformed option");
	return flag === 1 ? typeRef(r) : null;
}

function labelled(r: Reader): [string, TypeRef] {
	return [r.name(), typeRef(r)];
}

function variantCase(r: Reader): [string, TypeRef | null] {
	const label = r.name();
	const type = optional(r);
	if (r.byte() !== 0) r.fail("refinement of a variant case");
	return [label, type];
}

function funcType(r: Reader, async: boolean): DefType {
	const params = r.vec(labelled);
	if (r.byte() === 0) return { is: "func", async, params, result: typeRef(r) };
	if (r.byte() !== 0) r.fail("named results");
	return { is: "func", async, params, result: null };
}

function resourceType(r: Reader): DefType {
	if (r.byte() !== 0x7f) r.fail("a resource that is not represented as i32");
	return { is: "resource", destructor: r.byte() === 1 ? r.u32() : null };
}

type Parser = (r: Reader) => DefType;
const TYPES: Readonly<Record<number, Parser>> = {
	114: (r) => ({ is: "record", fields: r.vec(labelled) }),
	113: (r) => ({ is: "variant", cases: r.vec(variantCase) }),
	112: (r) => ({ is: "list", element: typeRef(r), length: null }),
	111: (r) => ({ is: "tuple", elements: r.vec(typeRef) }),
	110: (r) => ({ is: "flags", labels: r.vec((it) => it.name()) }),
	109: (r) => ({ is: "enum", labels: r.vec((it) => it.name()) }),
	107: (r) => ({ is: "option", element: typeRef(r) }),
	106: (r) => ({ is: "result", ok: optional(r), err: optional(r) }),
	105: (r) => ({ is: "own", resource: r.u32() }),
	104: (r) => ({ is: "borrow", resource: r.u32() }),
	103: (r) => ({ is: "list", element: typeRef(r), length: r.u32() }),
	102: (r) => ({ is: "stream", element: optional(r) }),
	101: (r) => ({ is: "future", element: optional(r) }),
	67: (r) => funcType(r, true),
	66: (r) => ({ is: "instance", decls: r.vec(decl) }),
	65: (r) => ({ is: "component", decls: r.vec(decl) }),
	64: (r) => funcType(r, false),
	63: resourceType,
};

/** How deep types may nest in types. Deeper is refused before it can exhaust the stack. */
const MAX_DEPTH = 100;
let depth = 0;

export function defType(r: Reader): DefType {
	const code = r.byte();
	const primitive = PRIMITIVES[code];
	if (primitive !== undefined) return { is: "primitive", primitive };
	const parser = TYPES[code];
	if (parser === undefined) r.fail(`unknown type 0x${code.toString(16)}`);
	depth++;
	try {
		if (depth > MAX_DEPTH) r.fail("types nested too deep");
		return parser!(r);
	} finally {
		depth--;
	}
}

export function alias(r: Reader): Alias {
	const found = sort(r);
	const target = r.byte();
	if (target === 0 && !found.core) return { is: "export", sort: found.sort, instance: r.u32(), name: r.name() };
	if (target === 1 && found.core) return { is: "core export", sort: found.sort, instance: r.u32(), name: r.name() };
	if (target === 2) return { is: "outer", core: found.core, sort: found.sort, count: r.u32(), index: r.u32() };
	return r.fail("malformed alias");
}

export function externDesc(r: Reader): ExternDesc {
	const code = r.byte();
	switch (code) {
		case 0:
			if (r.byte() !== 0x11) r.fail("malformed description");
			r.u32();
			return { is: "module" };
		case 1:
			return { is: "func", type: r.u32() };
		case 3: {
			const bound = r.byte();
			if (bound > 1) r.fail("malformed type bound");
			return { is: "type", eq: bound === 0 ? r.u32() : null };
		}
		case 4:
			return { is: "component", type: r.u32() };
		case 5:
			return { is: "instance", type: r.u32() };
		default:
			return r.fail("unknown description of an import or export");
	}
}

function decl(r: Reader): Decl {
	switch (r.byte()) {
		case 0:
			skipCoreType(r);
			return { is: "core type" };
		case 1:
			return { is: "type", type: defType(r) };
		case 2:
			return { is: "alias", alias: alias(r) };
		case 3:
			return { is: "import", name: externName(r), desc: externDesc(r) };
		case 4:
			return { is: "export", name: externName(r), desc: externDesc(r) };
		default:
			return r.fail("unknown declaration");
	}
}
