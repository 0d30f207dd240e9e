/** Writes the code section again, with the charges and calls that the scanner asked for. */
import { Reader } from "../../binary/reader.ts";
import { Writer } from "../../binary/writer.ts";
import { VAL_TYPE } from "./assembler.ts";
import { Calls } from "./calls.ts";
import { frameBytes } from "./depth.ts";
import { AFTER_STORE, BEFORE_STORE, CALL, CHARGE, LOOP, TAIL_CALL } from "./edits.ts";
import { Helpers } from "./helpers.ts";
import { HINT_SECTION, type Hint, HintWriter, readHints } from "./hints.ts";
import { Sizes } from "./inlining.ts";
import { FUNCTION } from "./loops.ts";
import { Marks } from "./marks.ts";
import { ExportKind, type Module, Section } from "./module.ts";
import { Scanner } from "./scan.ts";
import { lebAt, skipLeb } from "./skip.ts";
import { MeterError } from "./types.ts";

export interface RewrittenCode {
	/** The code section's content. */
	code: Uint8Array;
	/** The content of the section of branch hints. */
	hints: Uint8Array | null;
	/** The types to append, each a whole recursive type. */
	types: Uint8Array[];
	/** The types of the appended functions. */
	helperTypes: number[];
	scanner: Scanner;
	/** The function to export, or to start with, instead of one that can recurse. */
	wrappers: Map<number, number>;
	/** The depth of calls is counted: the global that holds it is needed. */
	countsDepth: boolean;
}

const NO_HINTS: Hint[] = [];
const NONE = -1;
/** The edit that charges a function's entry. */
const ENTRY = 0;
/** So many slots for marks are in the estimate of each frame (`depth.ts`). */
const FREE_SLOTS = 2;
/** `call` and an index: at most six bytes; a charge: well below this. */
const EDIT_ROOM = 64;

class Rewriter {
	private readonly bytes: Uint8Array;
	private readonly scanner: Scanner;
	private readonly helpers: Helpers;
	private readonly out: Writer;
	private readonly hints: HintWriter;
	/** The local that holds the counter, or `NONE`. */
	private counter = NONE;
	/** The local that holds the depth, where it is counted, and the size of the function's frame. */
	private depth = NONE;
	private frame = 0;

	private readonly compact: boolean;
	private readonly marks: Marks | null;

	constructor(
		bytes: Uint8Array,
		scanner: Scanner,
		helpers: Helpers,
		out: Writer,
		hints: HintWriter,
		marks: Marks | null,
		compact: boolean,
	) {
		this.compact = compact;
		this.marks = marks;
		this.bytes = bytes;
		this.scanner = scanner;
		this.helpers = helpers;
		this.out = out;
		this.hints = hints;
	}

	/**
	 * Writes the body between two offsets, as the scanner left its edits, and returns its length. `old` are the hints
	 * that the module has.
	 */
	body(start: number, end: number, old: Hint[], params: number): number {
		const { out, hints } = this;
		const { edits, localCount, wideLocals, counted } = this.scanner;
		const bodyStart = out.pos;
		this.depth = params + localCount;
		this.frame = frameBytes(this.depth + wideLocals + Math.max(0, (this.marks?.slots ?? 0) - FREE_SLOTS));
		this.counter = this.cachesCounter() ? this.depth + (counted ? 1 : 0) : NONE;
		let from = start;
		let nextHint = 0;
		/** Copies the original up to `to`, and the hints in it. */
		const copy = (to: number) => {
			const moved = out.pos - bodyStart - (from - start);
			for (let hint = old[nextHint]; hint !== undefined && hint.offset < to - start; hint = old[++nextHint]) {
				if (hint.offset >= from - start) hints.add(hint.offset + moved, hint.value);
			}
			out.put(this.bytes, from, to);
			from = to;
		};
		const added = (counted ? 1 : 0) + (this.counter === NONE ? 0 : 1);
		if (added > 0 || this.markGroups > 0) from = this.declareLocals(start, added);
		if (counted) hints.add(this.helpers.depth.enter(out, this.depth, this.frame) - bodyStart, 0);
		for (let i = 0; i < edits.count; i++) {
			if (this.isNothing(i)) continue;
			copy(edits.at[i]!);
			out.reserve(EDIT_ROOM);
			const skip = edits.skip[i]!;
			if (skip === LOOP) this.helpers.charger.cache(out, this.counter);
			else if (skip === CHARGE) this.charge(i, bodyStart);
			else if (skip === CALL) this.helpers.depth.call(out, this.depth);
			else if (skip === BEFORE_STORE) this.marks!.before(out, edits.what[i]!);
			else if (skip === AFTER_STORE) this.marks!.after(out, edits.what[i]!);
			else if (skip === TAIL_CALL) this.helpers.depth.tailCall(out, this.depth, this.frame);
			else {
				out.byte(0x10).u32(edits.what[i]!);
				from += skip;
			}
		}
		copy(end);
		const size = out.pos - bodyStart;
		out.prefixLength(bodyStart);
		return size;
	}

	/** A loop that calls nothing is charged, so that a local for the counter pays. */
	private cachesCounter(): boolean {
		const { edits, loops, regions } = this.scanner;
		if (!loops.any || this.compact) return false;
		for (let i = 0; i < edits.count; i++) {
			const loop = edits.loop[i]!;
			if (edits.skip[i] !== CHARGE || loop === FUNCTION) continue;
			if (regions.cost[edits.what[i]!] !== 0 && loops.cached(loop)) return true;
		}
		return false;
	}

