/**
 * Every instruction with a memory argument, found in the opcode tables and run: what changes memory must be known to
 * write, and must be marked. Operands are found by trying, so that nothing here says again what `stores.ts` says.
 */
import { describe, expect, it } from "vitest";
import { instantiateMetered } from "../../../../test/support/metered.ts";
import { moduleOf, vectorSection, Writer } from "../../binary/writer.ts";
import { PAGE_SHIFT } from "./marks.ts";
import { BASE, FC, FD, FE, Imm } from "./opcodes.ts";
import { written } from "./stores.ts";

const i32 = (value: bigint): number[] => [0x41, ...new Writer().s32(Number(BigInt.asIntN(32, value))).done()];
/** Its two halves, put together. */
const i64 = (value: bigint): number[] => [...i32(value >> 32n), 0xad, 0x42, 32, 0x86, ...i32(value), 0xad, 0x84];
/** Constants of each type, by their bits. */
const OPERANDS: Record<string, (value: bigint) => number[]> = {
	i32,
	i64,
	f32: (value) => [...i32(value), 0xbe], // f32.reinterpret_i32
	f64: (value) => [...i64(value), 0xbf],
	v128: (value) => [...i32(value), 0xfd, 0x11], // i32x4.splat
};
const VALUES = [[], ["i32"], ["i64"], ["f32"], ["f64"], ["v128"], ["i32", "i32"], ["i64", "i64"]];

/** Memory holds this everywhere, so that a compare-and-exchange finds what it expects, in one of its sizes. */
const HELD = 0x01;
const EXPECTED = [0x01n, 0x0101n, 0x0101_0101n, 0x0101_0101_0101_0101n];
const OTHER = 0x7274_7678n;
const ADDRESS = 5 << PAGE_SHIFT;

interface Instruction {
	prefix: number | null;
	op: number;
	lane: boolean;
}

function tableOf(prefix: number | null, table: Uint8Array): Instruction[] {
	const found: Instruction[] = [];
	for (const [op, kind] of table.entries())
		if (kind === Imm.memarg || kind === Imm.memargLane) found.push({ prefix, op, lane: kind === Imm.memargLane });
	return found;
}

const INSTRUCTIONS = [...tableOf(null, BASE), ...tableOf(0xfd, FD), ...tableOf(0xfe, FE)];

function bytesOf({ prefix, op, lane }: Instruction, align: number): number[] {
	const opcode = prefix === null ? [op] : [prefix, ...new Writer().u32(op).done()];
	return [...opcode, align, 0, ...(lane ? [0] : [])];
}

/** A module whose export `run` executes it once; null if no operands fit. */
function moduleFor(instruction: Instruction, expected: bigint): Uint8Array<ArrayBuffer> | null {
	for (const values of VALUES) {
		for (let align = 0; align <= 4; align++) {
			for (const dropped of [[], [0x1a]]) {
				const constants = values.flatMap((type, i) => OPERANDS[type]!(i === 0 && values.length > 1 ? expected : OTHER));
				const body = [...i32(BigInt(ADDRESS)), ...constants, ...bytesOf(instruction, align), ...dropped];
				const bytes = moduleOf([
					vectorSection(1, 1, (out) => out.ops(0x60, 0, 0)),
					vectorSection(3, 1, (out) => out.u32(0)),
					vectorSection(5, 1, (out) => out.ops(0x00, 1)),
					vectorSection(7, 2, (out, i) => (i === 0 ? out.name("run").ops(0, 0) : out.name("memory").ops(2, 0))),
					vectorSection(10, 1, (out) => out.sized(Uint8Array.from([0, ...body, 0x0b]))),
				]);
				if (WebAssembly.validate(bytes)) return bytes;
			}
		}
	}
	return null;
}

const nameOf = ({ prefix, op }: Instruction): string =>
	`${prefix === null ? "" : `0x${prefix.toString(16)} `}0x${op.toString(16)}`;

describe("an instruction with a memory argument", () => {
	it("is one of those that are run here", () => {
		// core 1.0: 14 loads, 9 stores; vectors: 22; atomics: 63.
		expect(INSTRUCTIONS).toHaveLength(23 + 22 + 63);
	});

	it.each(INSTRUCTIONS.map((it) => [nameOf(it), it] as const))("%s is marked if it writes", (_name, instruction) => {
		let writes = false;
		for (const expected of EXPECTED) {
			const { exports, metered } = instantiateMetered(moduleFor(instruction, expected)!, { tracked: true });
			const memory = Buffer.from((exports.memory as WebAssembly.Memory).buffer).fill(HELD);
			(exports.run as () => void)();
			const changed = memory.some((it) => it !== HELD);
			const map = new Uint8Array((exports[metered.meta.maps![0]!.export] as WebAssembly.Memory).buffer);
			if (changed) expect(map.indexOf(1)).toBe(ADDRESS >> PAGE_SHIFT);
			writes ||= changed;
		}
		const known = written(instruction.prefix, instruction.op, 0);
		expect(known !== null).toBe(writes);
	});

	it("that is not known is an error", () => {
		expect(() => written(null, 0x3f, 7)).toThrow("unknown access to memory 0x3f at offset 7");
		expect(() => written(0xfd, 0x0c, 7)).toThrow("unknown access");
		expect(() => written(0xfe, 0x4f, 7)).toThrow("unknown access");
		expect(() => written(0xfc, 0x0b, 7)).toThrow("unknown access");
	});
});

it("no other instruction writes to memory but those behind 0xfc that are known", () => {
	// 8 memory.init, 10 memory.copy, 11 memory.fill; 12 to 17 are of tables; 18, memory.discard, would write, and is not taken.
	const known = [...FC.entries()].filter(([, kind]) => kind !== Imm.unknown).map(([op]) => op);
	expect(known.filter((op) => op > 0x11)).toEqual([0x13, 0x14, 0x15, 0x16]);
});
