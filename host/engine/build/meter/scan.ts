/**
 * Scans one function's body: finds its regions and what they cost. One pass over the bytes; the edits it finds are applied by `rewrite.ts`.
 */
import type { Calls } from "./calls.ts";
import { Edits } from "./edits.ts";
import { Frame, Frames } from "./frames.ts";
import type { Helpers } from "./helpers.ts";
import { FUNCTION, Loops } from "./loops.ts";
import type { Marks } from "./marks.ts";
import type { Module } from "./module.ts";
import { BASE, COST, Imm } from "./opcodes.ts";
import { Operands } from "./operands.ts";
import { DEAD, Regions } from "./regions.ts";
import { lebAt, prefixedKind, skipBlockType, skipHeapType, skipImmediate, skipLeb, skipValType } from "./skip.ts";
import { written } from "./stores.ts";
import { MeterError } from "./types.ts";

/** A call zeroes its locals: eight of them (64 bytes) cost 1 fuel. */
const LOCALS_SHIFT = 3;
const V128 = 0x7b;

export class Scanner {
	readonly edits = new Edits();
	readonly regions = new Regions();
	readonly loops = new Loops();
	readonly operands: Operands;
	private readonly frames = new Frames();
	private readonly bytes: Uint8Array;
	private readonly module: Module;
	private readonly calls: Calls;
	/** What it writes is marked. */
	private readonly marks: Marks | null;
	/** The function's depth is counted. */
	counted = false;
	/** Behind the declarations of the locals, of which there are so many; parameters are not counted. */
	localsEnd = 0;
	localCount = 0;
	/** Those of them that are vectors, and take two slots of a frame. */
	wideLocals = 0;
	/** The offset behind the last byte read. */
	private pos = 0;
	/** The region that the next instruction belongs to. */
	private region = DEAD;
	/** The loop that it is in. */
	private inLoop = FUNCTION;
	/** The offset of the instruction before the current one; known in `control` and `prefixed`. */
	private previous = 0;

	constructor(bytes: Uint8Array, module: Module, helpers: Helpers, calls: Calls, marks: Marks | null) {
		this.bytes = bytes;
		this.marks = marks;
		this.calls = calls;
		this.module = module;
		this.operands = new Operands(bytes, module, helpers, this.edits, marks);
	}

	/** Scans the body (its locals and its code) of `func` between two offsets. `edits` and `regions` then hold what is to be done. */
	scan(func: number, start: number, end: number): void {
		this.counted = this.calls.recurses(func);
		this.regions.reset();
		this.edits.count = 0;
		this.marks?.reset();
		this.frames.reset();
		this.loops.reset();
		this.inLoop = FUNCTION;
		this.frames.push(Frame.block, DEAD, FUNCTION);
		this.pos = start;
		this.localCount = this.locals(end);
		this.localsEnd = this.pos;
		this.region = this.regions.root();
		this.spend(this.localCount >> LOCALS_SHIFT);
		this.edits.charge(this.pos, this.region, FUNCTION);
		this.code(end);
		if (this.frames.top >= 0 || this.pos !== end) this.fail("malformed function body");
		this.regions.settle();
	}

	private fail(what: string): never {
		throw new MeterError(`${what} at offset ${this.pos}`);
	}

	/** The number of locals; moves behind their declarations. */
	private locals(end: number): number {
		let total = 0;
		this.wideLocals = 0;
		for (let groups = this.u32(); groups > 0; groups--) {
			if (this.pos >= end) this.fail("malformed locals");
			const count = this.u32();
			total += count;
			if (this.bytes[this.pos] === V128) this.wideLocals += count;
			this.pos = skipValType(this.bytes, this.pos);
		}
		if (total > 2 ** 31) this.fail("too many locals");
		return total;
	}

	private u32(): number {
		const value = lebAt(this.bytes, this.pos);
		this.pos = skipLeb(this.bytes, this.pos);
		return value;
	}

	private spend(fuel: number): void {
		this.regions.cost[this.region] = this.regions.cost[this.region]! + fuel;
	}

