/** Where a request goes: its host and its path, neither of them normalised. */
import type { IncomingMessage } from "node:http";
import type { HttpFields } from "../engine/http.ts";

export interface Target {
	/** The Host header's value. */
	host: string;
	/** Path and query as they came. */
	pathWithQuery: string;
	/** All fields as they came, repeated as they were; names in lower case, values in Latin-1. */
	fields: HttpFields;
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)([/?].*)?$/i;

/**
 * Null if it is not clear where the request goes: no Host header or two (RFC 9112, section 3.2, asks for 400), a target
 * that is no path, or one that names another host than the header does; nor where its end is: another encoding than
 * `chunked` (section 6.3).
 */
export function targetOf(incoming: IncomingMessage): Target | null {
	const fields = pairs(incoming.rawHeaders);
	let host: string | undefined;
	for (const [name, value] of fields) {
		if (name === "transfer-encoding" && value.toLowerCase() !== "chunked") return null;
		if (name !== "host") continue;
		if (host !== undefined) return null;
		host = value;
	}
	if (host === undefined) return null;
	const url = incoming.url ?? "";
	if (url.startsWith("/")) return { host, pathWithQuery: url, fields };
	const [, authority, rest = "/"] = ABSOLUTE.exec(url) ?? [];
	if (authority?.toLowerCase() !== host.toLowerCase()) return null;
	return { host, pathWithQuery: rest.startsWith("/") ? rest : `/${rest}`, fields };
}

/**
 * Node's one flat list of names and values as pairs. Its object of headers, which it makes when it is asked, costs more than
 * all that is looked for in it.
 */
export function pairs(raw: readonly string[]): HttpFields {
	const fields: HttpFields = [];
	for (let index = 0; index < raw.length; index += 2) fields.push([raw[index]!.toLowerCase(), raw[index + 1]!]);
	return fields;
}

/** The function that a path names, and what it is to see: `/hello/a?x=1` is `/a?x=1` of `hello`. Null if it names none. */
export function splitPrefix(pathWithQuery: string): { name: string; pathWithQuery: string } | null {
	const [, name, path = "/", query = ""] = /^\/([^/?#]+)(\/[^?]*)?(\?.*)?$/.exec(pathWithQuery) ?? [];
	return name === undefined ? null : { name, pathWithQuery: path + query };
}
