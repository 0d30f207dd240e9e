/** Recorded replies of AWS Lambda, and how one of this host's is compared with them. */
import { readFileSync } from "node:fs";

export interface Recording {
	case: string;
	step: string;
	/** As boto3 gave it, or a text in place of a reply. */
	reply: RecordedReply | string;
}

export interface RecordedReply extends Record<string, unknown> {
	ResponseMetadata?: { HTTPStatusCode: number };
}

/** Reads a file of recordings, in their order. */
export function readRecordings(path: string): Recording[] {
	const read = JSON.parse(readFileSync(path, "utf8")) as Recording[];
	return read.map((recording) => ({ ...recording, reply: unwrap(recording.reply) }));
}

/** Some cases recorded the reply inside that of a helper of theirs. */
function unwrap(reply: Recording["reply"]): Recording["reply"] {
	if (typeof reply === "object" && "CreateFunctionResponse" in reply)
		return reply.CreateFunctionResponse as RecordedReply;
	return reply;
}

/** Errors of AWS's APIs as a whole, of which the service model says nothing. */
const UNMODELLED = new Set(["ValidationException", "AccessDeniedException", "SerializationException"]);

/** A reply of this host as boto3 would give it: of errors that AWS's model does not have, name and message alone. */
export async function asRecorded(response: Response): Promise<RecordedReply> {
	const text = await response.text();
	const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
	const ResponseMetadata = { HTTPStatusCode: response.status };
	const Code = response.headers.get("x-amzn-errortype");
	if (Code === null) return { ...body, ResponseMetadata };
	const error = { Code, Message: body.message ?? body.Message };
	return { Error: error, ...(UNMODELLED.has(Code) ? {} : body), ResponseMetadata };
}

/** Texts that stand for any value. */
const ANY = new Set(["date", "datetime", "lambda-url", "code-sha256", "<code-size>", "<location>"]);
const KNOWN: Record<string, string> = { "<partition>": "aws", "<region>": "us-east-1" };

/** Not in recordings of an earlier service, or not in those made through a paginator. */
const NEWER = new Set(["SnapStart", "LoggingConfig", "RuntimeVersionConfig", "ResponseMetadata"]);

/** Compares replies of one case: a mask such as `<uuid:1>` is one value wherever it stands. */
export class Comparison {
	readonly #masked = new Map<string, string>();

	/** The ways in which the reply is another one; none if it is the same. */
	differences(recorded: unknown, actual: unknown, path = ""): string[] {
		if (typeof recorded === "string") return this.#text(recorded, actual, path);
		if (typeof recorded !== "object" || recorded === null)
			return recorded === actual ? [] : [`${path}: ${JSON.stringify(actual)} instead of ${JSON.stringify(recorded)}`];
		if (typeof actual !== "object" || actual === null) return [`${path}: ${JSON.stringify(actual)}`];
		const [there, here] = [recorded as Record<string, unknown>, actual as Record<string, unknown>];
		const extra = Object.keys(here).filter((key) => !(key in there) && !NEWER.has(key));
		const wanted = Object.keys(there).filter(
			(key) => key !== "HTTPHeaders" && key !== "RetryAttempts" && key !== "RequestId",
		);
		return [
			...extra.map((key) => `${path}.${key} is ${JSON.stringify(here[key])}, and was not there`),
			...wanted.flatMap((key) =>
				key in here ? this.differences(there[key], here[key], `${path}.${key}`) : [`${path}.${key} is missing`],
			),
		];
	}

	/** Masks with a number are one value in all of a case, and other numbers are other values; those without are of one place. */
	#learn(name: string, value: string, path: string): string[] {
		if (!/:\d+>$/.test(name)) return [];
		const kind = name.replace(/:\d+>$/, "");
		const other = [...this.#masked].find(([mask, it]) => it === value && mask.startsWith(`${kind}:`));
		if (other) return [`${path}: ${value} is ${other[0]}, and was another one`];
		this.#masked.set(name, value);
		return [];
	}

	#text(recorded: string, actual: unknown, path: string): string[] {
		if (ANY.has(recorded)) return [];
		const names: string[] = [];
		const pattern = recorded.split(/(<[a-z0-9_:-]+>)/).map((part) => {
			if (!/^<.*>$/.test(part)) return RegExp.escape(part);
			const value = KNOWN[part] ?? this.#masked.get(part);
			if (value !== undefined) return RegExp.escape(value);
			names.push(part);
			return "(.+)";
		});
		const match = new RegExp(`^${pattern.join("")}$`, "s").exec(String(actual));
		if (!match) return [`${path}: ${JSON.stringify(actual)} instead of ${JSON.stringify(recorded)}`];
		return names.flatMap((name, index) => this.#learn(name, match[index + 1]!, path));
	}
}
