/**
 * Which line of the user's sources each place of the bundle is from: a source map cut down to what a stack trace needs,
 * which the component carries along. The SDK's own code and the bundler's helpers are left out of it.
 */
import { relative } from "node:path";

/** What of a source map (ECMA-426) is read. `sources` are absolute. */
export interface SourceMap {
	sources: readonly string[];
	mappings: string;
}

/** From a place of the bundle on: line (from 1), column (from 0), index of the source or -1 for none of the user's, its line (from 1). */
export type Place = readonly [line: number, column: number, source: number, sourceLine: number];

export interface SourceLines {
	/** Paths from the project's folder on. */
	sources: string[];
	/** In order. */
	places: Place[];
}

/** Keeps the places of sources that `isUser` says yes to, as paths from `folder` on. */
export function sourceLines(map: SourceMap, folder: string, isUser: (path: string) => boolean): SourceLines {
	const sources: string[] = [];
	const places: Place[] = [];
	const indexes = map.sources.map((path) => (isUser(path) ? sources.push(relative(folder, path)) - 1 : -1));
	for (const [line, column, source, sourceLine] of segments(map.mappings)) {
		const index = indexes[source] ?? -1;
		const before = places.at(-1);
		const same = before?.[2] === index && (index < 0 || (before[3] === sourceLine && before[0] === line));
		// What begins with other code than the user's needs no place: it has no line.
		if (!same && (before || index >= 0)) places.push([line, column, index, index < 0 ? 0 : sourceLine]);
	}
	return { sources, places };
}

/** The segments of a source map that name a source; lines from 1. */
function* segments(mappings: string): Generator<Place> {
	let [source, sourceLine] = [0, 0];
	for (const [index, text] of mappings.split(";").entries()) {
		let column = 0;
		for (const segment of text.split(",")) {
			const [columnStep, sourceStep, lineStep] = decodeVlq(segment);
			if (columnStep === undefined) continue;
			column += columnStep;
			if (sourceStep === undefined || lineStep === undefined) continue;
			source += sourceStep;
			sourceLine += lineStep;
			yield [index + 1, column, source, sourceLine + 1];
		}
	}
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Base64 VLQ: five bits a digit, the least first; the lowest bit of a number is its sign. */
function decodeVlq(text: string): number[] {
	const numbers: number[] = [];
	let value = 0;
	let shift = 0;
	for (const digit of text) {
		const bits = DIGITS.indexOf(digit);
		value |= (bits & 31) << shift;
		shift += 5;
		if (bits & 32) continue;
		numbers.push(value & 1 ? -(value >>> 1) : value >>> 1);
		value = 0;
		shift = 0;
	}
	return numbers;
}
