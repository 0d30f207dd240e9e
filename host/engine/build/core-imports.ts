/** The imports of a core module, in order (core specification, section 5.5.5). */
import { Reader } from "../binary/reader.ts";

export type CoreKind = "func" | "table" | "memory" | "global" | "tag";

export interface CoreImport {
	module: string;
	name: string;
	kind: CoreKind;
	/** What is imported, as the binary has it: kind and type. */
	description: Uint8Array;
}

const KINDS: readonly CoreKind[] = ["func", "table", "memory", "global", "tag"];

export function coreImports(bytes: Uint8Array): CoreImport[] {
	const section = sectionOf(bytes, 2);
	return section === null ? [] : section.vec(coreImport);
}

/** The contents of a module's section, by its id; null if it has none. */
export function sectionOf(bytes: Uint8Array, wanted: number): Reader | null {
	const r = new Reader(bytes, 8);
	while (!r.done) {
		const id = r.byte();
		const section = r.sub(r.u32());
		if (id === wanted) return section;
	}
	return null;
}

function coreImport(r: Reader): CoreImport {
	const module = r.name();
	const name = r.name();
	const start = r.pos;
	const kind = KINDS[r.byte()] ?? r.fail("unknown kind of import");
	skipType(r, kind);
	return { module, name, kind, description: r.bytes.subarray(start, r.pos) };
}

function skipType(r: Reader, kind: CoreKind): void {
	if (kind === "func") r.u32();
	else if (kind === "table") {
		skipReference(r);
		skipLimits(r);
	} else if (kind === "memory") skipLimits(r);
	else if (kind === "global") {
		skipReference(r);
		r.byte();
	} else {
		r.byte();
		r.u32();
	}
}

/** A value type: one byte, or a reference to a heap type that follows. */
function skipReference(r: Reader): void {
	const type = r.byte();
	if (type === 0x63 || type === 0x64) r.s33();
}

function skipLimits(r: Reader): void {
	const flags = r.byte();
	r.u64();
	if (flags & 1) r.u64();
	if (flags & 8) r.u32();
}
