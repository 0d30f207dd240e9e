/**
 * Makes WebAssembly functions of JavaScript functions. A table takes only the former; so a small module imports the
 * JavaScript functions and exports them again, through a function of its own for each.
 */
import { moduleOf, vectorSection, Writer } from "./binary/writer.ts";

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

/** Function `i` is imported as `"" "i"`, and function `n + i`, which calls it, is exported as `i`. */
function trampolineModule(signatures: readonly Signature[]): Uint8Array<ArrayBuffer> {
	const n = signatures.length;
	const types = vectorSection(1, n, (out, i) => {
		const { params, results } = signatures[i]!;
		out.byte(0x60);
		for (const list of [params, results]) {
			out.u32(list.length);
			for (const type of list) out.byte(VAL_TYPE[type]);
		}
	});
	const imports = vectorSection(2, n, (out, i) => out.name("").name(String(i)).byte(0).u32(i));
	const functions = vectorSection(3, n, (out, i) => out.u32(i));
	const exports = vectorSection(7, n, (out, i) =>
		out
			.name(String(i))
			.byte(0)
			.u32(n + i),
	);
	const code = vectorSection(10, n, (out, i) => {
		const body = new Writer().u32(0);
		for (let local = 0; local < signatures[i]!.params.length; local++) body.byte(0x20).u32(local); // local.get
		out.sized(body.byte(0x10).u32(i).byte(0x0b).view()); // call, end
	});
	return moduleOf([types, imports, functions, exports, code]);
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
