/**
 * Small WebAssembly functions between a guest and what it imports, one module of them an instance.
 *
 * **Attempts** are imports that wait only sometimes. V8 puts the guest's stack aside at every call of a Suspending import, also
 * where there is nothing to wait for: 0.5 us alone, 16 us with 32 guests at once, whose stacks no longer fit V8's pool. So the guest
 * calls a function here, which calls JavaScript plainly, and the Suspending `wait` only if that says so.
 *
 * **Forwards** call what a table holds: functions of core instances that do not exist yet when their caller is made. No
 * JavaScript lies between the two, so that the callee may be put aside.
 */
import { moduleOf, vectorSection, Writer } from "./binary/writer.ts";
import { Suspending } from "./jspi.ts";

export interface GlueFunction {
	is: "attempt" | "forward";
	/** `HostFunction.core`. */
	core: string;
}

/** A host function without results, called plainly: 0 says it is done, 1 that the guest must `wait`. */
export type Attempt = (...args: unknown[]) => 0 | 1;

export interface Glue {
	/** What the guest imports, in the order of the functions. */
	functions: WebAssembly.ExportValue[];
	/** Gives the forwards, in their order among themselves, something to call. Until then they trap. */
	forward(index: number, to: WebAssembly.ExportValue): void;
}

const VAL_TYPE: Readonly<Record<string, number>> = { i: 0x7f, I: 0x7e, f: 0x7d, F: 0x7c };

/** Can a host function of this signature be attempted? Its result would have nowhere to go. */
export function canAttempt(core: string): boolean {
	return core.endsWith("->");
}

/** Compiled modules by the functions they have; there are as many as artifacts use different lists of them. */
const compiled = new Map<string, WebAssembly.Module>();
const CAPACITY = 1000;

export function glueModule(functions: readonly GlueFunction[]): WebAssembly.Module {
	const key = functions.map((it) => `${it.is} ${it.core}`).join();
	let module = compiled.get(key);
	if (module === undefined) {
		if (compiled.size >= CAPACITY) compiled.clear();
		module = new WebAssembly.Module(moduleBytes(functions));
		compiled.set(key, module);
	}
	return module;
}

/** `attempts` are in their order among themselves. `wait` gives what the last of them has to wait for. */
export function instantiateGlue(module: WebAssembly.Module, attempts: readonly Attempt[], wait: () => unknown): Glue {
	const imports = [new Suspending(wait), ...attempts] as unknown as WebAssembly.ModuleImports;
	const { exports } = new WebAssembly.Instance(module, [imports] as unknown as WebAssembly.Imports);
	const functions = exports as unknown as WebAssembly.ExportValue[];
	return {
		functions,
		forward: (index, to) => (exports.table as WebAssembly.Table).set(index, to),
	};
}

/**
 * Types: two for each function (what the guest sees, and the attempt), then that of `wait`. Imports: `"0" "0"` is `wait`, attempts
 * follow. Function `i` is exported as `i`: V8 finds what is numbered faster than what is named. A table has a place for each forward.
 */
function moduleBytes(functions: readonly GlueFunction[]): Uint8Array<ArrayBuffer> {
	const n = functions.length;
	const attempts = [...functions.keys()].filter((i) => functions[i]!.is === "attempt");
	const forwards = [...functions.keys()].filter((i) => functions[i]!.is === "forward");
	const imported = attempts.length + 1;
	const types = vectorSection(1, 2 * n + 1, (out, i) => {
		const [params = "", results = ""] = i === 2 * n ? [] : functions[i >> 1]!.core.split("->");
		out.byte(0x60);
		for (const letters of [params, i % 2 === 1 ? "i" : results]) {
			out.u32(letters.length);
			for (const letter of letters) out.byte(VAL_TYPE[letter]!);
		}
	});
	const imports = vectorSection(2, imported, (out, i) =>
		out
			.name("0")
			.name(String(i))
			.byte(0)
			.u32(i === 0 ? 2 * n : 2 * attempts[i - 1]! + 1),
	);
	const defined = vectorSection(3, n, (out, i) => out.u32(2 * i));
	const tables = vectorSection(4, 1, (out) => out.ops(0x70, 1).u32(forwards.length).u32(forwards.length));
	const exports = vectorSection(7, n + 1, (out, i) => {
		if (i === n) out.name("table").byte(1).u32(0);
		else
			out
				.name(String(i))
				.byte(0)
				.u32(imported + i);
	});
	const code = vectorSection(10, n, (out, i) => {
		const { is, core } = functions[i]!;
		const body = new Writer().u32(0);
		for (let local = 0; local < core.indexOf("->"); local++) body.byte(0x20).u32(local); // local.get
		if (is === "attempt") {
			body.byte(0x10).u32(attempts.indexOf(i) + 1); // call the attempt
			body.ops(0x04, 0x40, 0x10, 0, 0x0b); // if it says so, call wait
		} else {
			body
				.byte(0x41)
				.s32(forwards.indexOf(i))
				.byte(0x11)
				.u32(2 * i)
				.u32(0); // call_indirect
		}
		out.sized(body.byte(0x0b).view());
	});
	return moduleOf([types, imports, defined, tables, exports, code]);
}
