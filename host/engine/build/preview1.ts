/** A WASI preview-1 core module, wrapped into a component by wasm-tools with the preview-1 adapter (both come with jco). */
import { readFile } from "node:fs/promises";
import { Reader } from "../binary/reader.ts";
import { AdmissionError } from "../types.ts";
import { coreImports, sectionOf } from "./core-imports.ts";
import { EXIT_WORLD, withExitCode } from "./exit-code.ts";
import { refusal } from "./validate.ts";

const PREVIEW1 = "wasi_snapshot_preview1";

/** Wraps a core module. Throws AdmissionError if it is no preview-1 module. */
export async function wrapPreview1(module: Uint8Array): Promise<Uint8Array> {
	if (!WebAssembly.validate(module as BufferSource)) {
		throw new AdmissionError(
			"The code cannot be a function: it is a core module that is not valid WebAssembly, or is cut off.",
		);
	}
	const described = hasComponentType(module);
	checkModule(module, described);
	const jco = await import("@bytecodealliance/jco");
	const adapter = await readFile(described ? jco.preview1AdapterReactorPath() : jco.preview1AdapterCommandPath());
	const exiting = described ? null : withExitCode(module, PREVIEW1);
	try {
		const binary = exiting === null ? module : await jco.componentEmbed({ binary: exiting, ...EXIT_WORLD });
		return await jco.componentNew(binary, [[PREVIEW1, adapter]]);
	} catch (error) {
		throw refusal("The core module cannot be wrapped into a component", error);
	}
}

/** `wit-bindgen` leaves the component's type in a custom section: such a module becomes what it describes. */
function hasComponentType(module: Uint8Array): boolean {
	return customSections(module).some((name) => name.startsWith("component-type"));
}

/** The names of a module's custom sections. */
function customSections(module: Uint8Array): string[] {
	const names: string[] = [];
	const r = new Reader(module, 8);
	while (!r.done) {
		const id = r.byte();
		const section = r.sub(r.u32());
		if (id === 0) names.push(section.name());
	}
	return names;
}

/**
 * Go's runtime takes all memory from its data's end on for its own, and what it grows for what follows; the adapter's state
 * lies in between. Such programs work until they do not: under wasmtime, too, once they are wrapped.
 */
function isGoCommand(module: Uint8Array): boolean {
	return customSections(module).some((name) => name === "go:buildid" || name === "go.buildid");
}

function checkModule(module: Uint8Array, described: boolean): void {
	if (described) return;
	const unknown = coreImports(module).filter((it) => it.module !== PREVIEW1);
	if (unknown.length > 0) {
		const list = unknown.slice(0, 5).map((it) => `${it.module}#${it.name}`);
		throw new AdmissionError(
			`The code cannot be a function: it is a core module that imports ${list.join(", ")}. Expected imports of ${PREVIEW1} only, or a component.`,
		);
	}
	const names = sectionOf(module, 7)?.vec((r) => [r.name(), r.byte(), r.u32()] as const) ?? [];
	if (!names.some(([name, kind]) => name === "_start" && kind === 0)) throw new AdmissionError(NO_START);
	if (isGoCommand(module)) throw new AdmissionError(GO_COMMAND);
}

const NO_START =
	"The code cannot be a function: it is a core module without a _start function. Expected a WASI preview-1 command, or a component.";
const GO_COMMAND =
	"The code cannot be a function: it is a Go command, whose runtime would overwrite what the preview-1 adapter keeps in its memory. Expected a component made of -buildmode=c-shared (docs/guides/languages.md).";
