/**
 * Filter patterns of event source mappings (Developer Guide, "Filter rule syntax"): a JSON object whose leaves are lists of
 * values and matchers. Read here to be refused early; the bus applies them.
 */

/** Deepest nesting that is read; no source's records come near it. */
const MAX_DEPTH = 64;

/** Is the text a pattern? */
export function isFilterPattern(text: string): boolean {
	let pattern: unknown;
	try {
		pattern = JSON.parse(text);
	} catch {
		return false;
	}
	return isObject(pattern) && isBranch(pattern, 0);
}

function isBranch(branch: Record<string, unknown>, depth: number): boolean {
	if (depth > MAX_DEPTH) return false;
	const entries = Object.entries(branch);
	return entries.every(([key, value]) => {
		if (key === "$or")
			return isList(value) && value.length > 1 && value.every((it) => isObject(it) && isBranch(it, depth + 1));
		if (isObject(value)) return isBranch(value, depth + 1);
		return isList(value) && value.length > 0 && value.every(isRule);
	});
}

function isRule(rule: unknown): boolean {
	if (!isObject(rule)) return isValue(rule);
	const entries = Object.entries(rule);
	if (entries.length !== 1) return false;
	const [name, argument] = entries[0]!;
	return Object.hasOwn(MATCHERS, name) && MATCHERS[name]!(argument);
}

const MATCHERS: Record<string, (argument: unknown) => boolean> = {
	exists: (it) => typeof it === "boolean",
	prefix: isTextOrIgnoringCase,
	suffix: isTextOrIgnoringCase,
	"equals-ignore-case": isText,
	"anything-but": isExclusion,
	numeric: isNumeric,
};

function isTextOrIgnoringCase(it: unknown): boolean {
	return (
		isText(it) || (isObject(it) && Object.keys(it).join() === "equals-ignore-case" && isText(it["equals-ignore-case"]))
	);
}

/** `anything-but` excludes a value, several, or what begins or ends somehow. */
function isExclusion(it: unknown): boolean {
	if (isList(it)) return it.length > 0 && it.every(isTextOrNumber);
	if (!isObject(it)) return isTextOrNumber(it);
	const [name, ...others] = Object.keys(it);
	if (name === undefined || others.length > 0 || !NESTED.has(name)) return false;
	const argument = it[name];
	return isText(argument) || (isList(argument) && argument.length > 0 && argument.every(isText));
}

const NESTED: ReadonlySet<string> = new Set(["prefix", "suffix", "equals-ignore-case"]);
const COMPARISONS: ReadonlySet<unknown> = new Set(["=", "<", "<=", ">", ">="]);

/** A comparison, or the two ends of a range. */
function isNumeric(it: unknown): boolean {
	if (!isList(it) || (it.length !== 2 && it.length !== 4)) return false;
	return it.every((part, index) => (index % 2 === 0 ? COMPARISONS.has(part) : typeof part === "number"));
}

function isValue(it: unknown): boolean {
	return it === null || typeof it === "boolean" || isTextOrNumber(it);
}

function isTextOrNumber(it: unknown): boolean {
	return isText(it) || typeof it === "number";
}

function isText(it: unknown): it is string {
	return typeof it === "string";
}

function isList(it: unknown): it is unknown[] {
	return Array.isArray(it);
}

function isObject(it: unknown): it is Record<string, unknown> {
	return typeof it === "object" && it !== null && !Array.isArray(it);
}
