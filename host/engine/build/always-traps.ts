/** Exported functions of a core module that are nothing but `unreachable`: such stubs stand in for imports that were cut off. */
import type { Reader } from "../binary/reader.ts";
import { coreImports, sectionOf } from "./core-imports.ts";

/** The names of a module's exports that always trap. */
export function stubsOf(module: Uint8Array): ReadonlySet<string> {
	const imported = coreImports(module).filter((it) => it.kind === "func").length;
	const stubs = sectionOf(module, 10)?.vec((r) => isStub(r.take(r.u32()))) ?? [];
	const exports = sectionOf(module, 7)?.vec(exported) ?? [];
	const found = exports.filter(({ kind, index }) => kind === 0 && stubs[index - imported] === true);
	return new Set(found.map(({ name }) => name));
}

/** No locals, `unreachable`, `end`. */
function isStub(body: Uint8Array): boolean {
	return body.length === 3 && body[0] === 0 && body[1] === 0 && body[2] === 0x0b;
}

function exported(r: Reader): { name: string; kind: number; index: number } {
	return { name: r.name(), kind: r.byte(), index: r.u32() };
}
