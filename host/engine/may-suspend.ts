/**
 * Imports that wait only sometimes. V8 puts the guest's stack aside at every call of a Suspending import, also where there
 * is nothing to wait for: 0.5 us alone, 16 us with 32 guests at once, whose stacks no longer fit V8's pool. So the guest
 * calls a small WebAssembly function instead, which calls JavaScript plainly, and the Suspending `wait` only if
 * that says so.
 */
import { moduleOf, vectorSection, Writer } from "./binary/writer.ts";
import { Suspending } from "./jspi.ts";

/** A host function without results, called plainly: 0 says it is done, 1 that the guest must `wait`. */
export interface Attempt {
	/** `HostFunction.core`. */
	core: string;
	run: (...args: unknown[]) => 0 | 1;
}

const VAL_TYPE: Readonly<Record<string, number>> = { i: 0x7f, I: 0x7e, f: 0x7d, F: 0x7c };

/** Compiled modules by the signatures they serve; there are as many as artifacts use different lists of them. */
const compiled = new Map<string, WebAssembly.Module>();
const CAPACITY = 1000;

/** Can a host function of this signature be attempted? Its result would have nowhere to go. */
export function canAttempt(core: string): boolean {
	return core.endsWith("->");
}

/** The functions that the guest imports, in the order of the attempts. `wait` gives what the last attempt has to wait for. */
export function maySuspend(attempts: readonly Attempt[], wait: () => unknown): WebAssembly.ExportValue[] {
	const imports: WebAssembly.ModuleImports = { wait: new Suspending(wait) };
	for (const [i, { run }] of attempts.entries()) imports[i] = run;
	const { exports } = new WebAssembly.Instance(moduleFor(attempts.map((it) => it.core)), { "": imports });
	return attempts.map((_, i) => exports[i]!);
}

function moduleFor(cores: readonly string[]): WebAssembly.Module {
	const key = cores.join(" ");
	let module = compiled.get(key);
	if (module === undefined) {
		if (compiled.size >= CAPACITY) compiled.clear();
		module = new WebAssembly.Module(moduleBytes(cores.map((core) => core.slice(0, core.indexOf("->")))));
		compiled.set(key, module);
	}
	return module;
}

/** Function `i` is imported as `"" "i"` with the result i32, function `n` as `"" "wait"`, and `n + 1 + i` exported as `i`. */
function moduleBytes(params: readonly string[]): Uint8Array<ArrayBuffer> {
	const n = params.length;
	const type = (out: Writer, letters: string, results: number[]): void => {
		out.byte(0x60).u32(letters.length);
		for (const letter of letters) out.byte(VAL_TYPE[letter]!);
		out.u32(results.length);
		for (const result of results) out.byte(result);
	};
	// Types: attempts, then what the guest sees, then `wait`.
	const types = vectorSection(1, 2 * n + 1, (out, i) =>
		type(out, i < 2 * n ? params[i % n]! : "", i < n ? [0x7f] : []),
	);
	const imports = vectorSection(2, n + 1, (out, i) =>
		out
			.name("")
			.name(i < n ? String(i) : "wait")
			.byte(0)
			.u32(i < n ? i : 2 * n),
	);
	const functions = vectorSection(3, n, (out, i) => out.u32(n + i));
	const exports = vectorSection(7, n, (out, i) =>
		out
			.name(String(i))
			.byte(0)
			.u32(n + 1 + i),
	);
	const code = vectorSection(10, n, (out, i) => {
		const body = new Writer().u32(0);
		for (let local = 0; local < params[i]!.length; local++) body.byte(0x20).u32(local); // local.get
		body.byte(0x10).u32(i); // call the attempt
		body.ops(0x04, 0x40).byte(0x10).u32(n).byte(0x0b); // if it says so, call wait
		out.sized(body.byte(0x0b).view());
	});
	return moduleOf([types, imports, functions, exports, code]);
}
