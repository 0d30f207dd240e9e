/** Where a request goes: its host and its path, neither of them normalised. */
import type { IncomingMessage } from "node:http";

export interface Target {
	/** The Host header's value. */
	host: string;
	/** Path and query as they came. */
	pathWithQuery: string;
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)([/?].*)?$/i;

/**
 * Null if it is not clear where the request goes: no Host header or two (RFC 9112, section 3.2, asks for 400), a target
 * that is no path, or one that names another host than the header does; nor where its end is: another encoding than
 * `chunked` (section 6.3).
 */
export function targetOf(incoming: IncomingMessage): Target | null {
	const { host } = incoming.headers;
	const encoding = incoming.headers["transfer-encoding"];
	if (encoding !== undefined && encoding.toLowerCase() !== "chunked") return null;
	if (host === undefined || hostHeaders(incoming.rawHeaders) !== 1) return null;
	const url = incoming.url ?? "";
	if (url.startsWith("/")) return { host, pathWithQuery: url };
	const [, authority, rest = "/"] = ABSOLUTE.exec(url) ?? [];
	if (authority?.toLowerCase() !== host.toLowerCase()) return null;
	return { host, pathWithQuery: rest.startsWith("/") ? rest : `/${rest}` };
}

function hostHeaders(rawHeaders: string[]): number {
	let count = 0;
	for (let index = 0; index < rawHeaders.length; index += 2) {
		const name = rawHeaders[index]!;
		if (name.length === 4 && name.toLowerCase() === "host") count++;
	}
	return count;
}

/** The function that a path names, and what it is to see: `/hello/a?x=1` is `/a?x=1` of `hello`. Null if it names none. */
export function splitPrefix(pathWithQuery: string): { name: string; pathWithQuery: string } | null {
	const [, name, path = "/", query = ""] = /^\/([^/?#]+)(\/[^?]*)?(\?.*)?$/.exec(pathWithQuery) ?? [];
	return name === undefined ? null : { name, pathWithQuery: path + query };
}
