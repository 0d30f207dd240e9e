/** The instructions that charge fuel, inserted wherever something is charged. */
import { Writer } from "../../binary/writer.ts";

export class Charger {
	/** `global.get $fuel`; then comes the amount, then `check`. */
	readonly load: Uint8Array;
	/** Subtracts the amount, stores the counter, and calls `$slow` when it is below 0. */
	readonly check: Uint8Array;
	/** Where in `check` its `if` is; this is what the branch hint names. */
	readonly ifOffset: number;
	private readonly fuel: number;
	private readonly slow: number;

	/** `fuel` is the counter's global index, `slow` the slow path's function index. */
	constructor(fuel: number, slow: number) {
		this.fuel = fuel;
		this.slow = slow;
		this.load = new Writer(8).byte(0x23).u32(fuel).done();
		const check = new Writer(32).byte(0x6b); // i32.sub
		check.byte(0x24).u32(fuel).put(this.load); // global.set, global.get
		check.byte(0x41).s32(0).byte(0x48); // i32.const 0, i32.lt_s
		this.ifOffset = check.pos;
		check.ops(0x04, 0x40).byte(0x10).u32(slow).ops(0x1a, 0x0b); // if (drop (call $slow)) end
		this.check = check.done();
	}

	/** Writes the charge of a constant amount (1 to 2^30), and returns the offset of its `if`. */
	constant(out: Writer, fuel: number): number {
		out.put(this.load).byte(0x41).s32(fuel);
		const hint = out.pos + this.ifOffset;
		out.put(this.check);
		return hint;
	}

	/** Reads the counter into a local. */
	cache(out: Writer, local: number): void {
		out.put(this.load).byte(0x21).u32(local);
	}

	/** The same charge where the local holds the counter, and shall hold it afterwards; `known` says that it does already. */
	cached(out: Writer, fuel: number, local: number, known: boolean): number {
		if (known) out.byte(0x20).u32(local);
		else out.put(this.load);
		out.byte(0x41).s32(fuel).byte(0x6b); // i32.const, i32.sub
		out.byte(0x22).u32(local).byte(0x24).u32(this.fuel); // local.tee, global.set
		out.byte(0x20).u32(local).ops(0x41, 0x00, 0x48); // local.get, i32.const 0, i32.lt_s
		const hint = out.pos;
		out.ops(0x04, 0x40).byte(0x10).u32(this.slow).byte(0x21).u32(local).byte(0x0b); // if (local.set (call $slow)) end
		return hint;
	}
}
