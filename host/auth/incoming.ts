/** Requests as Node brings them, as signatures are checked on them. */
import type { IncomingMessage } from "node:http";
import { remoteOf } from "../remote.ts";
import type { Incoming } from "./callers.ts";

export function fromNode(incoming: IncomingMessage): Incoming {
	const raw = incoming.rawHeaders;
	const fields: [string, string][] = [];
	for (let index = 0; index < raw.length; index += 2) fields.push([raw[index]!.toLowerCase(), raw[index + 1]!]);
	return {
		method: incoming.method ?? "GET",
		target: pathOf(incoming.url ?? "/"),
		fields,
		address: remoteOf(incoming).address,
	};
}

/** A target may name its host as well (RFC 9112, section 3.2.2). */
function pathOf(url: string): string {
	return url.startsWith("/") ? url : url.replace(/^https?:\/\/[^/?#]*/i, "") || "/";
}
