/** A metered module under the smallest host there is: it grants fuel for ever, and counts what was used. */
import { CONTROL_SIGNATURES, type MeteredModule, meter } from "../../host/engine/build/meter/index.ts";
import { asFuncrefs } from "../../host/engine/trampoline.ts";

export interface MeteredInstance {
	/** With the hidden exports. */
	exports: WebAssembly.Exports;
	metered: MeteredModule;
	/** Fuel used since the module was instantiated, exact. */
	fuel(): number;
}

export interface MeteredOptions {
	/** Fuel of one refill. */
	slice?: number;
	/** Fuel after which the module is stopped by a trap. */
	limit?: number;
	imports?: WebAssembly.Imports;
}

/** Instantiates as the engine does: metered, the entry points filled in, then the start function. Throws as V8 and `meter` do. */
export function instantiateMetered(bytes: Uint8Array, options: MeteredOptions = {}): MeteredInstance {
	const { slice = 100_000_000, limit = Number.POSITIVE_INFINITY, imports = {} } = options;
	const metered = meter(bytes);
	const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(metered.bytes)), imports);
	const counter = exports[metered.meta.fuel] as WebAssembly.Global;
	let granted = 0;
	const refill = (held: number): number => {
		if (granted - held > limit) return -1;
		const more = slice * (Math.floor(-held / slice) + 1);
		granted += more;
		return held + more;
	};
	const allow = (): number => 1;
	const entryPoints = [refill, () => -1, refill, allow, allow, () => {}];
	const funcrefs = asFuncrefs(CONTROL_SIGNATURES.map((signature, i) => ({ ...signature, fn: entryPoints[i]! })));
	const control = exports[metered.meta.control] as WebAssembly.Table;
	for (const [slot, fn] of funcrefs.entries()) control.set(slot, fn);
	if (metered.meta.start !== null) (exports[metered.meta.start] as () => void)();
	return { exports, metered, fuel: () => granted - (counter.value as number) };
}
