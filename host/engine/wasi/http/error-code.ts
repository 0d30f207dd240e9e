/** `wasi:http/types.error-code`: its cases in the order of the WIT, and what each carries. */
import { IoError } from "../io/types.ts";

/**
 * What a case carries. Every payload of the WIT is made of at most one text and one number, each optional:
 * `dns` is { rcode: option<string>, info-code: option<u16> }, `tls` is { alert-id: option<u8>, alert-message:
 * option<string> }, `field` is { field-name: option<string>, field-size: option<u32> }.
 */
export type PayloadShape = "none" | "u64?" | "u32?" | "string?" | "dns" | "tls" | "field" | "field?";

/** Name and payload of every case; a case's discriminant is its index. */
export const ERROR_CASES = [
	["DNS-timeout", "none"],
	["DNS-error", "dns"],
	["destination-not-found", "none"],
	["destination-unavailable", "none"],
	["destination-IP-prohibited", "none"],
	["destination-IP-unroutable", "none"],
	["connection-refused", "none"],
	["connection-terminated", "none"],
	["connection-timeout", "none"],
	["connection-read-timeout", "none"],
	["connection-write-timeout", "none"],
	["connection-limit-reached", "none"],
	["TLS-protocol-error", "none"],
	["TLS-certificate-error", "none"],
	["TLS-alert-received", "tls"],
	["HTTP-request-denied", "none"],
	["HTTP-request-length-required", "none"],
	["HTTP-request-body-size", "u64?"],
	["HTTP-request-method-invalid", "none"],
	["HTTP-request-URI-invalid", "none"],
	["HTTP-request-URI-too-long", "none"],
	["HTTP-request-header-section-size", "u32?"],
	["HTTP-request-header-size", "field?"],
	["HTTP-request-trailer-section-size", "u32?"],
	["HTTP-request-trailer-size", "field"],
	["HTTP-response-incomplete", "none"],
	["HTTP-response-header-section-size", "u32?"],
	["HTTP-response-header-size", "field"],
	["HTTP-response-body-size", "u64?"],
	["HTTP-response-trailer-section-size", "u32?"],
	["HTTP-response-trailer-size", "field"],
	["HTTP-response-transfer-coding", "string?"],
	["HTTP-response-content-coding", "string?"],
	["HTTP-response-timeout", "none"],
	["HTTP-upgrade-failed", "none"],
	["HTTP-protocol-error", "none"],
	["loop-detected", "none"],
	["configuration-error", "none"],
	["internal-error", "string?"],
] as const satisfies readonly (readonly [string, PayloadShape])[];

export type ErrorName = (typeof ERROR_CASES)[number][0];

/** Discriminants by name. */
export const ERROR_INDEX: ReadonlyMap<ErrorName, number> = new Map(ERROR_CASES.map(([name], index) => [name, index]));

/** One error: what the guest is told, or told us. */
export class HttpErrorCode extends Error {
	override readonly name = "HttpErrorCode";
	readonly code: ErrorName;
	/** The payload's text, if it has one. */
	readonly text: string | undefined;
	/** The payload's number, if it has one: a size in bytes, or a code. */
	readonly number: number | undefined;

	constructor(code: ErrorName, text?: string, number?: number) {
		const details = [text, number].filter((it) => it !== undefined);
		super(details.length === 0 ? code : `${code} (${details.join(", ")})`);
		this.code = code;
		this.text = text;
		this.number = number;
	}
}

/** The error of a stream that failed for `cause`; `http-error-code` finds the cause in it. */
export function streamError(cause: HttpErrorCode): IoError {
	return new IoError(cause.message, undefined, cause);
}

/** A body or trailers failed: its own error code, or `otherwise` where a foreign error was thrown. */
export function asErrorCode(thrown: unknown, otherwise: ErrorName): HttpErrorCode {
	return thrown instanceof HttpErrorCode ? thrown : new HttpErrorCode(otherwise);
}
