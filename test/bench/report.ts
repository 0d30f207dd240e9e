/** The findings as tables: Markdown for the document and the terminal. */
import type { Details, Finding, RowResult } from "./types.ts";

const FINDINGS = ["figure", "measured", "compared with", "ratio", "goal", "met"];
/** The first line of a table of findings. */
export const FINDINGS_HEADER = `| ${FINDINGS.join(" | ")} |`;

function markdown(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
	const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
	return [line(header), `|${"---|".repeat(header.length)}`, ...rows.map(line)].join("\n");
}

function findingRow({ figure, value, against, ratio, goal, met }: Finding): string[] {
	const mark = met === null ? "" : met ? "yes" : "**no**";
	return [figure, value, against ?? "", ratio === null ? "" : ratio.toFixed(2), goal, mark];
}

export function findingsTable(findings: readonly Finding[]): string {
	return markdown(FINDINGS, findings.map(findingRow));
}

export function detailsTable({ caption, header, rows }: Details): string {
	return `${caption}\n\n${markdown(header, rows)}`;
}

/** All of a row's tables. */
export function rowReport({ findings, details }: RowResult): string {
	const parts = findings.length === 0 ? [] : [findingsTable(findings)];
	return [...parts, ...details.map(detailsTable)].join("\n\n");
}