	/** The instructions. The common kinds are stepped over right here, for speed. */
	private code(end: number): void {
		const { bytes, frames } = this;
		let p = this.pos;
		let at = p;
		while (p < end) {
			const previous = at;
			at = p;
			const op = bytes[p++]!;
			const kind = BASE[op]!;
			const cost = this.regions.cost;
			cost[this.region] = cost[this.region]! + COST[op]!;
			if (kind === Imm.none) continue;
			if (kind === Imm.leb) {
				while (bytes[p++]! >= 0x80);
				continue;
			}
			this.pos = p;
			this.previous = previous;
			if (kind < Imm.castBranch) {
				this.pos = skipImmediate(kind, bytes, p);
				if (kind === Imm.memarg) this.access(null, op, at);
			} else if (kind === Imm.control) this.control(op, at);
			else if (kind === Imm.unknown) this.fail(`unknown instruction 0x${op.toString(16)} before`);
			else this.prefixed(op, at);
			p = this.pos;
			if (frames.top < 0) return;
		}
		this.pos = p;
	}

	/** An instruction with a memory argument, from `at` to here. */
	private access(prefix: number | null, op: number, at: number): void {
		if (this.marks === null || written(prefix, op, at) === null) return;
		this.marks.found(at);
		this.edits.store(at, this.pos);
	}

	private control(op: number, at: number): void {
		switch (op) {
			case 0x02: // block
				this.open(Frame.block);
				break;
			case 0x03:
				this.loop(at);
				break;
			case 0x04:
				this.if();
				break;
			case 0x05: // else
				this.arm(Frame.else);
				break;
			case 0x06: // try
				this.module.features.add("legacy-exceptions");
				this.open(Frame.block);
				break;
			case 0x07: // catch
				this.u32();
				this.arm(Frame.block);
				break;
			case 0x19: // catch_all
				this.arm(Frame.block);
				break;
			case 0x18: // delegate: ends its try
				this.u32();
				this.end();
				break;
			case 0x0b:
				this.end();
				break;
			case 0x1f:
				this.tryTable();
				break;
			case 0x0d: // br_if
			case 0xd5: // br_on_null
			case 0xd6: // br_on_non_null
				this.conditional(this.u32());
				break;
			case 0x10: // call
			case 0x11: // call_indirect
			case 0x14: // call_ref
				this.call(op, at);
				break;
			case 0x26: // table.set
				this.operands.writesTable(this.u32());
				break;
			case 0x40:
				this.operands.memoryGrow(this.u32(), at, this.pos);
				this.loops.call(this.inLoop);
				break;
			default:
				this.leave(op, at);
		}
	}

	/** What does not go on behind itself: branches, unreachable, throws, returns, tail calls. */
	private leave(op: number, at: number): void {
		const { features } = this.module;
		switch (op) {
			case 0x00: // unreachable
				break;
			case 0x09: // rethrow
				features.add("legacy-exceptions");
				this.u32();
				break;
			case 0x08: // throw
				this.u32();
				features.add("exceptions");
				break;
			case 0x0a: // throw_ref
				features.add("exceptions");
				break;
			case 0x0c: // br
				this.branch(this.u32());
				break;
			case 0x0e: // br_table: its default label is behind the counted ones
				for (let count = this.u32(); count >= 0; count--) this.branch(this.u32());
				break;
			case 0x0f: // return
				this.branch(this.frames.top);
				break;
			case 0x12: // return_call
			case 0x13: // return_call_indirect
			case 0x15: // return_call_ref
				this.tailCall(op, at);
				features.add("tail-call");
				this.branch(this.frames.top);
				break;
			default:
				throw new MeterError(`unknown instruction 0x${op.toString(16)} at offset ${at}`);
		}
		this.region = DEAD;
	}

	private call(op: number, at: number): void {
		const target = this.u32();
		if (op === 0x11) this.u32();
		this.loops.call(this.inLoop);
		if (this.counted && (op !== 0x10 || this.calls.matters(target))) this.edits.call(at, false);
	}

	private tailCall(op: number, at: number): void {
		const target = this.u32();
		if (op === 0x13) this.u32();
		if (this.counted && (op !== 0x12 || this.calls.matters(target))) this.edits.call(at, true);
	}

	private open(kind: number): void {
		this.pos = skipBlockType(this.bytes, this.pos);
		this.frames.push(kind, this.region, this.inLoop);
	}

