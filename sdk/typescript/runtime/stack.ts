/** Stack traces in the user's own lines: the builder leaves a table of them at the end of the script. */

/** From a place of the script on: its line (from 1) and column (from 0), index of the source or -1, the source's line. */
type Place = readonly [line: number, column: number, source: number, sourceLine: number];

/** Where the builder puts the table. */
const TABLE = "__pilotSources";

interface Table {
	sources: readonly string[];
	places: readonly Place[];
}

/** `at name (script:12:3)`, as QuickJS writes it. */
const FRAME = /^at (.*) \([^()]*:(\d+):(\d+)\)$/;

/** The frames of an error's stack, innermost first, of the user's code alone. QuickJS, unlike V8, puts no headline before them. */
export function framesOf(error: { stack?: unknown }): string[] {
	if (typeof error.stack !== "string") return [];
	const frames = error.stack
		.split("\n")
		.map((line) => line.trim())
		.filter((line) => line.startsWith("at "));
	const table = Reflect.get(globalThis, TABLE) as Table | undefined;
	if (!table) return frames;
	const own = frames.map((frame) => translate(frame, table)).filter((frame) => frame !== null);
	// An error of the runtime itself has none: then its own frames are better than nothing.
	return own.length > 0 ? own : frames;
}

function translate(frame: string, { sources, places }: Table): string | null {
	const [, name, line, column] = FRAME.exec(frame) ?? [];
	if (line === undefined) return null;
	const place = find(places, Number(line), Number(column) - 1);
	const source = place && sources[place[2]];
	return source === undefined ? null : `at ${name} (${source}:${place![3]})`;
}

/** The last place that is not behind the position. */
function find(places: readonly Place[], line: number, column: number): Place | undefined {
	let low = 0;
	let high = places.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		const [atLine, atColumn] = places[middle]!;
		if (atLine < line || (atLine === line && atColumn <= column)) low = middle + 1;
		else high = middle;
	}
	return places[low - 1];
}
