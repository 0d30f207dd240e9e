/**
 * Marks which pages a module writes to, so that the host can put back those alone (docs/decisions/0113). Each memory has a map
 * beside it, a memory of the host's with a byte for each page; whatever writes marks, and nothing is charged for it.
 *
 * A page's mark stands for `SLACK` bytes of the next page as well. So a store across the end of a page is one mark, and most
 * offsets need not be added to the address: they come out in the offset into the map.
 */
import type { Writer } from "../../binary/writer.ts";
import { type Code, type IndexType, VAL_TYPE } from "./assembler.ts";
import { beyond, MEMORY, type Operand } from "./bulk.ts";
import type { Module } from "./module.ts";
import { readStore, type Store } from "./stores.ts";

/** Bytes of a page, as a power of two: measured with 1 to 64 KiB. */
export const PAGE_SHIFT = 12;
const PAGE = 1 << PAGE_SHIFT;
/** Bytes behind a page that its mark stands for. */
export const SLACK = 256;
/** The longest store, bytes. */
const LONGEST = 16;
/** Offsets into the map are 32 bits wide. What has a larger one has trapped. */
const MAX_OFFSET = 0xffff_ffff;

/** What a store leaves on the stack while it is at work is kept in locals: one of each kind that a function needs. */
const KINDS = ["address i32", "address i64", "i32", "i64", "f32", "f64", "v128", "second i32", "second i64"] as const;
type Kind = (typeof KINDS)[number];
const V128 = 0x7b;

const typeOf = (kind: Kind): number => {
	const type = kind.split(" ").at(-1)!;
	return type === "v128" ? V128 : VAL_TYPE[type as keyof typeof VAL_TYPE];
};
const TYPES: readonly number[] = KINDS.map(typeOf);

const kindsOf = ({ values }: Store, address: IndexType): Kind[] => {
	const kinds: Kind[] = [`address ${address}`, values[0]!];
	return values.length === 1 ? kinds : [...kinds, `second ${values[1] as IndexType}`];
};

export class Marks {
	private readonly bytes: Uint8Array;
	private readonly module: Module;
	/** The local of each kind in the function at hand; -1 if it has none. */
	private readonly locals = new Map<Kind, number>();

	constructor(bytes: Uint8Array, module: Module) {
		this.bytes = bytes;
		this.module = module;
	}

	/** The index of a memory's map. */
	mapOf(memory: number): number {
		return this.module.memories.length + memory;
	}

	private addressType(memory: number): IndexType {
		return this.module.memories[memory]?.index64 ? "i64" : "i32";
	}

	/** Another function begins. */
	reset(): void {
		this.locals.clear();
	}

	/** The function has the store at `at`. */
	found(at: number): void {
		const store = readStore(this.bytes, at);
		for (const kind of kindsOf(store, this.addressType(store.memory))) this.locals.set(kind, -1);
	}

	/** How many groups of locals are to be declared. */
	get groups(): number {
		return this.locals.size;
	}

	/** How much larger a frame they make: a vector takes two slots. */
	get slots(): number {
		return this.locals.size + (this.locals.has("v128") ? 1 : 0);
	}

	/** Declares the locals; `first` is the index of the first. */
	declare(out: Writer, first: number): void {
		let next = first;
		for (const kind of this.locals.keys()) {
			out.u32(1).byte(TYPES[KINDS.indexOf(kind)]!);
			this.locals.set(kind, next++);
		}
	}

	/** Before the store at `at`: keeps its address, and leaves the stack as it was. */
	before(out: Writer, at: number): void {
		const store = readStore(this.bytes, at);
		const [address, ...values] = kindsOf(store, this.addressType(store.memory)).map((it) => this.locals.get(it)!);
		for (const local of values.toReversed()) out.byte(0x21).u32(local); // local.set
		out.byte(0x22).u32(address!); // local.tee
		for (const local of values) out.byte(0x20).u32(local); // local.get
	}

	/** Behind it, where it has not trapped: marks its page. Address and offset together then are within the memory. */
	after(out: Writer, at: number): void {
		const { memory, offset } = readStore(this.bytes, at);
		const type = this.addressType(memory);
		const rest = offset % PAGE;
		out.byte(0x20).u32(this.locals.get(`address ${type}`)!); // local.get
		if (rest + LONGEST > SLACK) addConstant(out, type, rest);
		pageOf(out, type);
		out.ops(0x41, 1); // i32.const 1
		mark(out, this.mapOf(memory), Math.min(Math.floor(offset / PAGE), MAX_OFFSET));
	}
}

function addConstant(out: Writer, type: IndexType, value: number): void {
	out.byte(type === "i32" ? 0x41 : 0x42).s32(value); // const
	out.byte(type === "i32" ? 0x6a : 0x7c); // add
}

/** The page of the address on the stack. */
function pageOf(out: Writer, type: IndexType): void {
	out.ops(...(type === "i32" ? [0x41, PAGE_SHIFT, 0x76] : [0x42, PAGE_SHIFT, 0x88, 0xa7])); // const, shr_u, i32.wrap_i64
}

/** `(page, 1)`: i32.store8 to the map. */
function mark(out: Writer, map: number, offset = 0): void {
	out.ops(0x3a, 0x40).u32(map).u32(offset);
}

/**
 * `(dest, source, length) -> (dest, source, length)`, with locals of i32, i32 and i64: marks what a fill, copy or init is about to
 * write. What is out of bounds writes nothing, and traps where it is made.
 */
export function markRange(code: Code, map: number, to: Operand, length: IndexType): Uint8Array {
	const [DEST, SOURCE, LENGTH, FIRST, LAST, SIZE] = [0, 1, 2, 3, 4, 5];
	const page = (local: number) => code.get(local).i32(1).op(0x3a, 0x40).index(map).index(0);
	code.block(() => {
		MEMORY.size(code, to);
		beyond(code, DEST, to.type, length, SIZE);
		code.brIf(0);
		code.get(LENGTH).sized(length, 0x45, 0x50).brIf(0); // eqz
		code.get(DEST);
		pageOf(code.out, to.type);
		code.set(FIRST).get(DEST).get(LENGTH);
		if (to.type !== length) code.op(0xad); // i64.extend_i32_u: a length is no wider than the offset
		code.add(to.type).constant(to.type, 1).sub(to.type);
		pageOf(code.out, to.type);
		code.set(LAST);
		page(FIRST);
		page(LAST);
		code.get(LAST).get(FIRST).op(0x6b).i32(2).op(0x49).brIf(0); // i32.sub, i32.lt_u
		code.get(FIRST).i32(1).get(LAST).get(FIRST).op(0x6b, 0xfc, 0x0b).index(map); // i32.sub, memory.fill
	});
	return code.get(DEST).get(SOURCE).get(LENGTH).end();
}
