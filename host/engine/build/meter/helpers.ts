/**
 * The functions that the rewrite appends: one for each purpose and memory, made when the code first needs it. They
 * stand behind the module's own functions, so that no index of those changes.
 */
import { Writer } from "../../binary/writer.ts";
import { Code, type IndexType, VAL_TYPE, type ValType } from "./assembler.ts";
import * as bulk from "./bulk.ts";
import { Charger } from "./charge.ts";
import { Depth, exhausted } from "./depth.ts";
import { markRange } from "./marks.ts";
import type { Module } from "./module.ts";
import { slowPath } from "./slow.ts";
import { MeterError } from "./types.ts";

export interface Helper {
	type: number;
	body: Uint8Array;
	hints: number[];
}

type Operand = ValType | Uint8Array;

/** Entries that V8 lets a table have at most. */
const MAX_TABLE = 10_000_000;

const indexType = (index64: boolean): IndexType => (index64 ? "i64" : "i32");

export class Helpers {
	readonly charger: Charger;
	/** The index of the counter's global, and of the `control` table. */
	readonly fuel: number;
	readonly control: number;
	/** The index of the global of the depth, whether or not it is there. */
	readonly stack: number;
	private readonly module: Module;
	private readonly known = new Map<string, number>();
	private readonly made: Helper[] = [];
	private readonly types = new Map<string, Uint8Array>();

	constructor(module: Module) {
		this.module = module;
		this.fuel = module.globals.length;
		this.stack = this.fuel + 1;
		this.control = module.tables.length;
		this.charger = new Charger(this.fuel, module.funcs);
		// The slow path comes first. Its body is known last, since it depends on what the code uses.
		this.made.push({ type: this.type([], ["i32"]), body: new Uint8Array(), hints: [] });
	}

	/** The index of a function type, appended when it is new. */
	private type(params: Operand[], results: Operand[]): number {
		const out = new Writer(16).byte(0x60);
		for (const list of [params, results]) {
			out.u32(list.length);
			for (const item of list) typeof item === "string" ? out.byte(VAL_TYPE[item]) : out.put(item);
		}
		const bytes = out.done();
		const key = bytes.join();
		if (!this.types.has(key)) this.types.set(key, bytes);
		return this.module.structFields.length + [...this.types.keys()].indexOf(key);
	}

	private helper(
		key: string,
		params: Operand[],
		results: Operand[],
		make: (code: Code) => Uint8Array,
		locals?: ValType[],
	) {
		const index = this.known.get(key);
		if (index !== undefined) return index;
		const code = new Code(this.charger, locals);
		const body = make(code);
		this.made.push({ type: this.type(params, results), body, hints: code.hints });
		const added = this.module.funcs + this.made.length - 1;
		this.known.set(key, added);
		return added;
	}

	private knownDepth: Depth | undefined;

	/** Counts the depth of calls; asked for where a function first needs it. */
	get depth(): Depth {
		if (this.knownDepth !== undefined) return this.knownDepth;
		const type = this.type([], []);
		const func = this.helper("exhausted", [], [], (code) => exhausted(code, type, this.control, this.stack));
		this.knownDepth = new Depth(this.stack, func);
		return this.knownDepth;
	}

	/** Whether any function needs it. */
	get countsDepth(): boolean {
		return this.knownDepth !== undefined;
	}

	/** The function that stands for `func` where others call it. */
	private wrapper(func: number): number {
		const type = this.module.funcTypes[func]!;
		const body = this.depth.wrapper(this.charger, func, this.module.params[type]!);
		this.made.push({ type, body, hints: [] });
		return this.module.funcs + this.made.length - 1;
	}

	/** Makes what others call leave the depth as it was: a function to export instead of each of these. */
	wrap(funcs: Iterable<number>): Map<number, number> {
		return new Map(Array.from(new Set(funcs), (func) => [func, this.wrapper(func)]));
	}

	private memory(index: number): bulk.Operand {
		const memory = this.module.memories[index];
		if (memory === undefined) throw new MeterError(`unknown memory ${index}`);
		return { index, type: indexType(memory.index64) };
	}

	private table(index: number) {
		const table = this.module.tables[index];
		if (table === undefined) throw new MeterError(`unknown table ${index}`);
		const { imported, index64, typeBytes: element, maximum } = table;
		return { index, type: indexType(index64), element, most: Math.min(maximum ?? MAX_TABLE, MAX_TABLE), imported };
	}

	private growth(most = 0): bulk.Growth {
		return { control: this.control, askType: this.type(["i32", "f64"], ["i32"]), most };
	}

	memoryGrow(index: number): number {
		const memory = this.memory(index);
		const make = (code: Code) => bulk.memoryGrow(code, memory, this.growth());
		return this.helper(`memory.grow ${index}`, [memory.type], [memory.type], make);
	}

