/**
 * Makes one data segment of many that lie near each other. Go's linker begins a new one wherever eight bytes are zero, 32,000 in all, and
 * wizer writes 10,000; V8 keeps a place and a size for each with every instance, and copies them one by one: most of what a
 * new Go instance cost.
 */
import { Reader } from "../binary/reader.ts";
import { Writer } from "../binary/writer.ts";
import { coreImports, sectionOf } from "./core-imports.ts";

/** Zeros between two segments that become part of one, at most, bytes: to copy them takes V8 less than to begin anew. */
const GAP = 256;

const [MEMORY, DATA, DATA_COUNT] = [5, 11, 12];
const HEADER_SIZE = 8;
const [I32_CONST, END] = [0x41, 0x0b];

interface Segment {
	at: number;
	bytes: Uint8Array;
}

/**
 * The module with fewer segments; the same one if they are not all at constant places, apart from each other, in a memory of its
 * own: elsewhere something may be between them. Only for modules whose code does not name them by their number.
 */
export function mergeData(bytes: Uint8Array): Uint8Array {
	const segments = definesMemory(bytes) ? segmentsOf(bytes) : null;
	const merged = segments === null ? null : mergedOf(segments);
	return merged === null || merged.length === segments!.length ? bytes : rewritten(bytes, merged);
}

function definesMemory(bytes: Uint8Array): boolean {
	return sectionOf(bytes, MEMORY) !== null && coreImports(bytes).every((it) => it.kind !== "memory");
}

/** The active segments, ascending: in which order they are written does not matter where they are apart. Null if they are anything else. */
function segmentsOf(bytes: Uint8Array): Segment[] | null {
	const r = sectionOf(bytes, DATA);
	if (r === null) return null;
	const segments: Segment[] = [];
	for (let left = r.u32(); left > 0; left--) {
		if (r.byte() !== 0 || r.byte() !== I32_CONST) return null;
		const at = r.s32() >>> 0;
		if (r.byte() !== END) return null;
		segments.push({ at, bytes: r.take(r.u32()) });
	}
	segments.sort((a, b) => a.at - b.at);
	return segments.every((it, i) => i === 0 || it.at >= endOf(segments[i - 1]!)) ? segments : null;
}

function endOf({ at, bytes }: Segment): number {
	return at + bytes.length;
}

function mergedOf(segments: readonly Segment[]): Segment[][] {
	const groups: Segment[][] = [];
	let end = Number.NEGATIVE_INFINITY;
	for (const segment of segments) {
		if (segment.at - end <= GAP) groups.at(-1)!.push(segment);
		else groups.push([segment]);
		end = endOf(segment);
	}
	return groups;
}

function rewritten(bytes: Uint8Array, groups: readonly Segment[][]): Uint8Array {
	const out = new Writer(bytes.length).put(bytes, 0, HEADER_SIZE);
	const reader = new Reader(bytes, HEADER_SIZE);
	while (!reader.done) {
		const start = reader.pos;
		const id = reader.byte();
		reader.take(reader.u32());
		if (id === DATA_COUNT) out.section(id, new Writer().u32(groups.length).view());
		else if (id === DATA) out.section(id, dataSection(groups, reader.pos - start));
		else out.put(bytes, start, reader.pos);
	}
	return out.done();
}

function dataSection(groups: readonly Segment[][], size: number): Uint8Array {
	const out = new Writer(size).u32(groups.length);
	for (const group of groups) {
		const { at } = group[0]!;
		out
			.ops(0, I32_CONST)
			.s32(at)
			.byte(END)
			.u32(endOf(group.at(-1)!) - at);
		let end = at;
		for (const segment of group) {
			out.put(ZEROS, 0, segment.at - end).put(segment.bytes);
			end = endOf(segment);
		}
	}
	return out.view();
}

const ZEROS = new Uint8Array(GAP);
