import { expect, it } from "vitest";
import { type Controller, ControlSet } from "./control-set.ts";

function controller(counter: number): Controller & { overflows: number } {
	return {
		overflows: 0,
		refill: (fuel, mayYield) => counter + fuel + (mayYield ? 1000 : 0),
		giveWay: async () => counter,
		mayGrow: (pages) => pages < 10,
		mayGrowTable: (entries) => entries < 10,
		overflow() {
			this.overflows++;
		},
	};
}

type Fn = (...args: number[]) => number;
const fns = (set: ControlSet): Fn[] => set.functions as Fn[];

it("a set asks its controller, whichever that is now", () => {
	const first = controller(1);
	const set = ControlSet.for(first);
	expect([fns(set)[0]!(5), fns(set)[2]!(5)]).toEqual([1006, 6]);
	expect([fns(set)[3]!(0, 9), fns(set)[3]!(0, 10), fns(set)[4]!(0, 9), fns(set)[4]!(0, 10)]).toEqual([1, 0, 1, 0]);
	fns(set)[5]!();
	expect(first.overflows).toBe(1);
	set.end(true);
	const next = ControlSet.for(controller(2));
	expect(next).toBe(set);
	expect(fns(next)[2]!(5)).toBe(7);
	next.end(true);
});

it("after its end a set gives nothing, to nobody", () => {
	const set = ControlSet.for(controller(1));
	set.end(true);
	expect([fns(set)[0]!(5), fns(set)[2]!(5), fns(set)[3]!(0, 1), fns(set)[4]!(0, 1)]).toEqual([-1, -1, 0, 0]);
	// Ended twice, it is there once.
	set.end(true);
	const [a, b] = [ControlSet.for(controller(1)), ControlSet.for(controller(2))];
	expect(a).not.toBe(b);
	for (const it of [a, b]) it.end(true);
});

it("a set whose guest may still run stays its own", () => {
	const set = ControlSet.for(controller(1));
	set.end(false);
	expect(fns(set)[2]!(5)).toBe(6);
	expect(ControlSet.for(controller(2))).not.toBe(set);
});
