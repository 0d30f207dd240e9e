/** Assembles the bodies of the functions that the rewrite adds. Methods are named after the instructions they write. */
import { Writer } from "../../binary/writer.ts";
import type { Charger } from "./charge.ts";

/** The type of an index, of a memory or a table, and of what is counted in it. */
export type IndexType = "i32" | "i64";

export const VAL_TYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c } as const;
export type ValType = keyof typeof VAL_TYPE;

const VOID = 0x40;

export class Code {
	readonly out = new Writer(128);
	/** Offsets of the `if`s that are rarely taken. */
	readonly hints: number[] = [];
	private readonly charger: Charger;

	constructor(charger: Charger, locals: ValType[] = []) {
		this.charger = charger;
		this.out.u32(locals.length);
		for (const type of locals) this.out.u32(1).byte(VAL_TYPE[type]);
	}

	op(...bytes: number[]): this {
		this.out.ops(...bytes);
		return this;
	}
	get(local: number): this {
		return this.op(0x20).index(local);
	}
	set(local: number): this {
		return this.op(0x21).index(local);
	}
	tee(local: number): this {
		return this.op(0x22).index(local);
	}
	index(value: number): this {
		this.out.u32(value);
		return this;
	}
	i32(value: number): this {
		this.op(0x41).out.s32(value);
		return this;
	}
	/** A constant of an index's type, below 2^31. */
	constant(type: IndexType, value: number): this {
		this.op(type === "i32" ? 0x41 : 0x42).out.s32(value);
		return this;
	}
	/** An instruction that has a form for i32 and one for i64. */
	sized(type: IndexType, i32: number, i64: number): this {
		return this.op(type === "i32" ? i32 : i64);
	}
	add(type: IndexType): this {
		return this.sized(type, 0x6a, 0x7c);
	}
	sub(type: IndexType): this {
		return this.sized(type, 0x6b, 0x7d);
	}
	leU(type: IndexType): this {
		return this.sized(type, 0x4d, 0x58);
	}
	gtU(type: IndexType): this {
		return this.sized(type, 0x4b, 0x56);
	}
	/** The local as an i64. */
	get64(local: number, type: IndexType): this {
		this.get(local);
		return type === "i32" ? this.op(0xad) : this; // i64.extend_i32_u
	}
	block(content: () => void): this {
		this.op(0x02, VOID);
		content();
		return this.op(0x0b);
	}
	loop(content: () => void): this {
		this.op(0x03, VOID);
		content();
		return this.op(0x0b);
	}
	/** An `if` that is rarely taken, and says so. */
	rarely(content: () => void): this {
		this.hints.push(this.out.pos);
		this.op(0x04, VOID);
		content();
		return this.op(0x0b);
	}
	brIf(depth: number): this {
		return this.op(0x0d).index(depth);
	}
	call(func: number): this {
		return this.op(0x10).index(func);
	}
	/** Charges a constant. */
	charge(fuel: number): this {
		this.hints.push(this.charger.constant(this.out, fuel));
		return this;
	}
	/** Charges what `amount` leaves on the stack: an i32 from 0 to 2^30. */
	chargeBy(amount: () => void): this {
		this.out.put(this.charger.load);
		amount();
		this.hints.push(this.out.pos + this.charger.ifOffset);
		this.out.put(this.charger.check);
		return this;
	}
	/** The finished body. */
	end(): Uint8Array {
		return this.op(0x0b).out.done();
	}
}
