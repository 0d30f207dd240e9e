/**
 * `docs/benchmarks.md`: what was measured stands between markers and is replaced by the next run; all else in it is people's.
 * A row has its own pair of markers, `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`; one that has none yet comes at the end.
 */

const begin = (name: string): string => `<!-- bench:${name} -->`;
const end = (name: string): string => `<!-- /bench:${name} -->`;

/** The document with the part of that name replaced by `content`; `title` heads it if it is new. */
export function withPart(document: string, name: string, title: string, content: string): string {
	const part = `${begin(name)}\n${content}\n${end(name)}`;
	const from = document.indexOf(begin(name));
	if (from < 0) return `${document.trimEnd()}\n\n## ${title}\n${part}\n`;
	const to = document.indexOf(end(name), from);
	if (to < 0) throw new Error(`docs/benchmarks.md has ${begin(name)} without ${end(name)}`);
	return document.slice(0, from) + part + document.slice(to + end(name).length);
}

/** The part's content; empty if there is none. */
function part(document: string, name: string): string {
	const from = document.indexOf(begin(name));
	return from < 0 ? "" : document.slice(from + begin(name).length, document.indexOf(end(name), from));
}

/**
 * The findings of all rows in one table, as they stand in the document: a run of one row renews its own and leaves the others. Each
 * row's part begins with its findings (`header` and a line of dashes), and an empty line ends them.
 */
export function goalsIn(document: string, names: readonly string[], header: string): string {
	const lines = names.flatMap((name) => {
		const [table = ""] = part(document, name).trim().split("\n\n");
		const [first, , ...rows] = table.split("\n");
		return first === header ? rows : [];
	});
	return [header, dashes(header), ...lines].join("\n");
}

function dashes(header: string): string {
	return `|${"---|".repeat(header.split("|").length - 2)}`;
}
