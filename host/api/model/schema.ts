/** The inputs of served operations, as `scripts/generate-model.ts` took them from AWS's service model. */
import inputs from "./inputs.json" with { type: "json" };
import type { ServedOperation } from "./served.ts";

/** A JSON schema as `inputs.json` has it; other shapes are behind `$ref`. */
export interface Schema {
	$ref?: string;
	type?: string | string[];
	properties?: Record<string, Schema>;
	required?: string[];
	items?: Schema;
	propertyNames?: Schema;
	additionalProperties?: Schema;
	enum?: string[];
	pattern?: string;
	minLength?: number;
	maxLength?: number;
	minItems?: number;
	maxItems?: number;
	minimum?: number;
	maximum?: number;
	/** Names of runtimes: which ones a message lists. */
	runtimes?: "current" | "all";
	/** Bytes, base64 in JSON. */
	blob?: boolean;
	/** Its value must not be repeated in a message or a log. */
	sensitive?: boolean;
}

/** How an operation's input comes: what is in the path, the query or a header, and whether there is a JSON body. */
export interface InputPlan {
	shape: string;
	payload: string | null;
	body: boolean;
	located: Record<string, { in: string; name: string }>;
}

/** Schemas by the name of their shape. */
export const SHAPES = inputs.shapes as Record<string, Schema>;
const PLANS = inputs.operations as Record<ServedOperation, InputPlan>;

/** How an operation's input comes. */
export function planOf(operation: ServedOperation): InputPlan {
	return PLANS[operation];
}

/** The schema itself, or the one that its `$ref` names. */
export function resolveSchema(schema: Schema): Schema {
	return schema.$ref === undefined ? schema : SHAPES[schema.$ref.slice("#/shapes/".length)]!;
}

/** The schema of an operation's whole input. */
export function inputSchema(operation: ServedOperation): Schema {
	return SHAPES[PLANS[operation].shape]!;
}
