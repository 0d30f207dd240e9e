/** Who a request says it is from, and how it means to show that: the Authorization header, or the query of a presigned URL. */
import { hash } from "node:crypto";
import { ServiceError } from "../../errors.ts";
import { fieldOf, parametersOf, type SignedRequest, splitTarget } from "./request.ts";

export interface Claim {
	keyId: string;
	/** The credential's scope: `20261122`. */
	date: string;
	region: string;
	service: string;
	/** `aws4_request`. */
	terminator: string;
	/** Names in lower case. */
	signedHeaders: readonly string[];
	signature: string;
	/** When it was signed: `20261122T100000Z`. */
	time: string;
	/** Of a presigned URL: how long it is good for. */
	expiresSeconds: number | null;
	/** Goes with keys for a time, which this host does not give out. */
	sessionToken: boolean;
}

export const ALGORITHM = "AWS4-HMAC-SHA256";
const WEEK_SECONDS = 604_800;

/** Null if the request claims nothing. Throws IncompleteSignatureException in AWS's words for what cannot be read. */
export function claimOf(request: SignedRequest): Claim | null {
	const header = fieldOf(request, "authorization");
	const parameters = parametersOf(splitTarget(request.target)[1]);
	const inQuery = parameters?.has("X-Amz-Algorithm") || parameters?.has("X-Amz-Signature");
	if (header !== undefined && inQuery) throw incomplete("The request has an Authorization header and a presigned URL.");
	if (header !== undefined) return fromHeader(request, header);
	return inQuery ? fromQuery(request, parameters!) : null;
}

function fromHeader(request: SignedRequest, header: string): Claim {
	const [algorithm = "", ...rest] = header.split(" ");
	const text = `(Hashed with SHA-256 and encoded with Base64) Authorization=${hash("sha256", header, "base64")}`;
	if (algorithm !== ALGORITHM) throw unsupported(algorithm);
	const parameters = new Map<string, string>();
	for (const pair of rest.join(" ").split(",")) {
		const at = pair.indexOf("=");
		if (at < 0) throw incomplete(`Invalid key=value pair (missing equal-sign) in Authorization header. ${text}`);
		parameters.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
	}
	const time = timeOf(request);
	const missing = ["Credential", "Signature", "SignedHeaders"]
		.filter((name) => !parameters.get(name))
		.map((name) => `Authorization header requires '${name}' parameter.`);
	if (time === undefined)
		missing.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
	if (missing.length > 0) throw incomplete([...missing, text].join(" "));
	return {
		...credentialOf(parameters.get("Credential")!),
		signedHeaders: namesOf(parameters.get("SignedHeaders")!),
		signature: parameters.get("Signature")!,
		time: checkTime(time!),
		expiresSeconds: null,
		sessionToken: fieldOf(request, "x-amz-security-token") !== undefined,
	};
}

function fromQuery(request: SignedRequest, parameters: ReadonlyMap<string, readonly string[]>): Claim {
	const one = (name: string): string | undefined => {
		const values = parameters.get(name) ?? [];
		if (values.length > 1) throw incomplete(`The query has '${name}' more than once.`);
		return values[0] || undefined;
	};
	const algorithm = one("X-Amz-Algorithm");
	if (algorithm !== undefined && algorithm !== ALGORITHM) throw unsupported(algorithm);
	const needed = ["Algorithm", "Credential", "Date", "Signature", "SignedHeaders"].map((name) => `X-Amz-${name}`);
	const missing = needed.filter((name) => one(name) === undefined);
	if (missing.length > 0)
		throw incomplete(missing.map((name) => `AWS query-string parameters must include '${name}'.`).join(" "));
	return {
		...credentialOf(one("X-Amz-Credential")!),
		signedHeaders: namesOf(one("X-Amz-SignedHeaders")!),
		signature: one("X-Amz-Signature")!,
		time: checkTime(one("X-Amz-Date")!),
		expiresSeconds: expiresOf(one("X-Amz-Expires")),
		sessionToken: parameters.has("X-Amz-Security-Token") || fieldOf(request, "x-amz-security-token") !== undefined,
	};
}

function credentialOf(text: string): Pick<Claim, "keyId" | "date" | "region" | "service" | "terminator"> {
	const parts = text.split("/");
	if (parts.length !== 5 || parts.includes(""))
		throw incomplete(
			`Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${text.slice(0, 200)}'`,
		);
	const [keyId, date, region, service, terminator] = parts as [string, string, string, string, string];
	return { keyId, date, region, service, terminator };
}

function namesOf(text: string): readonly string[] {
	return text.split(";").map((name) => name.trim().toLowerCase());
}

/** `X-Amz-Date`, or `Date` in either of its forms. */
function timeOf(request: SignedRequest): string | undefined {
	const own = fieldOf(request, "x-amz-date");
	if (own !== undefined) return own;
	const date = fieldOf(request, "date");
	if (date === undefined || BASIC_TIME.test(date)) return date;
	const ms = Date.parse(date);
	return Number.isNaN(ms) ? date : basicTime(ms);
}

const BASIC_TIME = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;

function checkTime(text: string): string {
	if (BASIC_TIME.test(text) && !Number.isNaN(msOf(text))) return text;
	throw incomplete(
		`Date must be in ISO-8601 'basic format'. Got '${text.slice(0, 100)}'. See http://en.wikipedia.org/wiki/ISO_8601`,
	);
}

/** ms since the epoch of `20261122T100000Z`. */
export function msOf(time: string): number {
	return Date.parse(time.replace(BASIC_TIME, "$1-$2-$3T$4:$5:$6Z"));
}

/** The other way round. */
export function basicTime(ms: number): string {
	return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

function expiresOf(text: string | undefined): number {
	// What a presigned URL is good for unless it says so: as long as any signature.
	if (text === undefined) return 900;
	const seconds = /^\d{1,7}$/.test(text) ? Number(text) : 0;
	if (seconds >= 1 && seconds <= WEEK_SECONDS) return seconds;
	throw incomplete(`X-Amz-Expires must be a number of seconds from 1 to ${WEEK_SECONDS}.`);
}

function unsupported(algorithm: string): ServiceError {
	return incomplete(`Unsupported AWS 'algorithm': '${algorithm.slice(0, 100)}'. Sign with ${ALGORITHM}.`);
}

function incomplete(message: string): ServiceError {
	return new ServiceError("IncompleteSignatureException", message);
}
