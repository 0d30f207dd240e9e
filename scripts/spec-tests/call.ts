/**
 * Calls an export with the values of a test. Numbers and vectors go through a small module made for the call: JavaScript
 * would change a NaN's bits, and can't hold a vector.
 */
import { Writer } from "../../host/engine/binary/writer.ts";

/** A value as `wasm-tools json-from-wast` writes it: integers and the bits of floats in decimal. */
export interface Value {
	type: string;
	lane_type?: string;
	value?: string | string[];
	values?: Value[];
}

const NUMERIC: Record<string, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const LANE_BYTES: Record<string, number> = { i8: 1, i16: 2, i32: 4, f32: 4, i64: 8, f64: 8 };
const BYTES: Record<string, number> = { i32: 4, i64: 8, f32: 4, f64: 8 };

/** Little-endian. */
export function toBytes(value: bigint, length: number): Uint8Array {
	return Uint8Array.from({ length }, (_, i) => Number((BigInt.asUintN(length * 8, value) >> BigInt(i * 8)) & 0xffn));
}

function fromBytes(bytes: Uint8Array): bigint {
	return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** A value's bytes, as it lies in memory. */
function bits({ type, lane_type, value }: Value): Uint8Array {
	if (type !== "v128") return toBytes(BigInt(value as string), BYTES[type]!);
	const lanes = (value as string[]).map((lane) => toBytes(BigInt(lane), LANE_BYTES[lane_type!]!));
	return Uint8Array.from(lanes.flatMap((lane) => [...lane]));
}

const SLOT = 16;
/** The opcodes of a load and a store, without the memory argument. */
const LOAD: Record<string, number[]> = { i32: [0x28], i64: [0x29], f32: [0x2a], f64: [0x2b], v128: [0xfd, 0x00] };
const STORE: Record<string, number[]> = { i32: [0x36], i64: [0x37], f32: [0x38], f64: [0x39], v128: [0xfd, 0x0b] };

/** Loads the arguments from slots of its memory, calls the import `"" "f"`, and stores the results in the slots. */
function callerModule(params: string[], results: string[]): Uint8Array<ArrayBuffer> {
	const type = new Writer().u32(2).ops(0x60).u32(params.length);
	for (const param of params) type.byte(NUMERIC[param]!);
	type.u32(results.length);
	for (const result of results) type.byte(NUMERIC[result]!);
	type.ops(0x60, 0, 0);
	const body = new Writer().u32(results.length);
	for (const result of results) body.u32(1).byte(NUMERIC[result]!);
	params.forEach((param, i) => {
		body
			.byte(0x41)
			.s32(i * SLOT)
			.ops(...LOAD[param]!, 0, 0);
	});
	body.ops(0x10, 0);
	for (let i = results.length - 1; i >= 0; i--) body.byte(0x21).u32(i);
	results.forEach((result, i) => {
		body
			.byte(0x41)
			.s32(i * SLOT)
			.byte(0x20)
			.u32(i)
			.ops(...STORE[result]!, 0, 0);
	});
	body.byte(0x0b);
	const out = new Writer().ops(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
	out.section(1, type.view());
	out.section(2, new Writer().u32(1).name("").name("f").ops(0, 0).view());
	out.section(3, new Writer().ops(1, 1).view());
	out.section(5, new Writer().ops(1, 0, 1).view());
	out.section(7, new Writer().u32(2).name("m").ops(2, 0).name("c").ops(0, 1).view());
	out.section(10, new Writer().u32(1).sized(body.view()).view());
	return new Uint8Array(out.done());
}

const callers = new Map<string, WebAssembly.Module>();

function callByMemory(fn: WebAssembly.ExportValue, args: Value[], results: Value[]): Value[] {
	const params = args.map((arg) => arg.type);
	const types = results.map((result) => (result.values?.[0] ?? result).type);
	const key = `${params}>${types}`;
	const module = callers.get(key) ?? new WebAssembly.Module(callerModule(params, types));
	callers.set(key, module);
	const { exports } = new WebAssembly.Instance(module, { "": { f: fn } });
	const memory = new Uint8Array((exports.m as WebAssembly.Memory).buffer);
	args.forEach((arg, i) => {
		memory.set(bits(arg), i * SLOT);
	});
	(exports.c as () => void)();
	return types.map((type, i) => {
		const bytes = memory.subarray(i * SLOT, i * SLOT + (BYTES[type] ?? SLOT));
		if (type !== "v128") return { type, value: String(fromBytes(bytes)) };
		return { type, lane_type: "i8", value: [...bytes].map(String) };
	});
}

/** References are objects that stand for their number. */
const references = new Map<string, object>();
function reference(value: string): object {
	const known = references.get(value) ?? { reference: value };
	references.set(value, known);
	return known;
}

function toJs({ type, value }: Value): unknown {
	if (type === "i32") return Number(value) | 0;
	if (type === "i64") return BigInt(value as string);
	if (type === "f32") return new DataView(toBytes(BigInt(value as string), 4).slice().buffer).getFloat32(0, true);
	if (type === "f64") return new DataView(toBytes(BigInt(value as string), 8).slice().buffer).getFloat64(0, true);
	return value === undefined || value === "null" || type.startsWith("null") ? null : reference(value as string);
}

function fromJs(value: unknown, { type }: Value): Value {
	if (value === null || type === "refnull") return { type, value: value === null ? "null" : "not null" };
	if (value instanceof Object) return { type, value: (value as { reference?: string }).reference ?? "some" };
	if (type === "f32")
		return { type, value: String(fromBytes(new Uint8Array(Float32Array.of(value as number).buffer))) };
	if (type === "f64")
		return { type, value: String(fromBytes(new Uint8Array(Float64Array.of(value as number).buffer))) };
	return { type, value: String(value) };
}

/** The results of calling `item` with `args`, or a global's value when `args` is null. */
export function call(item: WebAssembly.ExportValue, args: Value[] | null, expected: Value[]): Value[] {
	if (args === null) return [fromJs((item as WebAssembly.Global).value, expected[0] ?? { type: "i32" })];
	const all = [...args, ...expected.map((value) => value.values?.[0] ?? value)];
	if (expected.length > 0 && all.every(({ type }) => type in NUMERIC)) return callByMemory(item, args, expected);
	const result = (item as (...args: unknown[]) => unknown)(...args.map(toJs));
	const results = expected.length > 1 ? (result as unknown[]) : [result];
	return expected.map((value, i) => fromJs(results[i], value));
}
