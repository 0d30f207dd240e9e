/** AWS's service model as the judge of replies: the one inside the botocore that `python3` finds. */
import { SERVED } from "../../host/api/model/served.ts";
import { readServiceModel, type ServiceModel, type Shape } from "../../scripts/generate-model.ts";

export interface ReplyModel {
	/**
	 * What is wrong with a reply, an empty list if nothing. Unknown members, wrong types, missing members and values
	 * out of their range all are.
	 */
	faultsOf(operation: string, status: number, headers: Headers, body: string): string[];
	/** The same for an error, whatever the operation. One that is not in the model has no faults. */
	errorFaults(name: string, status: number, body: string): string[];
}

/** The judge, or null and one line to stderr if there is no botocore here. */
export function loadReplyModel(): ReplyModel | null {
	const model = installedModel();
	if (model !== null && SERVED.every((name) => name in model.operations)) return judge(model);
	const what = model === null ? "No botocore here" : `botocore ${model.version} is too old`;
	console.warn(`${what} (python3 -m pip install -U botocore): replies are not checked against AWS's model.`);
	return null;
}

function installedModel(): ServiceModel | null {
	try {
		return readServiceModel();
	} catch {
		return null;
	}
}

function judge(model: ServiceModel): ReplyModel {
	return {
		errorFaults: (name, status, body) => shapeFaults(model, name, status, JSON.parse(body)),
		faultsOf(operation, status, headers, body) {
			if (status >= 400) return errorFaults(model, operation, status, headers, body);
			const { http, output } = model.operations[operation]!;
			const wanted = STATUSES[operation] ?? [http.responseCode];
			const faults = wanted.includes(status) ? [] : [`status ${status} instead of ${wanted}`];
			if (EMPTY.has(operation) && body === "{}") return faults;
			if (!output) return body === "" ? faults : [...faults, "a body where there is none"];
			return [...faults, ...outputFaults(model, model.shapes[output.shape]!, body)];
		},
	};
}

/** Statuses that the model does not know: it has one an operation. */
const STATUSES: Record<string, number[]> = {
	Invoke: [200, 202, 204],
	InvokeWithResponseStream: [200, 204],
	DeleteFunction: [204],
};

/** What was seen to be empty, although the model has required members. */
const EMPTY = new Set(["GetFunctionCodeSigningConfig"]);

function outputFaults(model: ServiceModel, shape: Shape, body: string): string[] {
	// The payload is the function's own.
	if (shape.payload) return [];
	const members = Object.entries(shape.members ?? {}).filter(([, member]) => !member.location);
	if (members.length === 0) return body === "" ? [] : ["a body where there is none"];
	return faultsIn(model, { ...shape, members: Object.fromEntries(members) }, JSON.parse(body), "");
}

/** Errors of AWS's front, which are in no operation's list. */
const COMMON = new Set([
	"ValidationException",
	"SerializationException",
	"AccessDeniedException",
	"UnknownOperationException",
	"NotImplementedException",
	"ServiceUnavailableException",
]);
/** Errors that the service was seen to answer to operations whose list does not have them. */
const SEEN = new Set(["DeleteFunctionUrlConfig InvalidParameterValueException"]);

function errorFaults(model: ServiceModel, operation: string, status: number, headers: Headers, body: string): string[] {
	const name = headers.get("x-amzn-errortype") ?? "";
	const value = JSON.parse(body) as Record<string, unknown>;
	if (COMMON.has(name)) return "message" in value || "Message" in value ? [] : ["no message"];
	const { errors } = model.operations[operation]!;
	// Every operation that has a body can be told that it is too large.
	const known = errors.some(({ shape }) => shape === name) || name === "RequestTooLargeException";
	if (!known && !SEEN.has(`${operation} ${name}`)) return [`${name} is no error of ${operation}`];
	return shapeFaults(model, name, status, value);
}

function shapeFaults(model: ServiceModel, name: string, status: number, value: unknown): string[] {
	const shape = model.shapes[name];
	if (!shape) return [];
	const faults = shape.error?.httpStatusCode === status ? [] : [`status ${status} of ${name}`];
	return [...faults, ...faultsIn(model, shape, value, "")];
}

const KINDS: Record<string, (value: unknown) => boolean> = {
	string: (value) => typeof value === "string",
	blob: (value) => typeof value === "string",
	boolean: (value) => typeof value === "boolean",
	integer: Number.isInteger,
	long: Number.isInteger,
	double: (value) => typeof value === "number",
	timestamp: (value) => typeof value === "number",
	list: Array.isArray,
	map: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
	structure: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

function faultsIn(model: ServiceModel, shape: Shape, value: unknown, path: string): string[] {
	if (!KINDS[shape.type]!(value)) return [`${path || "the reply"} is no ${shape.type}: ${JSON.stringify(value)}`];
	const inside = (name: string, of: unknown, at: string) => faultsIn(model, model.shapes[name]!, of, `${path}${at}`);
	if (shape.type === "list") return (value as unknown[]).flatMap((it, n) => inside(shape.member!.shape, it, `[${n}]`));
	if (shape.type === "map")
		return Object.entries(value as object).flatMap(([key, it]) => inside(shape.value!.shape, it, `.${key}`));
	if (shape.type !== "structure") return scalarFaults(shape, value, path);
	const given = value as Record<string, unknown>;
	const missing = (shape.required ?? []).filter((name) => !(name in given)).map((name) => `${path}.${name} is missing`);
	const present = Object.entries(given).flatMap(([name, it]) => {
		const member = shape.members?.[name];
		return member ? inside(member.shape, it, `.${name}`) : [`${path}.${name} is no member`];
	});
	return [...missing, ...present];
}

/** Values of lists that the service itself goes beyond, or that this host does: its own runtimes, the code of an update. */
const BEYOND: Record<string, RegExp> = {
	".CompatibleRuntimes": /^provided\.[a-z0-9.]+$/,
	".Runtime": /^provided\.[a-z0-9.]+$/,
	".LastUpdateStatusReasonCode": /^Creating$/,
};

function scalarFaults(shape: Shape, value: unknown, path: string): string[] {
	const size = typeof value === "string" ? value.length : (value as number);
	const faults: string[] = [];
	const member = path.replace(/\[\d+\]$/, "");
	const beyond = Object.entries(BEYOND).some(([end, allowed]) => member.endsWith(end) && allowed.test(String(value)));
	if (shape.enum && !shape.enum.includes(value as string) && !beyond) faults.push(`${path} is ${value}`);
	if (shape.pattern && !new RegExp(`^(?:${shape.pattern})$`, "u").test(String(value)))
		faults.push(`${path} is ${value}, which does not match ${shape.pattern}`);
	if (shape.min !== undefined && size < shape.min) faults.push(`${path} is ${value}, under ${shape.min}`);
	if (shape.max !== undefined && size > shape.max) faults.push(`${path} is ${value}, over ${shape.max}`);
	return faults;
}
