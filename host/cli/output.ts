/** What commands write: results to standard output, all else to standard error. */
import { styleText } from "node:util";

/** A result's line. */
export function print(line = ""): void {
	process.stdout.write(`${line}\n`);
}

/** A result as JSON, indented for people at a terminal and on one line for programs. */
export function printJson(value: unknown): void {
	print(JSON.stringify(value, null, process.stdout.isTTY ? 2 : undefined));
}

/** A remark about what happens. */
export function note(line: string): void {
	process.stderr.write(`${line}\n`);
}

/** Colours only where a terminal shows them and NO_COLOR does not forbid it. */
export function paint(
	style: Parameters<typeof styleText>[0],
	text: string,
	stream: NodeJS.WriteStream = process.stdout,
): string {
	return styleText(style, text, { stream });
}

/** Columns under their names, as wide as their widest cell; the last one is not padded. */
export function table(names: readonly string[], rows: readonly (readonly string[])[]): string {
	const widths = names.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
	const line = (cells: readonly string[]) =>
		cells
			.map((it, column) => it.padEnd(widths[column] ?? 0))
			.join("  ")
			.trimEnd();
	return [paint("dim", line(names)), ...rows.map(line)].join("\n");
}

/** Bytes in the unit that suits people: `1.9 MB`. */
export function formatBytes(bytes: number): string {
	const units = ["B", "KB", "MB", "GB"];
	let value = bytes;
	let unit = 0;
	while (value >= 1000 && unit < units.length - 1) {
		value /= 1024;
		unit++;
	}
	return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Runs what may take over a second, with a spinner where both streams are a terminal; else silently. */
export async function withSpinner<T>(text: string, action: () => Promise<T>): Promise<T> {
	// A terminal that does not know its width has 0 columns: the spinner would clear lines without end.
	if (!process.stdout.isTTY || !process.stderr.isTTY || !process.stderr.columns) return action();
	const { createSpinner } = await import("nanospinner");
	const spinner = createSpinner(text, { stream: process.stderr }).start();
	try {
		return await action();
	} finally {
		spinner.clear();
		spinner.stop();
		spinner.reset();
	}
}
