/**
 * A function URL's CORS settings. https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors: the
 * settings alone answer a preflight, which the function does not see; on other answers they stand beside what the
 * function sent, twice if it sent the same.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { HttpFields } from "../engine/http.ts";
import type { BufferedResponse } from "../invoker/http-event.ts";
import type { CorsConfig } from "../store/types.ts";

/** The answer to a preflight, or null if the request is none. */
export function preflight(
	cors: CorsConfig | null,
	method: string | undefined,
	headers: IncomingHttpHeaders,
): BufferedResponse | null {
	const requested = headers["access-control-request-method"];
	if (!cors || method !== "OPTIONS" || headers.origin === undefined || requested === undefined) return null;
	const fields = corsFields(cors, headers.origin);
	if (allows(cors, headers.origin)) {
		add(fields, "access-control-allow-methods", wildcard(cors.allowMethods, requested));
		add(fields, "access-control-allow-headers", wildcard(cors.allowHeaders, headers["access-control-request-headers"]));
		if (cors.maxAge) fields.push(["access-control-max-age", String(cors.maxAge)]);
	}
	return { status: 200, headers: fields, body: new Uint8Array() };
}

/** What the settings add to an answer. */
export function corsFields(cors: CorsConfig | null, origin: string | undefined): HttpFields {
	if (!cors) return [];
	const fields: HttpFields = [["vary", "Origin"]];
	if (origin === undefined || !allows(cors, origin)) return fields;
	fields.push(["access-control-allow-origin", origin]);
	if (cors.allowCredentials) fields.push(["access-control-allow-credentials", "true"]);
	add(fields, "access-control-expose-headers", cors.exposeHeaders?.join(","));
	return fields;
}

function allows(cors: CorsConfig, origin: string): boolean {
	return cors.allowOrigins?.some((it) => it === "*" || it.toLowerCase() === origin.toLowerCase()) ?? false;
}

/** What was asked for stands for `*`, which browsers take literally where credentials are sent (Fetch standard, 4.9). */
function wildcard(allowed: string[] | undefined, requested: string | undefined): string | undefined {
	return allowed?.includes("*") ? requested : allowed?.join(",");
}

function add(fields: HttpFields, name: string, value: string | undefined): void {
	if (value) fields.push([name, value]);
}
