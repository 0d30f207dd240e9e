/**
 * What AWS says when an input breaks its model, word for word as far as it was recorded:
 * `1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than
 * or equal to 900`.
 */
import type { ErrorObject } from "ajv";
import { ServiceError } from "../errors.ts";
import { ALL_RUNTIMES, CURRENT_RUNTIMES } from "./model/runtimes.ts";
import { resolveSchema, type Schema } from "./model/schema.ts";

/** Longest value that a message repeats, characters. */
const MAX_SHOWN = 1024;

/** A value of the wrong JSON type, as the service's parser reports it; null if all types are right. */
export function serializationError(errors: readonly ErrorObject[]): ServiceError | null {
	for (const { keyword, schema, data } of errors) {
		if (keyword === "blob") return new ServiceError("SerializationException", "A blob is not valid base64.");
		// A null inside a list or a map breaks a constraint; see `describe`.
		if (keyword !== "type" || data === null) continue;
		return new ServiceError("SerializationException", typeMessage(data, Array.isArray(schema) ? schema[0] : schema));
	}
	return null;
}

const TYPE_NAMES: Record<string, string> = {
	string: "a String",
	integer: "an Integer",
	number: "a Double",
	boolean: "a Boolean",
};

function typeMessage(data: unknown, type: string): string {
	if (Array.isArray(data)) return "Start of list found where not expected";
	if (typeof data === "object") return "Start of structure or map found where not expected.";
	if (type === "array") return "Expected list or null";
	if (type === "object") return "Expected structure or map, or null";
	const token = typeof data === "boolean" ? String(data).toUpperCase() : (typeof data).toUpperCase();
	return `${token}_VALUE can not be converted to ${TYPE_NAMES[type]}`;
}

/** All constraints that failed, as one ValidationException. */
export function constraintError(errors: readonly ErrorObject[], root: Schema, input: unknown): ServiceError {
	const texts = new Set(errors.map((error) => describe(error, root, input)).filter((text) => text !== null));
	const count = `${texts.size} validation error${texts.size === 1 ? "" : "s"} detected`;
	return new ServiceError("ValidationException", `${count}: ${[...texts].join("; ")}`);
}

/** A step from the input to the value in question: a structure's member, or something inside a list or a map. */
interface Step {
	kind: "member" | "item" | "value";
	name: string;
	schema: Schema;
	value: unknown;
}

function describe(error: ErrorObject, root: Schema, input: unknown): string | null {
	// Ajv says once more that some property name failed.
	if (error.keyword === "propertyNames") return null;
	const steps = stepsTo(error.instancePath, root, input);
	if (error.keyword === "required") {
		const missing = String(error.params.missingProperty);
		return failed("null", [...steps, { kind: "member", name: missing, schema: {}, value: null }], NOT_NULL);
	}
	const key = error.propertyName === undefined ? null : (error.parentSchema as Schema);
	if (key) {
		const texts = key.pattern === undefined ? [...textsOf(key), NOT_NULL] : textsOf(key);
		return failed(show(steps), steps, `Map keys must satisfy constraint: [${texts.join(", ")}]`);
	}
	const last = steps.at(-1)!;
	if (last.kind === "member") return failed(show(steps), steps, constraintOf(error.keyword, last.schema));
	// A scalar inside a list or map: AWS shows the whole of it.
	const outer = steps.slice(0, -1);
	const prefix = last.kind === "item" ? "Member" : "Map value";
	return failed(show(outer), outer, `${prefix} must satisfy constraint: ${listed(last.schema)}`);
}

const NOT_NULL = "Member must not be null";

function failed(value: string, steps: readonly Step[], constraint: string): string {
	return `Value ${value}${value === "" ? "" : " "}at '${pathOf(steps)}' failed to satisfy constraint: ${constraint}`;
}

/** `destinationConfig.onFailure.destination`, `fileSystemConfigs.1.member.arn` */
function pathOf(steps: readonly Step[]): string {
	const parts = steps.map(({ kind, name }) => {
		if (kind === "item") return `${Number(name) + 1}.member`;
		return kind === "value" ? `${name}.member` : name.charAt(0).toLowerCase() + name.slice(1);
	});
	return parts.join(".");
}

/** The value in quotes as the service prints it, or nothing if it is sensitive. */
function show(steps: readonly Step[]): string {
	const { schema, value } = steps.at(-1)!;
	if (schema.sensitive) return "";
	return `'${print(value, schema).slice(0, MAX_SHOWN)}'`;
}

/** As Java prints it: `[a, b]`, `{k=v}`. One level, since constraints are on scalars and what holds scalars. */
function print(value: unknown, schema: Schema): string {
	const inner = resolveSchema(schema.items ?? schema.additionalProperties ?? {});
	if (Array.isArray(value)) return `[${value.map((it) => scalar(it, inner)).join(", ")}]`;
	if (typeof value !== "object" || value === null) return scalar(value, schema);
	const entries = Object.entries(value).map(([key, entry]) => `${key}=${scalar(entry, inner)}`);
	return `{${entries.join(", ")}}`;
}

function scalar(value: unknown, schema: Schema): string {
	if (typeof value === "object" && value !== null) return "…";
	return schema.type === "number" ? double(value) : String(value);
}

/** Java's doubles always have a point. */
function double(value: unknown): string {
	return Number.isInteger(value) ? `${value}.0` : String(value);
}

function constraintOf(keyword: string, schema: Schema): string {
	return CONSTRAINTS[keyword]?.(schema) ?? NOT_NULL;
}

const CONSTRAINTS: Record<string, (schema: Schema) => string> = {
	maxLength: (schema) => `Member must have length less than or equal to ${schema.maxLength}`,
	minLength: (schema) => `Member must have length greater than or equal to ${schema.minLength}`,
	maxItems: (schema) => `Member must have length less than or equal to ${schema.maxItems}`,
	minItems: (schema) => `Member must have length greater than or equal to ${schema.minItems}`,
	maximum: (schema) => `Member must have value less than or equal to ${scalar(schema.maximum, schema)}`,
	minimum: (schema) => `Member must have value greater than or equal to ${scalar(schema.minimum, schema)}`,
	pattern: (schema) => `Member must satisfy regular expression pattern: ${schema.pattern!.slice(4, -2)}`,
	enum: (schema) => `Member must satisfy enum value set: [${schema.enum!.join(", ")}]`,
	runtimes: ({ runtimes }) =>
		`Member must satisfy enum value set: [${(runtimes === "all" ? ALL_RUNTIMES : CURRENT_RUNTIMES).join(", ")}]`,
};

/** All constraints of a list's or map's elements. The service adds "not null" except where an empty text would do. */
function listed(schema: Schema): string {
	return `[${[...textsOf(schema), ...(schema.minLength === 0 ? [] : [NOT_NULL])].join(", ")}]`;
}

function textsOf(schema: Schema): string[] {
	const keywords = Object.keys(CONSTRAINTS).filter((keyword) => keyword in schema);
	return keywords.map((keyword) => constraintOf(keyword, schema));
}

/** From a JSON pointer to the members, items and values on the way. */
function stepsTo(pointer: string, root: Schema, value: unknown): Step[] {
	const steps: Step[] = [];
	let schema = root;
	for (const part of pointer.split("/").slice(1)) {
		const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
		const kind = schema.properties ? "member" : schema.items ? "item" : "value";
		schema = resolveSchema(schema.properties?.[name] ?? schema.items ?? schema.additionalProperties ?? {});
		value = (value as Record<string, unknown> | undefined)?.[name];
		steps.push({ kind, name, schema, value });
	}
	return steps;
}
