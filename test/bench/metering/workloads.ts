/** The workloads: real programs in C (`workloads/*.c`), each built to a module that exports `run(n)`. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** How often each does its work in one run: enough for about 20 ms. */
const TIMES: Readonly<Record<string, number>> = {
	base64: 60,
	bigint: 500,
	bytecode: 60,
	chacha: 180,
	crc32: 1300,
	dijkstra: 110,
	floats: 4500,
	hashtable: 130,
	huffman: 160,
	json: 250,
	levenshtein: 500,
	life: 460,
	lisp: 70,
	lz: 23,
	mandelbrot: 11,
	markdown: 200,
	matrix: 105,
	nbody: 300,
	queens: 1200,
	raytracer: 210,
	redblack: 65,
	regex: 60,
	sha256: 1100,
	sort: 45,
	strings: 150,
	utf8: 115,
};

export interface Workload {
	name: string;
	path: string;
	bytes: Uint8Array<ArrayBuffer>;
	times: number;
}

export function workloads(only: readonly string[] = []): Workload[] {
	const names = Object.keys(TIMES).filter((name) => only.length === 0 || only.includes(name));
	return names.map((name) => {
		const path = fileURLToPath(new URL(`workloads/${name}.wasm`, import.meta.url));
		return { name, path, bytes: new Uint8Array(readFileSync(path)), times: TIMES[name]! };
	});
}

/** What `timed` imports; nothing asks for the time where the host measures. */
export const IMPORTS: WebAssembly.Imports = { wasi_snapshot_preview1: { clock_time_get: () => 0 } };

/** The workload's `run`, of an instance that is initialised. */
export function runOf(exports: WebAssembly.Exports): (times: number) => number {
	(exports._initialize as (() => void) | undefined)?.();
	return exports.run as (times: number) => number;
}
