/** The slow path: what happens when the counter is below 0. */
import type { Code } from "./assembler.ts";
import { CONTROL, YIELD } from "./control.ts";

export interface SlowPath {
	/** Indices: the counter's global, the `control` table, the types of `(i32) -> i32` and `() -> i32`. */
	fuel: number;
	control: number;
	refillType: number;
	yieldType: number;
	/** The module uses the legacy exception handling; V8 takes one of the two in a module, not both. */
	legacyExceptions: boolean;
}

/** The local that holds the host's answer. */
const ANSWER = 0;

/**
 * V8 takes functions of up to 500 bytes into their callers where they were called often, and a loop that runs for long
 * calls the slow path often. It then gives up registers in the loop for what is hardly ever executed: an interpreter
 * took 2.3 times as long, and 1.1 times with a slow path that is longer than that.
 */
const MAX_INLINED = 500;

/** `body`; and `handler` when it throws, whatever it is. Labels inside both are their own. */
function tryCatchAll(code: Code, legacy: boolean, body: () => void, handler: () => void): void {
	if (legacy) {
		code.op(0x06, 0x40);
		body();
		code.op(0x19); // catch_all
		handler();
		code.op(0x0b);
		return;
	}
	code.block(() => {
		code.block(() => {
			code.op(0x1f, 0x40, 1, 0x02, 0); // try_table (catch_all 0)
			body();
			code.op(0x0b, 0x0c, 1); // end, br 1
		});
		handler();
	});
}

/**
 * Writes `() -> i32` with one i32 local: asks the host for a new counter, and returns it. A guest can catch an exception of the host's,
 * and so could go on without fuel: it becomes a trap here, which no guest can catch.
 */
export function slowPath(code: Code, { fuel, control, refillType, yieldType, legacyExceptions }: SlowPath): Uint8Array {
	const ask = (slot: number, type: number) => {
		code.i32(slot).op(0x11).index(type).index(control).set(ANSWER);
	};
	const trap = () => code.op(0x00);
	const refill = (slot: number) => {
		const body = () => {
			code.op(0x23).index(fuel);
			ask(slot, refillType);
		};
		tryCatchAll(code, legacyExceptions, body, trap);
	};
	refill(CONTROL.refill);
	code.get(ANSWER).i32(YIELD).op(0x46, 0x04, 0x40); // i32.eq, if
	const giveWay = () => ask(CONTROL.yield, yieldType);
	tryCatchAll(code, legacyExceptions, giveWay, () => refill(CONTROL.plainRefill));
	code.op(0x0b);
	code.get(ANSWER).i32(0).op(0x48).rarely(trap); // i32.lt_s
	code.get(ANSWER).op(0x24).index(fuel);
	while (code.out.pos <= MAX_INLINED) code.op(0x01); // nop
	return code.get(ANSWER).end();
}
