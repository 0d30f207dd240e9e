/** What a row of the benchmark is, and what it finds. One row a file in `rows/`, one line in `registry.ts`. */

/** What a row is run with. */
export interface Bench {
	/** Rounds that count; each subject has one more before them, to warm up. */
	rounds: number;
	/** Length of one measurement under load, s. */
	seconds: number;
	/** Does it work, rather than how well: less of everything. */
	quick: boolean;
	/** The soak at its full length. */
	soak: boolean;
	/** A folder of this run's own, empty at the start. */
	folder: string;
	/** What is being done, for whoever watches. */
	progress(text: string): void;
	/** Something is missing here: a line that the report repeats. */
	missing(text: string): void;
}

/** One line of the table of goals. */
export interface Finding {
	/** What was measured: `warm HTTP hello, Rust: requests/s`. */
	figure: string;
	/** The measured value, with its unit: `36,120`, `0.08 ms`. */
	value: string;
	/** What it is compared with, and its value: `bare Hono 55,224`. */
	against: string | null;
	/** Measured by compared; null where the goal is no ratio. */
	ratio: number | null;
	goal: string;
	/** Null where the figure has no goal. */
	met: boolean | null;
}

/** A table of details, as it goes into the document. */
export interface Details {
	caption: string;
	header: string[];
	rows: (string | number)[][];
}

export interface RowResult {
	findings: Finding[];
	details: Details[];
}

export interface Row {
	/** As `npm run bench -- NAME` names it. */
	name: string;
	title: string;
	run(bench: Bench): Promise<RowResult>;
}
