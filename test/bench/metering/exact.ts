/**
 * The exact cost of what a module executes, to compare the metered fuel with: each single instruction adds its cost to a
 * counter before it runs. Slow, and with nothing in common with the metering but the table of costs.
 */
import { BinaryError, Reader } from "../../../host/engine/binary/reader.ts";
import { Writer } from "../../../host/engine/binary/writer.ts";
import { BASE, COST, Imm, PREPAID } from "../../../host/engine/build/meter/opcodes.ts";
import {
	lebAt,
	prefixedKind,
	skipBlockType,
	skipHeapType,
	skipImmediate,
	skipLeb,
	skipValType,
} from "../../../host/engine/build/meter/skip.ts";

const SECTION = { import: 2, global: 6, export: 7, code: 10 };
/** The sections in the order in which they stand; a global section that is not there is added. */
const ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

/** A call costs what calling costs; what the called function does is counted in it. */
const costOf = (op: number) => (op >= 0x10 && op <= 0x15 ? COST[op]! - PREPAID : COST[op]!);

/** The offset behind the immediates of the instruction of structure at `pos`. */
function skipControl(op: number, bytes: Uint8Array, pos: number): number {
	if (op === 0x02 || op === 0x03 || op === 0x04 || op === 0x06) return skipBlockType(bytes, pos);
	if (op === 0x0e) {
		let at = skipLeb(bytes, pos);
		for (let count = lebAt(bytes, pos); count >= 0; count--) at = skipLeb(bytes, at);
		return at;
	}
	if (op === 0x1f) throw new BinaryError("try_table is not counted here");
	if (op === 0x11 || op === 0x13) return skipLeb(bytes, skipLeb(bytes, pos));
	const leb = [0x07, 0x08, 0x09, 0x0c, 0x0d, 0x10, 0x12, 0x14, 0x15, 0x18, 0x26, 0x40, 0xd5, 0xd6];
	return leb.includes(op) ? skipLeb(bytes, pos) : pos;
}

/** The offset behind the instruction at `pos`. */
function instructionEnd(bytes: Uint8Array, pos: number): number {
	const op = bytes[pos]!;
	const kind = BASE[op]!;
	if (kind === Imm.control) return skipControl(op, bytes, pos + 1);
	if (kind < Imm.castBranch) return skipImmediate(kind, bytes, pos + 1);
	const sub = lebAt(bytes, pos + 1);
	const at = skipLeb(bytes, pos + 1);
	const prefixed = prefixedKind(op, sub, pos);
	if (prefixed !== Imm.castBranch) return skipImmediate(prefixed, bytes, at);
	return skipHeapType(bytes, skipHeapType(bytes, skipLeb(bytes, at + 1)));
}

/** The body with `counter += cost` before each instruction that costs something. */
function countedBody(body: Uint8Array, counter: number): Uint8Array {
	const out = new Writer(body.length * 8);
	let pos = skipLeb(body, 0);
	for (let groups = lebAt(body, 0); groups > 0; groups--) pos = skipValType(body, skipLeb(body, pos));
	out.put(body, 0, pos);
	while (pos < body.length) {
		const cost = costOf(body[pos]!);
		if (cost > 0) out.byte(0x23).u32(counter).byte(0x42).s32(cost).byte(0x7c).byte(0x24).u32(counter); // i64.add
		const end = instructionEnd(body, pos);
		out.put(body, pos, end);
		pos = end;
	}
	return out.view();
}

function sectionsOf(bytes: Uint8Array): Map<number, Uint8Array> {
	const sections = new Map<number, Uint8Array>();
	const reader = new Reader(bytes, 8);
	while (!reader.done) {
		const id = reader.byte();
		const content = reader.take(reader.u32());
		if (id !== 0) sections.set(id, content);
	}
	return sections;
}

/** The section with `item` appended, and how many items it had. */
function appended(content: Uint8Array | undefined, item: Uint8Array): { content: Uint8Array; count: number } {
	const reader = new Reader(content ?? new Uint8Array([0]));
	const count = reader.u32();
	return {
		content: new Writer()
			.u32(count + 1)
			.put(reader.bytes, reader.pos)
			.put(item)
			.done(),
		count,
	};
}

/** The name of the export, a `(mut i64)`, that holds the exact cost. */
export const EXACT = "exact cost";

/** The module with an exact count. It imports no globals, and has no try_table. */
export function countExactly(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
	const sections = sectionsOf(bytes);
	const global = appended(sections.get(SECTION.global), new Uint8Array([0x7e, 0x01, 0x42, 0x00, 0x0b]));
	const named = appended(sections.get(SECTION.export), new Writer().name(EXACT).byte(3).u32(global.count).done());
	sections.set(SECTION.global, global.content);
	sections.set(SECTION.export, named.content);
	const bodies = new Reader(sections.get(SECTION.code)!).vec((r) => countedBody(r.take(r.u32()), global.count));
	const code = new Writer().u32(bodies.length);
	for (const body of bodies) code.sized(body);
	sections.set(SECTION.code, code.view());
	const out = new Writer().put(bytes, 0, 8);
	for (const id of ORDER) {
		const content = sections.get(id);
		if (content !== undefined) out.section(id, content);
	}
	return new Uint8Array(out.view());
}
