/**
 * The two modules by which wit-component breaks a circle: a host function is lowered with the guest's memory, and so after the
 * guest was instantiated, which imports the function. The guest imports it from a **shim**, whose functions call what its table
 * will hold; a **fixup** that is instantiated last puts it there. Both are known by what they consist of, whatever they are called.
 */
import { Reader } from "../binary/reader.ts";
import type { SimpleModule } from "./simple-module.ts";

export interface Shim {
	/** Entries of its table. */
	size: number;
	tables: ReadonlySet<string>;
	/** Functions by the name of their export: the entry that each calls, and its signature. */
	functions: ReadonlyMap<string, { slot: number; core: string }>;
}

const [FUNC, TABLE] = [0, 1];
const [END, CALL, CALL_INDIRECT, LOCAL_GET, I32_CONST] = [0x0b, 0x10, 0x11, 0x20, 0x41];

/** The module as a shim; null if it does or has anything else. */
export function shimOf(module: SimpleModule): Shim | null {
	const size = module.tables.length === 1 ? module.tables[0]! : null;
	if (size === null || module.imports.length + module.elements.length > 0 || module.start !== null) return null;
	const slots: number[] = [];
	for (const [i, body] of module.bodies.entries()) {
		const slot = forwardedTo(new Reader(body), module.functions[i]!, module.types);
		if (slot === null || slot >= size) return null;
		slots.push(slot);
	}
	if (module.exports.some(({ kind }) => kind !== FUNC && kind !== TABLE)) return null;
	const functions = module.exports.filter(({ kind }) => kind === FUNC);
	return {
		size,
		tables: new Set(module.exports.filter(({ kind }) => kind === TABLE).map(({ name }) => name)),
		functions: new Map(
			functions.map(({ name, index }) => [name, { slot: slots[index]!, core: module.functions[index]! }]),
		),
	};
}

/** No locals; all parameters in order, the entry, `call_indirect` of the function's own type in table 0, `end`. */
function forwardedTo(r: Reader, core: string, types: readonly string[]): number | null {
	if (r.u32() !== 0) return null;
	for (let i = 0; i < core.indexOf("->"); i++) if (r.byte() !== LOCAL_GET || r.u32() !== i) return null;
	if (r.byte() !== I32_CONST) return null;
	const slot = r.s32() >>> 0;
	if (r.byte() !== CALL_INDIRECT || types[r.u32()] !== core || r.u32() !== 0) return null;
	return r.byte() === END && r.done ? slot : null;
}

/** What a function that does nothing but call others, without arguments, calls; null if it does anything else. */
export function callsOf(body: Uint8Array): number[] | null {
	const r = new Reader(body);
	if (r.u32() !== 0) return null;
	const calls: number[] = [];
	let op = r.byte();
	for (; op === CALL; op = r.byte()) calls.push(r.u32());
	return op === END && r.done ? calls : null;
}
