/** Core modules whose instances do nothing by themselves: where nobody refers to one, nobody misses it. */
import type { Reader } from "../binary/reader.ts";
import { coreImports, sectionOf } from "./core-imports.ts";

const [START, ELEMENTS, CODE, DATA, EXPORTS] = [8, 9, 10, 11, 7];

/**
 * What the instantiation of a valid module runs: nothing (null), or the import that its start function is. Undefined if it does more:
 * it fills memories or tables, or starts a function of its own that is not empty.
 */
export function startsWith(bytes: Uint8Array): { module: string; name: string } | null | undefined {
	if (vectorIsFilled(bytes, ELEMENTS) || vectorIsFilled(bytes, DATA)) return undefined;
	const start = sectionOf(bytes, START)?.u32();
	if (start === undefined) return null;
	const imports = coreImports(bytes).filter((it) => it.kind === "func");
	const imported = imports[start];
	if (imported !== undefined) return { module: imported.module, name: imported.name };
	return isEmpty(bodies(bytes)[start - imports.length]) ? null : undefined;
}

/** Is an exported function of a valid module empty? */
export function exportsEmpty(bytes: Uint8Array, name: string): boolean {
	const imported = coreImports(bytes).filter((it) => it.kind === "func").length;
	const exports = sectionOf(bytes, EXPORTS)?.vec((r) => ({ name: r.name(), kind: r.byte(), index: r.u32() })) ?? [];
	const found = exports.find((it) => it.name === name && it.kind === 0);
	return found !== undefined && isEmpty(bodies(bytes)[found.index - imported]);
}

function vectorIsFilled(bytes: Uint8Array, section: number): boolean {
	return (sectionOf(bytes, section)?.u32() ?? 0) > 0;
}

function bodies(bytes: Uint8Array): Uint8Array[] {
	return sectionOf(bytes, CODE)?.vec((r: Reader) => r.take(r.u32())) ?? [];
}

/** No locals, `end`. */
function isEmpty(body: Uint8Array | undefined): boolean {
	return body?.length === 2 && body[0] === 0 && body[1] === 0x0b;
}
