/** Checks an operation's input against the schema made from AWS's service model. */
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { constraintError, serializationError } from "./constraints.ts";
import { isRuntime } from "./model/runtimes.ts";
import { inputSchema, planOf, resolveSchema, type Schema, SHAPES } from "./model/schema.ts";
import type { ServedOperation } from "./model/served.ts";

// Every member is looked at, and errors carry their value and schema: AWS reports all constraints that failed at once.
const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true });
ajv.addVocabulary(["sensitive", "shapes"]);
ajv.addKeyword({ keyword: "blob", type: "string", modifying: true, errors: false, validate: decodeBlob });
ajv.addKeyword({
	keyword: "runtimes",
	errors: false,
	validate: (_schema: unknown, value: unknown) => [value].flat().every((it) => isRuntime(String(it))),
});
ajv.addSchema({ $id: "inputs", shapes: SHAPES });

/** Puts the bytes in the text's place. */
function decodeBlob(
	_schema: unknown,
	text: string,
	_parent?: object,
	where?: { parentData: Record<string, unknown>; parentDataProperty: string | number },
): boolean {
	try {
		where!.parentData[where!.parentDataProperty] = Uint8Array.fromBase64(text);
		return true;
	} catch {
		return false;
	}
}

const compiled = new Map<string, ValidateFunction>();

/** Compiled when first needed: most processes use few of them, and the start must be quick. */
function validatorOf(shape: string): ValidateFunction {
	const known = compiled.get(shape);
	if (known) return known;
	const made = ajv.compile({ $ref: `inputs#/shapes/${shape}` });
	compiled.set(shape, made);
	return made;
}

/**
 * Checks an input and turns its base64 members into bytes, in place. Throws ServiceError: SerializationException if a
 * value has the wrong type, else ValidationException with every constraint that failed, in AWS's words.
 */
export function validateInput(operation: ServedOperation, input: Record<string, unknown>): void {
	const schema = inputSchema(operation);
	dropNulls(input, schema);
	const validate = validatorOf(planOf(operation).shape);
	if (validate(input)) return;
	const errors = validate.errors as ErrorObject[];
	throw serializationError(errors) ?? constraintError(errors, schema, input);
}

/** A member that is null is one that was not given, to AWS. Follows the schema, so that hostile nesting costs nothing. */
function dropNulls(value: unknown, schema: Schema): void {
	if (typeof value !== "object" || value === null) return;
	const members = value as Record<string, unknown>;
	for (const [name, reference] of Object.entries(schema.properties ?? {})) {
		const member = resolveSchema(reference);
		if (members[name] === null && !member.type?.includes("null")) delete members[name];
		else dropNulls(members[name], member);
	}
}
