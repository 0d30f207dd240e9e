/**
 * The exact cost of what a module executes, to compare the metered fuel with: each single instruction adds its cost to a
 * counter before it runs. Slow, and with nothing in common with the metering but the tables of instructions.
 */
import { Reader } from "../../../host/engine/binary/reader.ts";
import { Writer } from "../../../host/engine/binary/writer.ts";
import { COST, PREPAID } from "../../../host/engine/build/meter/opcodes.ts";
import { lebAt, skipInstruction, skipLeb, skipValType } from "../../../host/engine/build/meter/skip.ts";

const SECTION = { import: 2, global: 6, export: 7, code: 10 };
/** The sections in the order in which they stand; a global section that is not there is added. */
const ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

/** A call costs what calling costs; what the called function does is counted in it. */
const costOf = (op: number) => (op >= 0x10 && op <= 0x15 ? COST[op]! - PREPAID : COST[op]!);

/** The body with `counter += cost` before each instruction that costs something. */
function countedBody(body: Uint8Array, counter: number): Uint8Array {
	const out = new Writer(body.length * 8);
	let pos = skipLeb(body, 0);
	for (let groups = lebAt(body, 0); groups > 0; groups--) pos = skipValType(body, skipLeb(body, pos));
	out.put(body, 0, pos);
	while (pos < body.length) {
		const cost = costOf(body[pos]!);
		if (cost > 0) out.byte(0x23).u32(counter).byte(0x42).s32(cost).byte(0x7c).byte(0x24).u32(counter); // i64.add
		const end = skipInstruction(body, pos);
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

/** The module with an exact count. It imports no globals. */
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
