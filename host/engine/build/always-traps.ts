/** Is an exported function of a core module nothing but `unreachable`? Such stubs stand in for imports that were cut off. */
import type { Reader } from "../binary/reader.ts";
import { coreImports, sectionOf } from "./core-imports.ts";

export function alwaysTraps(module: Uint8Array, name: string): boolean {
	const index = exportedFunc(module, name);
	if (index === null) return false;
	const imported = coreImports(module).filter((it) => it.kind === "func").length;
	const code = sectionOf(module, 10);
	if (code === null || index < imported) return false;
	const bodies = code.vec((r) => r.take(r.u32()));
	const body = bodies[index - imported];
	// No locals, `unreachable`, `end`.
	return body !== undefined && body.length === 3 && body[0] === 0 && body[1] === 0 && body[2] === 0x0b;
}

function exportedFunc(module: Uint8Array, name: string): number | null {
	const found = sectionOf(module, 7)
		?.vec(exported)
		.find((it) => it.name === name && it.kind === 0);
	return found?.index ?? null;
}

function exported(r: Reader): { name: string; kind: number; index: number } {
	return { name: r.name(), kind: r.byte(), index: r.u32() };
}
