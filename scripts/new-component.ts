/** Makes a component of a core module that says its world itself: `node scripts/new-component.ts IN.wasm OUT.wasm`. */
import { readFile, writeFile } from "node:fs/promises";
import { componentNew, preview1AdapterReactorPath } from "@bytecodealliance/jco";

const PREVIEW1 = "wasi_snapshot_preview1";

const [input, output] = process.argv.slice(2);
if (input === undefined || output === undefined) throw new Error("usage: new-component.ts IN.wasm OUT.wasm");
const core = await readFile(input);
// An adapter that is not needed would still raise the versions of what the module imports to its own.
const needed = WebAssembly.Module.imports(new WebAssembly.Module(core)).some(({ module }) => module === PREVIEW1);
const adapters: [string, Uint8Array][] = needed ? [[PREVIEW1, await readFile(preview1AdapterReactorPath())]] : [];
await writeFile(output, await componentNew(core, adapters));
