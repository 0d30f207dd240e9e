/** Compares results with what a test expects: bits, kinds of NaN, kinds of references, alternatives. */
import type { Value } from "./call.ts";

const WIDTH: Record<string, number> = { i8: 8, i16: 16, i32: 32, f32: 32, i64: 64, f64: 64 };
const CANONICAL: Record<string, bigint> = { f32: 0x7fc00000n, f64: 0x7ff8000000000000n };

/** `actual` are the bits of a number of type `type`. */
function numberMatches(type: string, actual: bigint, expected: string): boolean {
	const width = WIDTH[type]!;
	const sign = 1n << BigInt(width - 1);
	if (expected === "nan:canonical") return (actual & ~sign) === CANONICAL[type];
	if (expected === "nan:arithmetic") return (actual & CANONICAL[type]!) === CANONICAL[type];
	return BigInt.asUintN(width, BigInt(expected)) === BigInt.asUintN(width, actual);
}

function vectorMatches(actual: Value, expected: Value): boolean {
	const bytes = (actual.value as string[]).map(Number);
	const type = expected.lane_type!;
	const size = WIDTH[type]! / 8;
	return (expected.value as string[]).every((lane, i) => {
		const bits = bytes.slice(i * size, (i + 1) * size).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
		return numberMatches(type, bits, lane);
	});
}

function valueMatches(actual: Value, expected: Value): boolean {
	if (expected.values !== undefined) return expected.values.some((one) => valueMatches(actual, one));
	if (expected.type === "v128") return vectorMatches(actual, expected);
	if (expected.type in WIDTH)
		return numberMatches(expected.type, BigInt(actual.value as string), expected.value as string);
	const isNull = actual.value === "null";
	// A reference without a value stands for any that is not null; a null type for null alone.
	if (expected.type.startsWith("null") || expected.type === "refnull" || expected.value === "null") return isNull;
	return expected.value === undefined ? !isNull : actual.value === expected.value || actual.value === "some";
}

export function matches(actual: Value[], expected: Value[]): boolean {
	return actual.length === expected.length && expected.every((value, i) => valueMatches(actual[i]!, value));
}
