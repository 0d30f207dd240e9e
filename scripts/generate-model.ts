/**
 * Writes what the API takes from AWS's service model: the table of operations (`host/api/operations.ts`) and the input
 * schemas of those that are served (`host/api/model/inputs.json`). The model is the one inside PyPI's botocore
 * (Apache-2.0): `python3 -m pip install botocore && node scripts/generate-model.ts`. Add an operation's name to
 * `host/api/model/served.ts` first, then run this.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { SERVED } from "../host/api/model/served.ts";

export interface Shape {
	type: string;
	error?: { httpStatusCode: number };
	members?: Record<string, Member>;
	required?: string[];
	payload?: string;
	enum?: string[];
	pattern?: string;
	min?: number;
	max?: number;
	sensitive?: boolean;
	member?: Member;
	key?: Member;
	value?: Member;
}
interface Member {
	shape: string;
	location?: string;
	locationName?: string;
}
export interface ServiceModel {
	version: string;
	operations: Record<
		string,
		{
			http: { method: string; requestUri: string; responseCode: number };
			input: { shape: string };
			output?: { shape: string };
			errors: { shape: string }[];
		}
	>;
	shapes: Record<string, Shape>;
}
type Schema = Record<string, unknown>;

const READ_MODEL = [
	"import base64, botocore, os, sys",
	"path = os.path.join(os.path.dirname(botocore.__file__), 'data/lambda/2015-03-31/service-2.json.gz')",
	"print(botocore.__version__, base64.b64encode(open(path, 'rb').read()).decode())",
].join("\n");

/** Where `npm test` has installed its own botocore; that of the machine may be an older one. */
const INSTALLED = process.env.PILOT_PYTHONPATH ?? fileURLToPath(new URL("../test/.cache/python", import.meta.url));

/** The service model of the botocore that `python3` finds. Throws if there is none. */
export function readServiceModel(): ServiceModel {
	const PYTHONPATH = [INSTALLED, process.env.PYTHONPATH].filter((it) => it !== undefined).join(delimiter);
	const text = execFileSync("python3", ["-c", READ_MODEL], {
		maxBuffer: 64 << 20,
		encoding: "utf8",
		stdio: "pipe",
		env: { ...process.env, PYTHONPATH },
	});
	const [version, packed] = text.trim().split(" ") as [string, string];
	return { ...JSON.parse(gunzipSync(Buffer.from(packed, "base64")).toString()), version };
}

/** Where the service's answers differ from its published model, or where this host's range is another one. */
const CORRECTIONS: Record<string, Partial<Shape>> = {
	// Greater values are for Lambda Managed Instances and accelerators only (documentation of the members).
	Timeout: { max: 900 },
	EphemeralStorageSize: { max: 10_240 },
	// An unknown runtime gets an InvalidParameterValueException with a text of its own, not a constraint's.
	Runtime: { enum: undefined },
	// The order in which the service's error lists them (recorded).
	EventSourcePosition: { enum: ["LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"] },
	// The same with the outer brackets that the service's messages do not have.
	LayerVersionArn: {
		pattern:
			"(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)",
	},
};

/** Members whose check is the host's own; the service reports what is wrong with them before what is wrong with others. */
const OWN_CHECKS: Record<string, Record<string, Schema>> = {
	PublishLayerVersionRequest: {
		CompatibleRuntimes: { type: "array", minItems: 0, maxItems: 15, items: { type: "string" }, runtimes: "current" },
	},
	ListLayersRequest: { CompatibleRuntime: { type: "string", runtimes: "all" } },
	ListLayerVersionsRequest: { CompatibleRuntime: { type: "string", runtimes: "all" } },
};

/** The service answers 204 to DeleteFunction; its model says 200. */
const STATUS: Record<string, number> = { DeleteFunction: 204 };

