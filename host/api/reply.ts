/** Replies and errors as HTTP, the way AWS's REST-JSON protocol writes them. */
import { ServiceError } from "../errors.ts";
import type { Reply } from "./operation.ts";

/** Errors whose shape in the service model says `Message`; in all others it is `message`. */
const CAPITAL = new Set([
	"CodeSigningConfigNotFoundException",
	"CodeVerificationFailedException",
	"InvalidCodeSignatureException",
	"ResourceNotFoundException",
	"RecursiveInvocationException",
	"ResourceInUseException",
	"ServiceException",
	"InvalidZipFileException",
	"AccessDeniedException",
	"PublicPolicyException",
]);
/** Errors of AWS's front, not of Lambda's model: they have no `Type`. */
const WITHOUT_TYPE = new Set([
	"ValidationException",
	"SerializationException",
	"AccessDeniedException",
	"UnrecognizedClientException",
	"MissingAuthenticationTokenException",
	"IncompleteSignatureException",
	"InvalidSignatureException",
	"UnknownOperationException",
]);

const JSON_TYPE = { "content-type": "application/json" };

/** A success. `status` is the operation's own. */
export function replyResponse(reply: Reply, status: number, requestId: string): Response {
	const headers = { ...reply.headers, "x-amzn-RequestId": reply.requestId ?? requestId };
	if (reply.stream) return new Response(reply.stream as BodyInit, { status: reply.status ?? status, headers });
	const content = reply.bytes ?? (reply.body === undefined ? null : jsonOf(reply.body));
	if (content === null) return new Response(null, { status: reply.status ?? status, headers });
	// Bytes come from a guest's memory or a buffer of the invoker: never shared.
	const body = content as string | Uint8Array<ArrayBuffer>;
	return new Response(body, { status: reply.status ?? status, headers: { ...JSON_TYPE, ...headers } });
}

/**
 * As the protocol writes it: dates are seconds since the epoch, with ms. A replacer is called for every value, and costs
 * several times of what the text itself does (50 functions, on a busy machine: 0.9 ms against 0.2): only bodies with a date have one.
 */
function jsonOf(body: object): string {
	return hasDate(body) ? JSON.stringify(body, dates) : JSON.stringify(body);
}

function hasDate(value: object): boolean {
	if (value instanceof Date) return true;
	const members: unknown[] = Array.isArray(value) ? value : Object.values(value);
	for (const member of members) if (typeof member === "object" && member !== null && hasDate(member)) return true;
	return false;
}

/** JSON.stringify hands dates over as text: the holder has the date itself. */
function dates(this: unknown, key: string, value: unknown): unknown {
	const original = (this as Record<string, unknown>)[key];
	return original instanceof Date ? original.getTime() / 1000 : value;
}

/** An error of the caller's. */
export function errorResponse(error: ServiceError, requestId: string): Response {
	const { name, status, message, members } = error;
	const { retryAfterSeconds, Type = status < 500 ? "User" : "Service", ...others } = members;
	const body = {
		...others,
		// An error may say by an empty one that it has none.
		...(WITHOUT_TYPE.has(name) || Type === "" ? {} : { Type }),
		// The service gives no message with some errors; then it is null there.
		[CAPITAL.has(name) ? "Message" : "message"]: message === "" ? null : message,
	};
	const headers: Record<string, string> = {
		...JSON_TYPE,
		"x-amzn-RequestId": requestId,
		"X-Amzn-ErrorType": name,
		...(retryAfterSeconds === undefined ? {} : { "retry-after": retryAfterSeconds }),
	};
	return new Response(JSON.stringify(body), { status, headers });
}

/** All that a caller learns of a fault of the host. */
export const FAULT = new ServiceError("ServiceException", "An error occurred and the request cannot be processed.");
