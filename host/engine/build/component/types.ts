/** Types of a component with all references followed, and what the canonical ABI makes of them. */
import { AdmissionError } from "../../types.ts";
import type { Primitive } from "./ast.ts";

/** A resource type: one of the host's, by interface and name, or one that the guest defines, by number. */
export type ResourceType =
	| { is: "host resource"; interface: string; name: string }
	| { is: "guest resource"; id: number };

export type ValueType =
	| Primitive
	| { is: "record"; fields: [label: string, type: ValueType][] }
	| { is: "variant"; cases: [label: string, type: ValueType | null][] }
	| { is: "list"; element: ValueType; length: number | null }
	| { is: "tuple"; elements: ValueType[] }
	| { is: "flags"; labels: string[] }
	| { is: "enum"; labels: string[] }
	| { is: "option"; element: ValueType }
	| { is: "result"; ok: ValueType | null; err: ValueType | null }
	| { is: "own" | "borrow"; resource: ResourceType }
	| { is: "stream" | "future" };

export interface FuncType {
	is: "func";
	async: boolean;
	params: [label: string, type: ValueType][];
	result: ValueType | null;
}

type Core = "i" | "I" | "f" | "F";

const CORE: Readonly<Record<Primitive, Core | "ii">> = {
	bool: "i",
	s8: "i",
	u8: "i",
	s16: "i",
	u16: "i",
	s32: "i",
	u32: "i",
	s64: "I",
	u64: "I",
	f32: "f",
	f64: "F",
	char: "i",
	string: "ii",
	"error-context": "i",
};

/** More than this many core values are never passed flat (canonical ABI: MAX_FLAT_PARAMS), so counting may stop there. */
const MAX_FLAT_PARAMS = 16;

/** The core values that a value is flattened to, a letter each (canonical ABI, `flatten_type`). Cut off past 17. */
export function flatten(type: ValueType | null): string {
	if (type === null) return "";
	if (typeof type === "string") return CORE[type];
	switch (type.is) {
		case "record":
			return concat(type.fields.map(([, it]) => it));
		case "tuple":
			return concat(type.elements);
		case "list":
			return type.length === null ? "ii" : concat(Array(Math.min(type.length, MAX_FLAT_PARAMS + 1)).fill(type.element));
		case "variant":
			return `i${join(type.cases.map(([, it]) => it))}`;
		case "option":
			return `i${flatten(type.element)}`;
		case "result":
			return `i${join([type.ok, type.err])}`;
		case "flags":
			return "i".repeat(Math.ceil(type.labels.length / 32));
		default:
			return "i";
	}
}

function concat(types: ValueType[]): string {
	let flat = "";
	for (const type of types) {
		flat += flatten(type);
		if (flat.length > MAX_FLAT_PARAMS) break;
	}
	return flat;
}

/** The flat form that serves every case: where two differ, the wider integer (canonical ABI, `flatten_variant`). */
function join(cases: (ValueType | null)[]): string {
	const joined: string[] = [];
	for (const type of cases)
		for (const [i, core] of [...flatten(type)].entries()) {
			const had = joined[i];
			if (had === undefined) joined[i] = core;
			else if (had !== core) joined[i] = "if".includes(had) && "if".includes(core) ? "i" : "I";
		}
	return joined.join("");
}

/** The core signature of a lowered import, as `HostFunction.core` writes it: `"iii->"`. */
export function loweredSignature(type: FuncType): string {
	const params = concat(type.params.map(([, it]) => it));
	const results = flatten(type.result);
	const flat = params.length > MAX_FLAT_PARAMS ? "i" : params;
	return results.length > 1 ? `${flat}i->` : `${flat}->${results}`;
}

/** A function type in WIT's spelling, one way only, so that two can be compared as text. */
export function printFunc(type: FuncType): string {
	const params = type.params.map(([label, it]) => `${label}: ${print(it)}`).join(", ");
	const result = type.result === null ? "" : ` -> ${print(type.result)}`;
	return `${type.async ? "async " : ""}func(${params})${result}`;
}

/** Longest printed type. A type may double with each level that refers to it twice; its text must not. */
const MAX_PRINTED = 10_000;

function print(type: ValueType | null): string {
	const text = printed(type);
	if (text.length > MAX_PRINTED)
		throw new AdmissionError("A type of the component's exports is too large to be a function's.");
	return text;
}

function printed(type: ValueType | null): string {
	if (type === null) return "_";
	if (typeof type === "string") return type;
	switch (type.is) {
		case "record":
			return `record { ${type.fields.map(([label, it]) => `${label}: ${print(it)}`).join(", ")} }`;
		case "variant":
			return `variant { ${type.cases.map(([label, it]) => (it === null ? label : `${label}(${print(it)})`)).join(", ")} }`;
		case "list":
			return type.length === null ? `list<${print(type.element)}>` : `list<${print(type.element)}, ${type.length}>`;
		case "tuple":
			return `tuple<${type.elements.map(print).join(", ")}>`;
		case "flags":
		case "enum":
			return `${type.is} { ${type.labels.join(", ")} }`;
		case "option":
			return `option<${print(type.element)}>`;
		case "result":
			return type.ok === null && type.err === null ? "result" : `result<${print(type.ok)}, ${print(type.err)}>`;
		case "own":
		case "borrow":
			return `${type.is}<${type.resource.is === "host resource" ? `${type.resource.interface}#${type.resource.name}` : `resource ${type.resource.id}`}>`;
		default:
			return type.is;
	}
}
