/** What a Host header asks for. It decides first: by it a function's pages and the host's own never share an origin. */
import { isLoopback } from "../auth/loopback.ts";
import type { Config } from "../config.ts";

export type Site =
	/** The host's own names: API and page. */
	| { kind: "own" }
	/** `ID.lambda-url.localhost`. */
	| { kind: "url"; id: string }
	/** `NAME.localhost`; lower-case, since host names have no case. */
	| { kind: "name"; label: string }
	/** A name that is not this host's: a page elsewhere whose name was made to point here (DNS rebinding). */
	| { kind: "foreign" };

const HOST = /^(\[[0-9a-f:.]+\]|[^:]+)(?::[0-9]{1,5})?$/;
const URL_HOST = /^([^.]+)\.lambda-url\.localhost$/;
const URL_HOST_ANYWHERE = /^[^.]+\.lambda-url\..+$/;
/** One label (RFC 1123, section 2.1): no underscore, 63 characters. */
const NAME_HOST = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\.localhost$/;

/** The names under which a host answers. */
export type OwnNames = Pick<ReadonlySet<string>, "has">;

/**
 * The names under which the host itself answers, as they stand in a Host header. One that others reach has whatever names they
 * gave it: there, a page with a name that was made to point here has no key, and learns nothing.
 */
export function ownNames(config: Pick<Config, "host">): OwnNames {
	if (!isLoopback(config.host))
		return { has: (name) => name !== "" && !URL_HOST_ANYWHERE.test(name) && !NAME_HOST.test(name) };
	const configured = config.host.includes(":") ? `[${config.host}]` : config.host;
	return new Set(["localhost", "127.0.0.1", "[::1]", configured.toLowerCase()]);
}

/** Tells what a Host header's value names. The port is not looked at: it may have been forwarded. */
export function siteOf(host: string, own: OwnNames): Site {
	const name = HOST.exec(host.toLowerCase())?.[1] ?? "";
	if (own.has(name)) return { kind: "own" };
	const id = URL_HOST.exec(name)?.[1];
	if (id !== undefined) return { kind: "url", id };
	const label = NAME_HOST.exec(name)?.[1];
	return label === undefined ? { kind: "foreign" } : { kind: "name", label };
}
