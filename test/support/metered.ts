/** A metered module under the smallest host there is: it grants fuel, and counts what was used. */
import { CONTROL_SIGNATURES, type MeteredModule, meter } from "../../host/engine/build/meter/index.ts";
import { asFuncrefs } from "../../host/engine/trampoline.ts";

export interface MeteredInstance {
	/** With the hidden exports. */
	exports: WebAssembly.Exports;
	metered: MeteredModule;
	/** Fuel used since the module was instantiated, exact. */
	fuel(): number;
	/** It was stopped because it used more than its limit. */
	outOfFuel(): boolean;
	/** How often its calls were nested too deep. */
	exhausted(): number;
}

export interface MeteredOptions {
	/** Fuel of one refill. */
	slice?: number;
	/** Fuel after which the module is stopped by a trap: at the first charge beyond it, whatever the slice. */
	limit?: number;
	imports?: WebAssembly.Imports;
	/** The module marks what it writes. */
	tracked?: boolean;
	/** Told of the instance before its start function runs. */
	began?: (instance: MeteredInstance) => void;
}

/** What stands behind the `control` table. */
class Host {
	granted = 0;
	denied = false;
	exhausted = 0;
	private readonly slice: number;
	private readonly limit: number;

	constructor(slice: number, limit: number) {
		this.slice = slice;
		this.limit = limit;
	}

	private refill(held: number): number {
		const used = this.granted - held;
		this.denied ||= used > this.limit;
		if (this.denied) return -1;
		const counter = Math.min(this.slice, this.limit - used);
		this.granted += counter - held;
		return counter;
	}

	get entryPoints(): ((...args: never[]) => unknown)[] {
		const refill = (held: number): number => this.refill(held);
		const exhaust = (): void => {
			this.exhausted++;
		};
		return [refill, () => -1, refill, () => 1, () => 1, exhaust];
	}
}

/** Instantiates as the engine does: metered, the entry points filled in, then the start function. Throws as V8 and `meter` do. */
export function instantiateMetered(bytes: Uint8Array, options: MeteredOptions = {}): MeteredInstance {
	const { slice = 100_000_000, limit = Number.POSITIVE_INFINITY, imports = {}, tracked, began } = options;
	const metered = meter(bytes, { tracked });
	const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(metered.bytes)), imports);
	const counter = exports[metered.meta.fuel] as WebAssembly.Global;
	const host = new Host(slice, limit);
	const { entryPoints } = host;
	const funcrefs = asFuncrefs(CONTROL_SIGNATURES.map((signature, i) => ({ ...signature, fn: entryPoints[i]! })));
	const control = exports[metered.meta.control] as WebAssembly.Table;
	for (const [slot, fn] of funcrefs.entries()) control.set(slot, fn);
	const instance = {
		exports,
		metered,
		fuel: () => host.granted - (counter.value as number),
		outOfFuel: () => host.denied,
		exhausted: () => host.exhausted,
	};
	began?.(instance);
	if (metered.meta.start !== null) (exports[metered.meta.start] as () => void)();
	return instance;
}
