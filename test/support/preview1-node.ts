/** Runs a preview-1 command under `node:wasi`, in a process of its own: `node preview1-node.ts PROGRAM GUEST=HOST NAME=VALUE…`. */
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [program, preopen, ...variables] = process.argv.slice(2) as [string, string, ...string[]];
const split = (text: string): [string, string] => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)];
const wasi = new WASI({
	version: "preview1",
	args: ["function"],
	env: Object.fromEntries(variables.map(split)),
	preopens: Object.fromEntries([split(preopen)]),
});
const module = new WebAssembly.Module(readFileSync(program));
const instance = new WebAssembly.Instance(module, wasi.getImportObject() as WebAssembly.Imports);
/** A shell's word for what was aborted. */
const TRAPPED = 134;
try {
	process.exitCode = wasi.start(instance);
} catch (error) {
	if (!(error instanceof WebAssembly.RuntimeError)) throw error;
	process.exitCode = TRAPPED;
}
