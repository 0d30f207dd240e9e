/**
 * Core types within a component (component model, Binary.md, `core:type`; core specification, section 5.3). They describe
 * modules, which no host gives and no plan needs: they are only read past.
 */
import type { Reader } from "../../binary/reader.ts";

const MODULE = 0x50;
const REC = 0x4e;
const SUB = 0x50;
const SUB_FINAL = 0x4f;
const FUNC = 0x60;
const STRUCT = 0x5f;
const ARRAY = 0x5e;

/** Reads past one core type: a module type, or a group of types of core modules. */
export function skipCoreType(r: Reader): void {
	const code = r.byte();
	if (code === MODULE) r.vec(moduleDecl);
	// A sub type that is not final begins as a module type does: a 0 before it tells them apart.
	else if (code === 0) subType(r, r.byte());
	else if (code === REC) r.vec((it) => subType(it, it.byte()));
	else subType(r, code);
}

function moduleDecl(r: Reader): void {
	const code = r.byte();
	if (code === 0) {
		r.name();
		r.name();
		externType(r);
	} else if (code === 1) plainType(r);
	else if (code === 2) {
		r.byte();
		if (r.byte() !== 1) r.fail("an alias in a module type that is not outer");
		r.u32();
		r.u32();
	} else if (code === 3) {
		r.name();
		externType(r);
	} else r.fail("unknown declaration of a module type");
}

/** As `skipCoreType`, but for module types: they do not nest. */
function plainType(r: Reader): void {
	const code = r.byte();
	if (code === REC) r.vec((it) => subType(it, it.byte()));
	else subType(r, code === 0 ? r.byte() : code);
}

function subType(r: Reader, code: number): void {
	if (code === SUB || code === SUB_FINAL) {
		r.vec((it) => it.u32());
		compositeType(r, r.byte());
	} else compositeType(r, code);
}

function compositeType(r: Reader, code: number): void {
	if (code === FUNC) {
		r.vec(valueType);
		r.vec(valueType);
	} else if (code === STRUCT) r.vec(fieldType);
	else if (code === ARRAY) fieldType(r);
	else r.fail("unknown core type");
}

function fieldType(r: Reader): void {
	valueType(r);
	r.byte();
}

/** One byte, or a reference to a heap type that follows. */
function valueType(r: Reader): void {
	const type = r.byte();
	if (type === 0x63 || type === 0x64) r.s33();
}

/** What a module imports or exports: a function, table, memory, global or tag. */
function externType(r: Reader): void {
	const kind = r.byte();
	if (kind === 0) r.u32();
	else if (kind === 1) {
		valueType(r);
		limits(r);
	} else if (kind === 2) limits(r);
	else if (kind === 3) {
		valueType(r);
		r.byte();
	} else if (kind === 4) {
		r.byte();
		r.u32();
	} else r.fail("unknown kind of import or export");
}

function limits(r: Reader): void {
	const flags = r.byte();
	r.u64();
	if (flags & 1) r.u64();
	if (flags & 8) r.u32();
}
