/** For tests: WebAssembly from text, and the smallest host that a metered module can run under. */
import { parse } from "@bytecodealliance/jco";
import { asFuncrefs } from "../../trampoline.ts";
import { CONTROL_SIGNATURES, type MeteredModule, meter, YIELD } from "./index.ts";

/** The JavaScript Promise Integration, which the type library does not know yet. */
const { Suspending, promising } = WebAssembly as unknown as {
	Suspending: new (fn: (...args: never[]) => Promise<unknown>) => () => unknown;
	promising: (fn: (...args: unknown[]) => unknown) => (...args: unknown[]) => Promise<unknown>;
};

/** The binary of a module in the text format, as wasm-tools reads it. */
export async function wat(text: string): Promise<Uint8Array<ArrayBuffer>> {
	return new Uint8Array(await parse(text));
}

export interface HostOptions {
	/** Fuel a refill adds. */
	slice?: number;
	/** Fuel in all; when it is used up the guest is stopped. */
	limit?: number;
	/** Answers memory.grow and table.grow. */
	allow?: (kind: "memory" | "table", index: number, delta: number) => boolean;
	/** Asked at each refill: whether to give way first; and what doing so answers, other than the next refill. */
	yields?: () => boolean;
	giveWay?: () => Promise<number | undefined>;
	imports?: WebAssembly.Imports;
	/** Stands for `refill` altogether. */
	refill?: (fuel: number) => number;
}

/** A metered module that is running, and what its host saw. */
export class Guest {
	readonly exports: WebAssembly.Exports;
	readonly metered: MeteredModule;
	/** Which entry points were called, by name. */
	readonly calls: Record<"refill" | "yield" | "plainRefill" | "memoryGrow" | "tableGrow" | "exhausted", number>;
	private readonly options: HostOptions;
	private granted = 0;

	constructor(bytes: Uint8Array<ArrayBuffer>, options: HostOptions = {}) {
		this.options = options;
		this.calls = { refill: 0, yield: 0, plainRefill: 0, memoryGrow: 0, tableGrow: 0, exhausted: 0 };
		this.metered = meter(bytes);
		const module = new WebAssembly.Module(new Uint8Array(this.metered.bytes));
		this.exports = new WebAssembly.Instance(module, options.imports ?? {}).exports;
		const table = this.exports[this.metered.meta.control] as WebAssembly.Table;
		asFuncrefs(this.entryPoints()).forEach((func, slot) => {
			table.set(slot, func);
		});
		if (this.metered.meta.start !== null) this.call(this.metered.meta.start);
	}

	private entryPoints() {
		const { options, calls } = this;
		const grow = (kind: "memory" | "table") => (index: number, delta: number) => {
			calls[`${kind}Grow`]++;
			return (options.allow?.(kind, index, delta) ?? true) ? 1 : 0;
		};
		const refill = (fuel: number) => {
			calls.refill++;
			if (options.refill !== undefined) return options.refill(fuel);
			return options.yields?.() ? YIELD : this.refill(fuel);
		};
		const giveWay = async () => {
			calls.yield++;
			return (await options.giveWay?.()) ?? this.refill(this.counter.value as number);
		};
		const plainRefill = (fuel: number) => {
			calls.plainRefill++;
			return this.refill(fuel);
		};
		const fns = [refill, new Suspending(giveWay), plainRefill, grow("memory"), grow("table"), () => calls.exhausted++];
		return CONTROL_SIGNATURES.map((signature, i) => ({ ...signature, fn: fns[i]! }));
	}

	private refill(fuel: number): number {
		const { slice = 1000, limit = Number.POSITIVE_INFINITY } = this.options;
		const slices = Math.floor(-fuel / slice) + 1;
		if (this.granted - fuel > limit) return -1;
		this.granted += slices * slice;
		return fuel + slices * slice;
	}

	private get counter(): WebAssembly.Global {
		return this.exports[this.metered.meta.fuel] as WebAssembly.Global;
	}

	/** All the fuel that was charged so far. */
	get used(): number {
		return this.granted - (this.counter.value as number);
	}

	call(name: string, ...args: unknown[]): unknown {
		return (this.exports[name] as (...args: unknown[]) => unknown)(...args);
	}

	/** Calls an export so that it may be suspended. */
	callAsync(name: string, ...args: unknown[]): Promise<unknown> {
		return promising(this.exports[name] as (...args: unknown[]) => unknown)(...args);
	}
}

/** The module as it is, without metering. */
export function unmetered(bytes: Uint8Array<ArrayBuffer>, imports: WebAssembly.Imports = {}) {
	const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
	return {
		exports,
		call: (name: string, ...args: unknown[]) => (exports[name] as (...args: unknown[]) => unknown)(...args),
	};
}