	private get markGroups(): number {
		return this.marks?.groups ?? 0;
	}

	/** Declares more locals, of type i32 and what marks need, and returns the offset behind the declarations of the body at `start`. */
	private declareLocals(start: number, count: number): number {
		const { bytes, out } = this;
		const { localsEnd } = this.scanner;
		const groups = (count > 0 ? 1 : 0) + this.markGroups;
		out.u32(lebAt(bytes, start) + groups).put(bytes, skipLeb(bytes, start), localsEnd);
		if (count > 0) out.u32(count).byte(VAL_TYPE.i32);
		this.marks?.declare(out, this.depth + count);
		return localsEnd;
	}

	/** Nothing is to be written for the edit. */
	private isNothing(edit: number): boolean {
		const { edits, loops, regions } = this.scanner;
		const what = edits.what[edit]!;
		if (edits.skip[edit] === LOOP) return this.counter === NONE || !loops.opens(what);
		if (edits.skip[edit] !== CHARGE || regions.cost[what] !== 0) return false;
		return edit !== ENTRY || !this.cachesAtEntry();
	}

	/** The function calls nothing: its entry reads the counter for all of it. */
	private cachesAtEntry(): boolean {
		return this.counter !== NONE && this.scanner.loops.cached(FUNCTION);
	}

	private charge(edit: number, bodyStart: number): void {
		const { out, counter } = this;
		const { charger } = this.helpers;
		const { edits, loops, regions } = this.scanner;
		const cost = regions.cost[edits.what[edit]!]!;
		if (cost === 0) {
			charger.cache(out, counter);
			return;
		}
		if (this.compact) {
			out.byte(0x41).s32(cost).byte(0x10).u32(this.helpers.charge()); // i32.const, call
			return;
		}
		const cached = counter !== NONE && loops.cached(edits.loop[edit]!);
		const hint = cached ? charger.cached(out, cost, counter, edit !== ENTRY) : charger.constant(out, cost);
		this.hints.add(hint - bodyStart, 0);
	}
}

/** Rewritten code that is this much longer than the original, and so many bytes more, is written again with calls to charge. */
const MAX_GROWTH = 2;
/** With marks, which are no fewer in compact code. */
const MAX_TRACKED_GROWTH = 3;
const ALLOWANCE = 65_536;

/**
 * Rewrites all functions, and appends the helpers. Charges stand in the code itself, unless that makes too much of it:
 * code made of nothing but short loops would be four times as long, and calls to charge make it less than twice as long.
 * The fuel is the same. Throws a `MeterError` on code that cannot be metered.
 */
export function rewriteModule(module: Module, tracked: boolean): { code: RewrittenCode; helpers: Helpers } {
	const helpers = new Helpers(module);
	const code = rewriteCode(module, helpers, tracked, false);
	const before = module.sections.get(Section.code)?.length ?? 0;
	const growth = tracked ? MAX_TRACKED_GROWTH : MAX_GROWTH;
	if (code.code.length <= growth * before + ALLOWANCE) return { code, helpers };
	const others = new Helpers(module);
	return { code: rewriteCode(module, others, tracked, true), helpers: others };
}

function rewriteCode(module: Module, helpers: Helpers, tracked: boolean, compact: boolean): RewrittenCode {
	const content = module.sections.get(Section.code) ?? new Uint8Array([0]);
	const old = module.customs.find(({ name }) => name === HINT_SECTION);
	const oldHints = readHints(old?.content ?? new Uint8Array([0]));
	const calls = new Calls(module);
	const marks = tracked ? new Marks(content, module) : null;
	const scanner = new Scanner(content, module, helpers, calls, marks);
	const out = new Writer(content.length + (content.length >> 2) + 4096);
	const hints = new HintWriter();
	const rewriter = new Rewriter(content, scanner, helpers, out, hints, marks, compact);
	const reader = new Reader(content);
	const count = reader.u32();
	if (count !== module.funcs - module.importedFuncs) throw new MeterError("functions and bodies differ in number");
	const before = new Sizes();
	const after = new Sizes();
	for (let i = 0; i < count; i++) {
		const size = reader.u32();
		before.add(size);
		const start = reader.pos;
		reader.take(size);
		const func = module.importedFuncs + i;
		scanner.scan(func, start, reader.pos);
		const params = module.params[module.funcTypes[func]!] ?? 0;
		after.add(rewriter.body(start, reader.pos, oldHints.get(func) ?? NO_HINTS, params));
		hints.end(func);
	}
	if (!reader.done) throw new MeterError("section 10 is longer than its items");
	const called = module.exports.flatMap(({ kind, index }) => (kind === ExportKind.func ? [index] : []));
	if (module.start !== null) called.push(module.start);
	const wrappers = helpers.wrap(called.filter((func) => func >= module.importedFuncs && calls.recurses(func)));
	const { countsDepth } = helpers;
	const added = helpers.finish((bodies) => {
		for (const body of bodies) after.add(body.length);
		return after.missing(before);
	});
	added.helpers.forEach((helper, i) => {
		out.sized(helper.body);
		for (const offset of helper.hints) hints.add(offset, 0);
		hints.end(module.funcs + i);
	});
	const code = new Writer(out.pos + 8)
		.u32(count + added.helpers.length)
		.put(out.view())
		.view();
	const helperTypes = added.helpers.map((helper) => helper.type);
	return { code, hints: hints.section(), types: added.types, helperTypes, scanner, wrappers, countsDepth };
}
