/**
 * Makes WebAssembly functions of JavaScript functions. A table takes only the former; so a small module imports the
 * JavaScript functions and exports them again, through a function of its own for each.
 */
import { Writer } from "./binary/writer.ts";

const VAL_TYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, externref: 0x6f, funcref: 0x70 } as const;
export type ValType = keyof typeof VAL_TYPE;

export interface HostFunction {
	/** A JavaScript function, a WebAssembly function, or a `WebAssembly.Suspending`. */
	fn: WebAssembly.ImportValue;
	params: readonly ValType[];
	results: readonly ValType[];
}

type Signature = Pick<HostFunction, "params" | "results">;

/** Compiled trampolines by their signatures; there are as many as the engine has lists of host functions. */
const compiled = new Map<string, WebAssembly.Module>();

function section(id: number, count: number, write: (out: Writer, index: number) => void): Uint8Array {
	const content = new Writer().u32(count);
	for (let i = 0; i < count; i++) write(content, i);
	return new Writer().section(id, content.view()).done();
}

/** Function `i` is imported as `"" "i"`, and function `n + i`, which calls it, is exported as `i`. */
function trampolineModule(signatures: readonly Signature[]): Uint8Array<ArrayBuffer> {
	const n = signatures.length;
	const types = section(1, n, (out, i) => {
		const { params, results } = signatures[i]!;
		out.byte(0x60);
		for (const list of [params, results]) {
			out.u32(list.length);
			for (const type of list) out.byte(VAL_TYPE[type]);
		}
	});
	const imports = section(2, n, (out, i) => out.name("").name(String(i)).byte(0).u32(i));
	const functions = section(3, n, (out, i) => out.u32(i));
	const exports = section(7, n, (out, i) =>
		out
			.name(String(i))
			.byte(0)
			.u32(n + i),
	);
	const code = section(10, n, (out, i) => {
		const body = new Writer().u32(0);
		for (let local = 0; local < signatures[i]!.params.length; local++) body.byte(0x20).u32(local); // local.get
		out.sized(body.byte(0x10).u32(i).byte(0x0b).view()); // call, end
	});
	const out = new Writer().ops(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
	for (const part of [types, imports, functions, exports, code]) out.put(part);
	return new Uint8Array(out.done());
}

function compile(signatures: readonly Signature[]): WebAssembly.Module {
	const key = signatures.map(({ params, results }) => `${params}>${results}`).join(";");
	let module = compiled.get(key);
	if (module === undefined) {
		module = new WebAssembly.Module(trampolineModule(signatures));
		compiled.set(key, module);
	}
	return module;
}

/** A WebAssembly function for each host function, in the same order: for `Table.set`. */
export function asFuncrefs(functions: readonly HostFunction[]): WebAssembly.ExportValue[] {
	const imports = Object.fromEntries(functions.map(({ fn }, i) => [i, fn]));
	const { exports } = new WebAssembly.Instance(compile(functions), { "": imports });
	return functions.map((_, i) => exports[i]!);
}