	/** Starts a region here, reached only after `parent`. */
	private enter(parent: number): void {
		this.region = parent === DEAD ? DEAD : this.regions.child(parent);
		if (this.region !== DEAD) this.edits.charge(this.pos, this.region, this.inLoop);
	}

	private loop(at: number): void {
		this.inLoop = this.loops.open(this.inLoop);
		this.open(Frame.loop);
		if (this.region === DEAD) return;
		this.edits.begin(at, this.inLoop);
		this.region = this.regions.root();
		this.edits.charge(this.pos, this.region, this.inLoop);
	}

	private if(): void {
		this.open(Frame.if);
		this.enter(this.region);
		this.frames.arm[this.frames.top] = this.region;
	}

	/** The next arm of an if or of a legacy try. */
	private arm(kind: number): void {
		const { frames } = this;
		const top = frames.top;
		if (this.region !== DEAD) frames.runsOn();
		this.enter(frames.before[top]!);
		if (kind === Frame.else && this.region !== DEAD) this.regions.exclude(this.region, frames.arm[top]!);
		frames.kind[top] = kind;
	}

	private end(): void {
		const { frames } = this;
		const top = frames.top;
		const before = frames.before[top]!;
		// An if without else goes on when its condition is false.
		const ends = this.region !== DEAD || frames.ends[top] === 1 || frames.kind[top] === Frame.if;
		const left = frames.reach[top]! < top;
		frames.pop();
		if (frames.top >= 0) this.inLoop = frames.loop[frames.top]!;
		if (!ends) this.region = DEAD;
		else if (!left) this.region = before;
		else this.afterBlock(top);
	}

	/** Goes on behind block `index`, which control may have left to somewhere else. */
	private afterBlock(index: number): void {
		const { frames } = this;
		const before = frames.before[index]!;
		const arm = frames.arm[index]!;
		// A switch: the code before the block's end does not run on, and the block's label is jumped to by what came
		// before the block alone. Then what follows is executed instead of the last arm, which is inside the block.
		const instead = this.region === DEAD && frames.source[index] === before && arm !== DEAD;
		this.enterIn(before);
		if (instead && this.region !== DEAD) this.regions.exclude(this.region, arm);
	}

	/** Starts a region here, and notes it as an arm of the innermost block when `parent` is the region before that. */
	private enterIn(parent: number): void {
		const { frames } = this;
		this.enter(parent);
		if (frames.before[frames.top] === parent) frames.arm[frames.top] = this.region;
	}

	private tryTable(): void {
		this.module.features.add("exceptions");
		this.pos = skipBlockType(this.bytes, this.pos);
		for (let count = this.u32(); count > 0; count--) {
			const kind = this.bytes[this.pos++]!;
			if (kind > 3) this.fail("unknown catch clause");
			if (kind < 2) this.u32();
			if (!this.frames.catches(this.u32())) this.fail("unknown label");
		}
		this.frames.push(Frame.block, this.region, this.inLoop);
	}

	private branch(depth: number): void {
		// A branch that is never reached says nothing about its target.
		const known = this.region === DEAD ? depth <= this.frames.top : this.frames.branch(depth, this.region);
		if (!known) this.fail("unknown label");
	}

	private conditional(depth: number): void {
		this.branch(depth);
		this.enterIn(this.region);
	}

	private castBranch(): void {
		this.pos++;
		const depth = this.u32();
		this.pos = skipHeapType(this.bytes, skipHeapType(this.bytes, this.pos));
		this.conditional(depth);
	}

	private prefixed(op: number, at: number): void {
		const sub = this.u32();
		const kind = prefixedKind(op, sub, at);
		this.operands.uses(op, sub);
		if (kind === Imm.castBranch) {
			this.castBranch();
			return;
		}
		const immediates = this.pos;
		this.pos = skipImmediate(kind, this.bytes, immediates);
		if (kind === Imm.memarg || kind === Imm.memargLane) this.access(op, sub, at);
		const edits = this.edits.count;
		if (op === 0xfb) this.spend(this.operands.collected(sub, at, immediates));
		else if (op === 0xfc) this.spend(this.operands.bulk(sub, this.previous, at, immediates, this.pos));
		// A helper is called.
		if (this.edits.count > edits) this.loops.call(this.inLoop);
	}
}
