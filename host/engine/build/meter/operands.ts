/**
 * The instructions whose work depends on an operand: bulk operations, growth, allocation. A helper is called before
 * them, to charge what is on top of the stack, or instead of them. And what the runtime must know of a module's code.
 */
import { Reader } from "../../binary/reader.ts";
import { BYTES_SHIFT } from "./bulk.ts";
import type { Edits } from "./edits.ts";
import type { Helpers } from "./helpers.ts";
import type { Marks } from "./marks.ts";
import type { Module } from "./module.ts";
import { GROW_COST } from "./opcodes.ts";
import { lebAt, skipLeb } from "./skip.ts";
import { MeterError } from "./types.ts";

/** Lengths up to this need no helper, in bytes. Far below a piece, as the code may have many of them in a row. */
const MAX_CONSTANT_LENGTH = 1024;

export class Operands {
	/** By index, whether the code changes the table. */
	readonly tablesWritten: boolean[];
	/** The code has data.drop or elem.drop. */
	drops = false;
	private readonly bytes: Uint8Array;
	private readonly module: Module;
	private readonly helpers: Helpers;
	private readonly edits: Edits;
	private readonly marks: Marks | null;

	constructor(bytes: Uint8Array, module: Module, helpers: Helpers, edits: Edits, marks: Marks | null) {
		this.marks = marks;
		this.bytes = bytes;
		this.module = module;
		this.helpers = helpers;
		this.edits = edits;
		this.tablesWritten = module.tables.map(() => false);
	}

	/** Notes what the instruction `prefix sub` uses. */
	uses(prefix: number, sub: number): void {
		const { features } = this.module;
		if (namesData(prefix, sub)) features.add("names-data");
		if (prefix === 0xfb) features.add("gc");
		else if (prefix === 0xfd) features.add(sub < 0x100 ? "simd" : "relaxed-simd");
		else if (prefix === 0xfe) features.add("threads");
		else if (sub >= 0x08 && sub <= 0x11) features.add("bulk-memory");
		else if (sub >= 0x13) features.add("wide-arithmetic");
	}

	writesTable(table: number): void {
		if (table >= this.tablesWritten.length) throw new MeterError(`unknown table ${table}`);
		this.tablesWritten[table] = true;
	}

	memoryGrow(memory: number, at: number, end: number): void {
		this.module.features.add("memory-grow");
		this.edits.callInstead(at, end, this.helpers.memoryGrow(memory));
	}

	/** An instruction of garbage collection, at `at`; returns what it costs on top. */
	collected(sub: number, at: number, immediates: number): number {
		if (sub <= 0x0a) this.module.features.add("gc-alloc");
		// struct.new and struct.new_default fill their fields.
		if (sub <= 0x01) return this.module.structFields[lebAt(this.bytes, immediates)] ?? 0;
		// array.new_fixed: what it stores was pushed and so charged. The other ones have the length on top of the stack.
		const byLength = (sub >= 0x06 && sub <= 0x0a && sub !== 0x08) || (sub >= 0x10 && sub <= 0x13);
		if (byLength) this.edits.callBefore(at, this.helpers.chargeLength());
		return 0;
	}

	/** An instruction behind 0xfc, from `at` to `end`; returns what it costs on top. */
	bulk(sub: number, previous: number, at: number, immediates: number, end: number): number {
		if (sub < 0x08 || sub > 0x11) return 0;
		const first = lebAt(this.bytes, immediates);
		if (sub === 0x08 || sub === 0x0a || sub === 0x0b) return this.onMemory(sub, first, previous, at, immediates, end);
		return this.onTable(sub, first, at, immediates, end);
	}

	/** memory.init, copy or fill. */
	private onMemory(sub: number, first: number, previous: number, at: number, immediates: number, end: number): number {
		const { bytes, helpers, edits } = this;
		if (this.marks !== null) this.markRange(sub, first, at, immediates);
		const constant = this.constantLength(previous, at);
		if (constant !== null) return constant >> BYTES_SHIFT;
		if (sub === 0x0b) {
			edits.callInstead(at, end, helpers.memoryFill(first));
			return 0;
		}
		const second = lebAt(bytes, skipLeb(bytes, immediates));
		const func = sub === 0x0a ? helpers.memoryCopy(first, second) : helpers.memoryInit(first, second);
		if (func === null) edits.callBefore(at, helpers.chargeBytes());
		else edits.callInstead(at, end, func);
		return 0;
	}

	/** Marks what memory.init, copy or fill is about to write. */
	private markRange(sub: number, first: number, at: number, immediates: number): void {
		const second = (): number => lebAt(this.bytes, skipLeb(this.bytes, immediates));
		const memory = sub === 0x08 ? second() : first;
		const source = sub === 0x0a ? second() : null;
		this.edits.callBefore(at, this.helpers.markRange(memory, source, sub === 0x08, this.marks!.mapOf(memory)));
	}

	/** table.init, copy, grow, size or fill; data.drop or elem.drop. */
	private onTable(sub: number, first: number, at: number, immediates: number, end: number): number {
		const { bytes, helpers, edits } = this;
		switch (sub) {
			case 0x09: // data.drop
			case 0x0d: // elem.drop
				this.drops = true;
				break;
			case 0x0c: {
				const table = lebAt(bytes, skipLeb(bytes, immediates));
				this.writesTable(table);
				edits.callInstead(at, end, helpers.tableInit(first, table));
				break;
			}
			case 0x0e: // table.copy
				this.writesTable(first);
				edits.callInstead(at, end, helpers.tableCopy(first, lebAt(bytes, skipLeb(bytes, immediates))));
				break;
			case 0x0f: // table.grow
				this.module.features.add("table-grow");
				this.writesTable(first);
				edits.callInstead(at, end, helpers.tableGrow(first));
				return GROW_COST;
			case 0x11: // table.fill
				this.writesTable(first);
				edits.callInstead(at, end, helpers.tableFill(first));
				break;
		}
		return 0;
	}

	/**
	 * The length of an operation on memory when it is a small constant, else null. Such an operation stays as it is: V8
	 * makes a few moves of it, 1 ns instead of 7.
	 */
	private constantLength(previous: number, at: number): number | null {
		if (this.bytes[previous] !== 0x41) return null; // i32.const
		const length = new Reader(this.bytes, previous + 1, at).s32();
		return length < 0 || length > MAX_CONSTANT_LENGTH ? null : length;
	}
}

/** Does an instruction say which data segment it means? memory.init, data.drop, array.new_data and array.init_data. */
function namesData(prefix: number, sub: number): boolean {
	return (prefix === 0xfc && (sub === 0x08 || sub === 0x09)) || (prefix === 0xfb && (sub === 0x09 || sub === 0x12));
}
