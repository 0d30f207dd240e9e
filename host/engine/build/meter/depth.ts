/**
 * The depth of calls, counted, so that a guest's stack ends at the same place wherever it runs: V8's ends where its own
 * frames fill 984 KiB (and as much on a suspendable stack), and those of its first compiler are 2 to 9 times as large as
 * those of its second.
 *
 * A global holds the bytes that are left. A function that can recurse takes its frame off what it finds there, keeps that
 * in a local, and stores it before each call: nothing is to be done when a call returns or throws. Only calls from outside
 * must leave the global as it was, since others are made after them: exports of such functions go through a wrapper.
 */
import { Writer } from "../../binary/writer.ts";
import { Code } from "./assembler.ts";
import type { Charger } from "./charge.ts";
import { CONTROL } from "./control.ts";

/**
 * Bytes of stack that a module's own frames may fill, as estimated. V8's stack holds 984 KiB, of which the host's frames
 * take some; the rest covers what the estimate leaves out, operands.
 */
export const STACK_BYTES = 640 * 1024;

/** A frame of V8's first compiler, measured: 49 bytes and 8 for each parameter and local; two more are added here. */
const FRAME = 64;
const SLOT = 8;

/** A frame's size, in bytes: more than either of V8's compilers makes of it, operands aside. A vector takes two slots. */
export function frameBytes(slots: number): number {
	return Math.min(FRAME + SLOT * slots, STACK_BYTES);
}

export class Depth {
	private readonly load: Uint8Array;
	private readonly store: Uint8Array;
	private readonly exhausted: number;

	/** The index of the global, and of the function that ends the guest. */
	constructor(global: number, exhausted: number) {
		this.load = new Writer(8).byte(0x23).u32(global).done();
		this.store = new Writer(8).byte(0x24).u32(global).done();
		this.exhausted = exhausted;
	}

	/** Takes a frame off what is left, into `local`; returns the offset of the `if`, which is hardly ever taken. */
	enter(out: Writer, local: number, frame: number): number {
		out.put(this.load).byte(0x41).s32(frame).byte(0x6b).byte(0x22).u32(local); // i32.const, i32.sub, local.tee
		out.ops(0x41, 0x00, 0x48); // i32.const 0, i32.lt_s
		const hint = out.pos;
		out.ops(0x04, 0x40).byte(0x10).u32(this.exhausted).byte(0x0b); // if (call $exhausted) end
		return hint;
	}

	/** Before a call: hands on what is left. */
	call(out: Writer, local: number): void {
		out.byte(0x20).u32(local).put(this.store);
	}

	/** Before a tail call, which gives up this frame. */
	tailCall(out: Writer, local: number, frame: number): void {
		out.byte(0x20).u32(local).byte(0x41).s32(frame).byte(0x6a).put(this.store); // i32.const, i32.add
	}

	/** The body of a function that calls `func` and leaves the global as it was. */
	wrapper(charger: Charger, func: number, params: number): Uint8Array {
		const code = new Code(charger, ["i32"]);
		code.out.put(this.load);
		code.set(params);
		for (let param = 0; param < params; param++) code.get(param);
		code.call(func).get(params);
		code.out.put(this.store);
		return code.end();
	}
}

/**
 * Writes `() -> ()`: tells the host, which ends the guest. The whole stack is free again afterwards. `type` is its own
 * type, `control` the table's index, `global` that of the depth.
 */
export function exhausted(code: Code, type: number, control: number, global: number): Uint8Array {
	code.i32(STACK_BYTES).op(0x24).index(global);
	return code.i32(CONTROL.exhausted).op(0x11).index(type).index(control).op(0x00).end();
}
