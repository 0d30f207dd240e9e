/**
 * The preview-1 adapter knows two exit codes, 0 and 1, since `wasi:cli/exit#exit` does. `exit-with-code` (unstable in WASI
 * 0.2, and given by this host) takes them all: a command's `proc_exit` becomes that function, of the same core type.
 */
import { Reader } from "../binary/reader.ts";
import { moduleOf, Writer } from "../binary/writer.ts";
import { type CoreImport, coreImports } from "./core-imports.ts";

const EXIT = { module: "wasi:cli/exit@0.2.12", name: "exit-with-code" };

/** A world for a module that was rewritten. */
export const EXIT_WORLD = {
	world: "exits",
	witSource: `package pilot:preview1;
world exits { import wasi:cli/exit@0.2.12; }
package wasi:cli@0.2.12 { interface exit { exit-with-code: func(status-code: u8); } }`,
};

/** The module with its exits renamed, or null if it has none. */
export function withExitCode(module: Uint8Array, preview1: string): Uint8Array | null {
	const isExit = (it: CoreImport): boolean => it.module === preview1 && it.name === "proc_exit" && it.kind === "func";
	const imports = coreImports(module);
	if (!imports.some(isExit)) return null;
	const content = new Writer().u32(imports.length);
	for (const it of imports) {
		const { module: namespace, name } = isExit(it) ? EXIT : it;
		content.name(namespace).name(name).put(it.description);
	}
	return replaced(module, 2, content.view());
}

/** The module with another content for one of its sections. */
function replaced(module: Uint8Array, wanted: number, content: Uint8Array): Uint8Array {
	const r = new Reader(module, 8);
	const sections: Uint8Array[] = [];
	while (!r.done) {
		const start = r.pos;
		const id = r.byte();
		r.take(r.u32());
		sections.push(id === wanted ? new Writer().section(id, content).done() : module.subarray(start, r.pos));
	}
	return moduleOf(sections);
}
