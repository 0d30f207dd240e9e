/**
 * The functions in the `control` tables of an instance's modules (`build/meter/control.ts`). To make a set takes V8 50 us, a
 * third of what a small instance costs; so one whose instance has ended serves the next.
 */
import { CONTROL_SIGNATURES } from "./build/meter/control.ts";
import { Suspending } from "./jspi.ts";
import { asFuncrefs } from "./trampoline.ts";

/** What modules ask of their meter. */
export interface Controller {
	/** A new counter, or below 0: trap, or give way first. */
	refill(fuel: number, mayYield: boolean): number;
	giveWay(): Promise<number>;
	mayGrow(pages: number): boolean;
	mayGrowTable(entries: number): boolean;
	/** The guest called too deep. */
	overflow(): void;
}

/** For modules whose instance has ended: none of them runs; one that did would trap. */
const NOBODY: Controller = {
	refill: () => -1,
	giveWay: async () => -1,
	mayGrow: () => false,
	mayGrowTable: () => false,
	overflow() {},
};

/** Sets that are kept, at most. */
const MAX_KEPT = 100;
const kept: ControlSet[] = [];

export class ControlSet {
	/** In the order of `CONTROL_SIGNATURES`. */
	readonly functions: readonly WebAssembly.ExportValue[];
	private controller = NOBODY;

	private constructor() {
		const fns = [
			(fuel: number) => this.controller.refill(fuel, true),
			new Suspending(() => this.controller.giveWay()),
			(fuel: number) => this.controller.refill(fuel, false),
			(_memory: number, pages: number) => (this.controller.mayGrow(pages) ? 1 : 0),
			(_table: number, entries: number) => (this.controller.mayGrowTable(entries) ? 1 : 0),
			() => this.controller.overflow(),
		];
		this.functions = asFuncrefs(CONTROL_SIGNATURES.map((signature, i) => ({ ...signature, fn: fns[i]! })));
	}

	static for(controller: Controller): ControlSet {
		const set = kept.pop() ?? new ControlSet();
		set.controller = controller;
		return set;
	}

	/** Its instance has ended. If nothing of it runs or ever will (`quiet`), another may use the set. */
	end(quiet: boolean): void {
		if (this.controller === NOBODY || !quiet) return;
		this.controller = NOBODY;
		if (kept.length < MAX_KEPT) kept.push(this);
	}
}