/** Members that this host takes beyond AWS's. */
const OWN_MEMBERS: Record<string, Schema> = {
	FuelLimit: { type: ["integer", "null"], minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
	Isolation: { type: "string", enum: ["reuse", "request"] },
};
const EXTENSIONS: Record<string, Record<string, Schema>> = {
	CreateFunctionRequest: OWN_MEMBERS,
	UpdateFunctionConfigurationRequest: OWN_MEMBERS,
};

const TYPES: Record<string, string> = {
	string: "string",
	blob: "string",
	integer: "integer",
	long: "integer",
	double: "number",
	timestamp: "number",
	boolean: "boolean",
	list: "array",
	map: "object",
	structure: "object",
};

/** JSON schema of one shape; other shapes by `$ref`. `blob` and `sensitive` are keywords of `host/api/validate.ts`. */
function schemaOf(name: string, model: ServiceModel, use: (shape: string) => Schema): Schema {
	const shape = { ...model.shapes[name]!, ...CORRECTIONS[name] };
	const schema: Schema = { type: TYPES[shape.type]! };
	if (shape.sensitive) schema.sensitive = true;
	if (shape.type === "blob") schema.blob = true;
	const [least, most] = BOUNDS[shape.type] ?? [];
	if (least && shape.min !== undefined) schema[least] = shape.min;
	if (most && shape.max !== undefined) schema[most] = shape.max;
	if (shape.enum) schema.enum = shape.enum;
	// Smithy's patterns match the whole value.
	if (shape.pattern !== undefined) schema.pattern = `^(?:${shape.pattern})$`;
	if (shape.member) schema.items = use(shape.member.shape);
	if (shape.key) schema.propertyNames = use(shape.key.shape);
	if (shape.value) schema.additionalProperties = use(shape.value.shape);
	if (shape.members) addMembers(schema, name, shape, use);
	return schema;
}

const BOUNDS: Record<string, [string, string]> = {
	string: ["minLength", "maxLength"],
	list: ["minItems", "maxItems"],
	integer: ["minimum", "maximum"],
	long: ["minimum", "maximum"],
	double: ["minimum", "maximum"],
};

function addMembers(schema: Schema, name: string, shape: Shape, use: (shape: string) => Schema): void {
	const members = Object.entries(shape.members!).filter(([member]) => member !== shape.payload);
	schema.properties = {
		...OWN_CHECKS[name],
		...Object.fromEntries(
			members.filter(([member]) => !OWN_CHECKS[name]?.[member]).map(([member, { shape: of }]) => [member, use(of)]),
		),
		...EXTENSIONS[name],
	};
	if (shape.required) schema.required = shape.required;
}

/** Input of one operation: its shape, which member is the raw body, and which are in the path, the query or a header. */
function inputOf(operation: string, model: ServiceModel) {
	const { shape } = model.operations[operation]!.input;
	const { members, payload } = model.shapes[shape]!;
	const located = Object.entries(members ?? {})
		.filter(([, member]) => member.location !== undefined)
		.map(([name, member]) => [name, { in: member.location!, name: member.locationName ?? name }]);
	const body = Object.entries(members ?? {}).some(([name, member]) => name !== payload && !member.location);
	return { shape, payload: payload ?? null, body, located: Object.fromEntries(located) };
}

/** The content of `host/api/model/inputs.json`. */
export function inputsFrom(model: ServiceModel, served: readonly string[]) {
	const shapes: Record<string, Schema> = {};
	const use = (name: string): Schema => {
		if (!(name in shapes)) {
			shapes[name] = {};
			shapes[name] = schemaOf(name, model, use);
		}
		return { $ref: `#/shapes/${name}` };
	};
	const operations = Object.fromEntries(served.toSorted().map((name) => [name, inputOf(name, model)]));
	for (const { shape } of Object.values(operations)) use(shape);
	return { source: `botocore ${model.version}`, operations, shapes };
}

/** The rows of `host/api/operations.ts`, by name. */
export function routesFrom(model: ServiceModel) {
	return Object.entries(model.operations)
		.toSorted(([a], [b]) => (a < b ? -1 : 1))
		.map(([name, { http }]) => {
			const [path, query] = http.requestUri.split("?") as [string, string?];
			const status = STATUS[name] ?? http.responseCode;
			return { name, method: http.method, path, query: query?.split("="), status };
		});
}

function operationsFrom(model: ServiceModel): string {
	const rows = routesFrom(model).map((row) => `\t${JSON.stringify(row)},`);
	return `${HEADER(model.version)}export const OPERATIONS = [\n${rows.join("\n")}\n] as const satisfies readonly Route[];\n`;
}

const HEADER = (version: string) => `/**
 * Every operation of AWS Lambda's API: name, method, path and the status of success. Generated from the service model of
 * botocore ${version} by \`scripts/generate-model.ts\`; do not edit.
 */

export interface Route {
	name: string;
	method: "GET" | "POST" | "PUT" | "DELETE";
	/** As the model writes it: \`{FunctionName}\` is a member of the input. */
	path: string;
	/** A query parameter and its value that tell it from another operation on the same path. */
	query?: readonly [string, string];
	status: number;
}

`;

if (import.meta.main) {
	const model = readServiceModel();
	const root = new URL("../host/api/", import.meta.url);
	writeFileSync(new URL("operations.ts", root), operationsFrom(model));
	writeFileSync(new URL("model/inputs.json", root), `${JSON.stringify(inputsFrom(model, SERVED))}\n`);
	execFileSync("npx", ["biome", "format", "--write", "host/api/operations.ts", "host/api/model/inputs.json"], {
		cwd: new URL("..", import.meta.url),
		stdio: "inherit",
	});
}
