/** Where an outgoing request goes, checked. */
import { HttpErrorCode } from "./error-code.ts";
import type { OutgoingRequest } from "./kinds.ts";
import { parseAuthority } from "./syntax.ts";

export interface Target {
	scheme: "http" | "https";
	host: string;
	port: number;
	/** The authority as the guest named it. */
	hostHeader: string;
	method: string;
	/** The request target as octets, one a code unit; never empty. */
	path: string;
}

/** The target of a request, or why it has none: the codes are wasmtime's. */
export function target(request: OutgoingRequest): Target | HttpErrorCode {
	const { method } = request;
	const scheme = (request.scheme ?? "https").toLowerCase();
	// A tunnel is no request that this interface could answer.
	if (method === "CONNECT") return new HttpErrorCode("HTTP-request-method-invalid");
	if (scheme !== "http" && scheme !== "https") return new HttpErrorCode("HTTP-protocol-error");
	const hostHeader = request.authority ?? "";
	const authority = parseAuthority(hostHeader);
	if (authority === undefined) return new HttpErrorCode("HTTP-request-URI-invalid");
	const port = authority.port ?? (scheme === "https" ? 443 : 80);
	return { scheme, host: authority.host, port, hostHeader, method, path: octets(request.pathWithQuery ?? "") };
}

/** `?a=b` alone and nothing at all are paths of an empty path: `/`. */
function octets(path: string): string {
	const whole = path.startsWith("/") || path === "*" ? path : `/${path}`;
	return Buffer.from(whole, "utf8").toString("latin1");
}
