/** Writes the code section again, with the charges and calls that the scanner asked for. */
import { Reader } from "../../binary/reader.ts";
import { Writer } from "../../binary/writer.ts";
import { CHARGE } from "./edits.ts";
import type { Helpers } from "./helpers.ts";
import { HINT_SECTION, type Hint, HintWriter, readHints } from "./hints.ts";
import { type Module, Section } from "./module.ts";
import { Scanner } from "./scan.ts";
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
}

const NO_HINTS: Hint[] = [];
/** `call` and an index: at most six bytes; a charge: well below this. */
const EDIT_ROOM = 64;

class Rewriter {
	private readonly bytes: Uint8Array;
	private readonly scanner: Scanner;
	private readonly helpers: Helpers;
	private readonly out: Writer;
	private readonly hints: HintWriter;

	constructor(bytes: Uint8Array, scanner: Scanner, helpers: Helpers, out: Writer, hints: HintWriter) {
		this.bytes = bytes;
		this.scanner = scanner;
		this.helpers = helpers;
		this.out = out;
		this.hints = hints;
	}

	/** Writes the body between two offsets, as the scanner left its edits. `old` are the hints that the module has. */
	body(start: number, end: number, old: Hint[]): void {
		const { out, hints } = this;
		const { edits, regions } = this.scanner;
		const bodyStart = out.pos;
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
		for (let i = 0; i < edits.count; i++) {
			const what = edits.what[i]!;
			const skip = edits.skip[i]!;
			const cost = skip === CHARGE ? regions.cost[what]! : 0;
			if (skip === CHARGE && cost === 0) continue;
			copy(edits.at[i]!);
			out.reserve(EDIT_ROOM);
			if (skip === CHARGE) {
				hints.add(this.helpers.charger.constant(out, cost) - bodyStart, 0);
			} else {
				out.byte(0x10).u32(what);
				from += skip;
			}
		}
		copy(end);
		out.prefixLength(bodyStart);
	}
}

/** Rewrites all functions, and appends the helpers. Throws a `MeterError` on code that cannot be metered. */
export function rewriteCode(module: Module, helpers: Helpers): RewrittenCode {
	const content = module.sections.get(Section.code) ?? new Uint8Array([0]);
	const old = module.customs.find(({ name }) => name === HINT_SECTION);
	const oldHints = readHints(old?.content ?? new Uint8Array([0]));
	const scanner = new Scanner(content, module, helpers);
	const out = new Writer(content.length + (content.length >> 2) + 4096);
	const hints = new HintWriter();
	const rewriter = new Rewriter(content, scanner, helpers, out, hints);
	const reader = new Reader(content);
	const count = reader.u32();
	if (count !== module.funcs - module.importedFuncs) throw new MeterError("functions and bodies differ in number");
	for (let i = 0; i < count; i++) {
		const size = reader.u32();
		const start = reader.pos;
		reader.take(size);
		scanner.scan(start, reader.pos);
		const func = module.importedFuncs + i;
		rewriter.body(start, reader.pos, oldHints.get(func) ?? NO_HINTS);
		hints.end(func);
	}
	if (!reader.done) throw new MeterError("section 10 is longer than its items");
	const added = helpers.finish();
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
	return { code, hints: hints.section(), types: added.types, helperTypes, scanner };
}
