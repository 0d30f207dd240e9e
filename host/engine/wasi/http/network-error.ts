/** What node says when a connection fails, as an error-code. */
import { type ErrorName, HttpErrorCode } from "./error-code.ts";

const BY_CODE: Readonly<Record<string, ErrorName>> = {
	ECONNREFUSED: "connection-refused",
	ECONNRESET: "connection-terminated",
	ECONNABORTED: "connection-terminated",
	EPIPE: "connection-terminated",
	ERR_STREAM_PREMATURE_CLOSE: "connection-terminated",
	ETIMEDOUT: "connection-timeout",
	ERR_SOCKET_CONNECTION_TIMEOUT: "connection-timeout",
	EHOSTUNREACH: "destination-IP-unroutable",
	ENETUNREACH: "destination-IP-unroutable",
	EADDRNOTAVAIL: "destination-IP-unroutable",
	EMFILE: "connection-limit-reached",
	ENFILE: "connection-limit-reached",
	EPROTO: "TLS-protocol-error",
	ERR_TLS_CERT_ALTNAME_INVALID: "TLS-certificate-error",
	HPE_HEADER_OVERFLOW: "HTTP-response-header-section-size",
};

/** Codes of OpenSSL's certificate verification (node: `tlsSocket.authorizationError`). */
const CERTIFICATE =
	/^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH|CRL_|ERROR_IN_C)/;

/** The error-code of anything that `node:http` or `node:https` throws. */
export function networkError(error: unknown): HttpErrorCode {
	if (error instanceof HttpErrorCode) return error;
	const code = codeOf(error);
	const known = BY_CODE[code];
	if (known !== undefined) return new HttpErrorCode(known);
	// getaddrinfo's, all told as wasmtime tells them.
	if (code === "ENOTFOUND" || code.startsWith("EAI_")) return new HttpErrorCode("DNS-error", "address not available");
	if (CERTIFICATE.test(code)) return new HttpErrorCode("TLS-certificate-error");
	if (/^ERR_SSL_(TLSV1_|SSLV3_)?(ALERT|.*_ALERT_)/.test(code)) return new HttpErrorCode("TLS-alert-received", code);
	if (code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_")) return new HttpErrorCode("TLS-protocol-error");
	return new HttpErrorCode("HTTP-protocol-error");
}

function codeOf(error: unknown): string {
	const code = error instanceof Error && "code" in error ? error.code : undefined;
	return typeof code === "string" ? code : "";
}
