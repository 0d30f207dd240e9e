/** From a request to an operation's input: the path, the query, headers and the JSON body, put together and checked. */
import { ServiceError } from "../errors.ts";
import { MAX_SYNC_PAYLOAD } from "../invoker/types.ts";
import { readBody } from "./body.ts";
import { inputSchema, planOf, resolveSchema, type Schema } from "./model/schema.ts";
import type { ServedOperation } from "./model/served.ts";
import type { Inputs } from "./operation.ts";
import { validateInput } from "./validate.ts";

/** Bytes of a request that carries code: 50 MB as base64, and its settings (as the service says in its error). */
const MAX_CODE_REQUEST = 70_167_211;
/** Bytes of any other request with a JSON body. */
const MAX_REQUEST = 1024 * 1024;

const LIMITS: Partial<Record<ServedOperation, number>> = {
	CreateFunction: MAX_CODE_REQUEST,
	UpdateFunctionCode: MAX_CODE_REQUEST,
	PublishLayerVersion: MAX_CODE_REQUEST,
};

/** Bytes that a request for an operation may have, and what is said to larger ones. */
export function sizeLimit(operation: ServedOperation): { bytes: number; tooLarge(): ServiceError } {
	const invokes = operation.startsWith("Invoke");
	const bytes = invokes ? MAX_SYNC_PAYLOAD : (LIMITS[operation] ?? MAX_REQUEST);
	const message = `Request must be smaller than ${bytes} bytes for the ${invokes ? "InvokeFunction" : operation} operation`;
	return { bytes, tooLarge: () => new ServiceError("RequestTooLargeException", message) };
}

/** What the router found in the path, percent-decoded. */
export type PathValues = (name: string) => string | undefined;

/** Reads and checks an operation's input. Throws ServiceError. */
export async function readInput<Name extends ServedOperation>(
	operation: Name,
	request: Request,
	path: PathValues,
): Promise<Inputs[Name]> {
	const plan = planOf(operation);
	const input: Record<string, unknown> = plan.body ? await readJson(operation, request) : {};
	const query = new URL(request.url).searchParams;
	const { properties } = inputSchema(operation);
	for (const [member, { in: place, name }] of Object.entries(plan.located)) {
		const schema = resolveSchema(properties![member]!);
		// What belongs in the path is not taken from the body.
		const texts = place === "uri" ? textOf(path(name)) : textsOf(request, query, place, name);
		input[member] = convert(texts, schema);
		if (input[member] === undefined) delete input[member];
	}
	// Bytes are the handler's to read; a member that is required is there, even where it is empty.
	if (plan.payload !== null && !plan.body) input[plan.payload] = "";
	validateInput(operation, input);
	if (plan.payload !== null && !plan.body) delete input[plan.payload];
	return input as unknown as Inputs[Name];
}

async function readJson(operation: ServedOperation, request: Request): Promise<Record<string, unknown>> {
	const limit = sizeLimit(operation);
	const bytes = await readBody(request, limit.bytes, limit.tooLarge);
	// The service takes no body for an empty structure.
	if (bytes.length === 0) return {};
	const value = parse(bytes);
	if (typeof value !== "object" || value === null || Array.isArray(value))
		throw new ServiceError("SerializationException", "The request's body is not a JSON object.");
	return value as Record<string, unknown>;
}

function parse(bytes: Uint8Array): unknown {
	try {
		return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
	} catch {
		throw new ServiceError("SerializationException", "The request's body is not valid JSON.");
	}
}

function textOf(value: string | undefined): string[] {
	return value === undefined ? [] : [value];
}

function textsOf(request: Request, query: URLSearchParams, place: string, name: string): string[] {
	if (place === "querystring") return query.getAll(name);
	return textOf(request.headers.get(name) ?? undefined);
}

/** Text as the member's type. A number that is none stays text, and fails as one. */
function convert(texts: string[], schema: Schema): unknown {
	const [first] = texts;
	if (first === undefined) return undefined;
	if (schema.type === "array") return texts;
	if (schema.type === "integer") return /^-?[0-9]{1,15}$/.test(first) ? Number(first) : first;
	if (schema.type === "boolean") return first === "true" ? true : first === "false" ? false : first;
	return first;
}