	memoryFill(index: number): number {
		const memory = this.memory(index);
		const make = (code: Code) => new bulk.Bulk(code, bulk.MEMORY).fill(memory);
		return this.helper(`memory.fill ${index}`, [memory.type, "i32", memory.type], [], make, ["i64"]);
	}

	memoryCopy(dest: number, source: number): number {
		const to = this.memory(dest);
		const from = this.memory(source);
		const params = [to.type, from.type, bulk.lengthType(to.type, from.type)];
		const make = (code: Code) => new bulk.Bulk(code, bulk.MEMORY).copy(to, from);
		return this.helper(`memory.copy ${dest} ${source}`, params, [], make, ["i64"]);
	}

	/** Null when the segment is no longer than a piece: then it is enough to charge its length. */
	memoryInit(segment: number, index: number): number | null {
		const memory = this.memory(index);
		const size = this.module.dataLengths[segment];
		if (size === undefined) throw new MeterError(`unknown data segment ${segment}`);
		if (size <= bulk.PIECE) return null;
		const make = (code: Code) => new bulk.Bulk(code, bulk.MEMORY).init(memory, segment, size);
		return this.helper(`memory.init ${segment} ${index}`, [memory.type, "i32", "i32"], [], make, ["i64"]);
	}

	/**
	 * Marks in `map` what an operation is about to write to a memory: a copy from memory `source`, or, if that is null, an init or a
	 * fill.
	 */
	markRange(index: number, source: number | null, isInit: boolean, map: number): number {
		const to = this.memory(index);
		const from = source === null ? "i32" : this.memory(source).type;
		const length = isInit ? "i32" : source === null ? to.type : bulk.lengthType(to.type, from);
		const operands = [to.type, from, length];
		const make = (code: Code) => markRange(code, map, to, length);
		return this.helper(`mark ${index} ${from} ${length}`, operands, operands, make, ["i32", "i32", "i64"]);
	}

	tableGrow(index: number): number {
		const table = this.table(index);
		const grow = table.imported ? bulk.tableGrow : bulk.tableGrowInPieces;
		const make = (code: Code) => grow(code, table, this.growth(table.most));
		return this.helper(`table.grow ${index}`, [table.element, table.type], [table.type], make, [table.type]);
	}

	tableFill(index: number): number {
		const table = this.table(index);
		const make = (code: Code) => new bulk.Bulk(code, bulk.TABLE).fill(table);
		return this.helper(`table.fill ${index}`, [table.type, table.element, table.type], [], make, ["i64"]);
	}

	tableCopy(dest: number, source: number): number {
		const to = this.table(dest);
		const from = this.table(source);
		const params = [to.type, from.type, bulk.lengthType(to.type, from.type)];
		const make = (code: Code) => new bulk.Bulk(code, bulk.TABLE).copy(to, from);
		return this.helper(`table.copy ${dest} ${source}`, params, [], make, ["i64"]);
	}

	tableInit(segment: number, index: number): number {
		const table = this.table(index);
		const size = this.module.elementLengths[segment];
		if (size === undefined) throw new MeterError(`unknown element segment ${segment}`);
		const make = (code: Code) => new bulk.Bulk(code, bulk.TABLE).init(table, segment, size);
		return this.helper(`table.init ${segment} ${index}`, [table.type, "i32", "i32"], [], make, ["i64"]);
	}

	/** Charges the i32 on top of the stack, from 1 to 2^30. */
	charge(): number {
		return this.helper("charge", ["i32"], [], (code) => code.chargeBy(() => code.get(0)).end());
	}

	private chargeOperand(type: IndexType, shift: number): number {
		return this.helper(`charge ${type} ${shift}`, [type], [type], (code) => bulk.chargeOperand(code, type, shift));
	}

	/** Charges the i32 on top of the stack as a number of elements. */
	chargeLength(): number {
		return this.chargeOperand("i32", 0);
	}

	/** Charges the i32 on top of the stack as a number of bytes. */
	chargeBytes(): number {
		return this.chargeOperand("i32", bulk.BYTES_SHIFT);
	}

	/**
	 * The helpers, and the types to append. To be called once all code is scanned. `empty` is asked how many functions
	 * without effect shall be among them.
	 */
	finish(empty: (bodies: Uint8Array[]) => number): { helpers: Helper[]; types: Uint8Array[] } {
		const code = new Code(this.charger, ["i32"]);
		const body = slowPath(code, {
			fuel: this.fuel,
			control: this.control,
			refillType: this.type(["i32"], ["i32"]),
			yieldType: this.type([], ["i32"]),
			legacyExceptions: this.module.features.has("legacy-exceptions"),
		});
		this.made[0] = { ...this.made[0]!, body, hints: code.hints };
		const none: Helper = { type: this.type([], []), body: new Uint8Array([0x00, 0x0b]), hints: [] };
		for (let more = empty(this.made.map((it) => it.body)); more > 0; more--) this.made.push(none);
		return { helpers: this.made, types: [...this.types.values()] };
	}
}
