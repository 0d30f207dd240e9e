/** Memory that is to hold nothing. */
import { moduleOf, vectorSection, Writer } from "./binary/writer.ts";

/** Memory is looked at, and emptied, in pieces of this size, bytes: larger ones do not fit the fastest cache, smaller ones cost calls. */
export const CHUNK = 16_384;

const ZEROS = Buffer.alloc(CHUNK);

/** Holds a piece of at most `CHUNK` bytes zeros only? */
export function isEmpty(bytes: Buffer, start: number, end: number): boolean {
	return bytes.compare(ZEROS, 0, end - start, start, end) === 0;
}

/**
 * Empties memory from one offset to another (multiples of 128), without a write to what is empty already: the kernel
 * gives a page memory of its own only once it is written to.
 */
export function empty(memory: WebAssembly.Memory, from = 0, to = memory.buffer.byteLength): void {
	const bytes = new Uint8Array(memory.buffer);
	const scan = scanOf(memory);
	for (let start = scan(from, to); start < to; start = scan(start, to)) {
		const end = Math.min(start + CHUNK, to);
		bytes.fill(0, start, end);
		start = end;
	}
}

/** Looks from `start` on, in steps of 128 bytes; gives where the step begins that is not empty, or `end`. Both are multiples of 128. */
export type Scan = (start: number, end: number) => number;

/** Bytes that one step of a scan looks at. */
const SCANNED = 128;
let scanModule: WebAssembly.Module | undefined;
const scans = new WeakMap<WebAssembly.Memory, Scan>();

/** A scan of a memory (of 32-bit indices): 1.7 times as fast as to compare it with zeros, since only one of two is read. */
export function scanOf(memory: WebAssembly.Memory): Scan {
	let scan = scans.get(memory);
	if (scan === undefined) {
		scanModule ??= new WebAssembly.Module(scanBytes());
		const { exports } = new WebAssembly.Instance(scanModule, { "": { memory } });
		scan = exports.scan as Scan;
		scans.set(memory, scan);
	}
	return scan;
}

/** `loop { if at >= end or any of 128 bytes at `at`: leave; at += 128 }; at` */
function scanBytes(): Uint8Array<ArrayBuffer> {
	const body = new Writer().u32(0);
	body.ops(0x02, 0x40, 0x03, 0x40); // block, loop
	body.ops(0x20, 0, 0x20, 1, 0x4f, 0x0d, 1); // local.get at, local.get end, i32.ge_u, br_if 1
	for (let offset = 0; offset < SCANNED; offset += 16) {
		body.ops(0x20, 0, 0xfd, 0x00, 0x04).u32(offset); // local.get at, v128.load
		if (offset > 0) body.ops(0xfd, 0x50); // v128.or
	}
	body.ops(0xfd, 0x53, 0x0d, 1); // v128.any_true, br_if 1
	body.ops(0x20, 0, 0x41).s32(SCANNED).ops(0x6a, 0x21, 0, 0x0c, 0); // at += 128, br 0
	body.ops(0x0b, 0x0b, 0x20, 0, 0x0b); // end, end, local.get at, end
	return moduleOf([
		vectorSection(1, 1, (out) => out.ops(0x60, 2, 0x7f, 0x7f, 1, 0x7f)),
		vectorSection(2, 1, (out) => out.name("").name("memory").ops(0x02, 0x00, 0x00)),
		vectorSection(3, 1, (out) => out.u32(0)),
		vectorSection(7, 1, (out) => out.name("scan").ops(0x00, 0x00)),
		vectorSection(10, 1, (out) => out.sized(body.view())),
	]);
}
