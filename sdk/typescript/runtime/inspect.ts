/** Values as text, much as Node's `util.inspect` and `util.format` write them. */

import { framesOf } from "./stack.ts";

/** Objects inside objects are written out so deep. */
const DEPTH = 2;
/** Elements of one array, set or map, and characters of one string, that are written out. */
const MAX_ITEMS = 100;
const MAX_STRING = 10_000;
/** A line that is longer is broken at its elements. */
const WIDTH = 76;

/** The arguments of `console.log` as one text: `%s`, `%d`, `%i`, `%f`, `%j`, `%o`, `%O`, `%c` and `%%` in the first, the rest after it. */
export function format(values: readonly unknown[]): string {
	const [first, ...rest] = values;
	if (typeof first !== "string") return values.map(show).join(" ");
	const text = first.replace(/%[sdifjoOc%]/g, (spec) => {
		if (spec === "%%") return values.length > 1 ? "%" : spec;
		return rest.length > 0 ? substitute(spec, rest.shift()) : spec;
	});
	return [text, ...rest.map(show)].join(" ");
}

function show(value: unknown): string {
	return typeof value === "string" ? value : inspect(value);
}

function substitute(spec: string, value: unknown): string {
	switch (spec) {
		case "%s":
			return typeof value === "object" && value !== null ? inspect(value, 1) : String(value);
		case "%d":
			return typeof value === "bigint" ? `${value}n` : String(Number(value));
		case "%i":
			return String(Number.parseInt(String(value), 10));
		case "%f":
			return String(Number.parseFloat(String(value)));
		case "%j":
			return JSON.stringify(value) ?? "undefined";
		case "%c":
			return "";
		default:
			return inspect(value);
	}
}

/** One value as a JavaScript programmer would write it. */
export function inspect(value: unknown, depth = DEPTH): string {
	return write(value, depth, new Set());
}

function write(value: unknown, depth: number, above: Set<object>): string {
	if (typeof value === "string") return quote(value);
	if (typeof value === "bigint") return `${value}n`;
	if (typeof value === "function") return describeFunction(value);
	if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
	if (above.has(value)) return "[Circular]";
	above.add(value);
	const text = writeObject(value, depth, above);
	above.delete(value);
	return text;
}

function quote(text: string): string {
	const cut = text.length > MAX_STRING ? `${text.slice(0, MAX_STRING)}... ${text.length - MAX_STRING} more` : text;
	const json = JSON.stringify(cut);
	return cut.includes("'") ? json : `'${json.slice(1, -1).replaceAll('\\"', '"')}'`;
}

function describeFunction(value: { name: string }): string {
	const kind = /^class\b/.test(Function.prototype.toString.call(value)) ? "class" : "Function";
	if (kind === "class") return `[class ${value.name || "(anonymous)"}]`;
	return value.name ? `[Function: ${value.name}]` : "[Function (anonymous)]";
}

function writeObject(value: object, depth: number, above: Set<object>): string {
	if (value instanceof Error) return writeError(value, depth, above);
	if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
	if (value instanceof RegExp) return String(value);
	if (value instanceof Promise) return "Promise {}";
	const name = className(value);
	const list = listOf(value);
	if (depth < 0) return list ? "[Array]" : `[${name || "Object"}]`;
	const inner = (it: unknown) => write(it, depth - 1, above);
	if (list) {
		const prefix = Array.isArray(value) ? "" : `${name}(${list.length}) `;
		return prefix + enclose("[", limit(list).map(inner).concat(more(list)), "]");
	}
	if (value instanceof Set) return `Set(${value.size}) ${enclose("{", limit([...value]).map(inner), "}")}`;
	if (value instanceof Map) {
		const entries = limit([...value]).map(([key, it]) => `${inner(key)} => ${inner(it)}`);
		return `Map(${value.size}) ${enclose("{", entries, "}")}`;
	}
	return (name && name !== "Object" ? `${name} ` : "") + enclose("{", properties(value, inner), "}");
}

function listOf(value: object): readonly unknown[] | null {
	if (Array.isArray(value)) return value;
	return ArrayBuffer.isView(value) && !(value instanceof DataView) ? Array.from(value as Uint8Array) : null;
}

function limit<T>(items: readonly T[]): T[] {
	return items.slice(0, MAX_ITEMS);
}

function more(items: readonly unknown[]): string[] {
	return items.length > MAX_ITEMS ? [`... ${items.length - MAX_ITEMS} more items`] : [];
}

function className(value: object): string {
	const prototype = Object.getPrototypeOf(value) as object | null;
	if (prototype === null) return "[Object: null prototype]";
	return (prototype.constructor as { name?: string } | undefined)?.name ?? "";
}

function properties(value: object, inner: (it: unknown) => string): string[] {
	return Object.entries(Object.getOwnPropertyDescriptors(value))
		.filter(([, property]) => property.enumerable)
		.map(([key, property]) => {
			const name = /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key);
			return `${name}: ${property.get ? (property.set ? "[Getter/Setter]" : "[Getter]") : inner(property.value)}`;
		});
}

function writeError(error: Error, depth: number, above: Set<object>): string {
	const head = `${error.name}${error.message ? `: ${error.message}` : ""}`;
	const frames = framesOf(error).map((frame) => `\n    ${frame}`);
	const cause = error.cause === undefined ? "" : ` [cause]: ${write(error.cause, depth - 1, above)}`;
	const own = properties(error, (it) => write(it, depth - 1, above)).filter(
		(it) => !/^(message|stack|cause|name): /.test(it),
	);
	return (
		head +
		frames.join("") +
		(own.length > 0 || cause ? ` { ${[...own, ...(cause ? [cause.trim()] : [])].join(", ")} }` : "")
	);
}

function enclose(open: string, parts: string[], close: string): string {
	if (parts.length === 0) return open + close;
	const line = `${open} ${parts.join(", ")} ${close}`;
	if (line.length <= WIDTH && !line.includes("\n")) return line;
	return `${open}\n${parts.map((it) => `  ${it.replaceAll("\n", "\n  ")}`).join(",\n")}\n${close}`;
}
