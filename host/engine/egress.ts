/** Which hosts a function may send requests to. */
import { parseAuthority } from "./wasi/http/syntax.ts";

const DEFAULT_PORT: Readonly<Record<string, number>> = { http: 80, https: 443 };

/**
 * May a request go to this authority? `egress` lists authorities, `host` or `host:port`, and each is meant exactly: no
 * wildcards, no subdomains, no addresses that a name stands for. One without a port is the scheme's own, 80 or 443.
 * Letters of either case are the same (RFC 3986, section 3.2.2). An entry that is no authority allows nothing.
 */
export function mayReach(egress: readonly string[], scheme: string, authority: string): boolean {
	const wanted = place(scheme, authority);
	return wanted !== undefined && egress.some((entry) => place(scheme, entry) === wanted);
}

function place(scheme: string, text: string): string | undefined {
	const authority = parseAuthority(text);
	return authority && `${authority.host.toLowerCase()} ${authority.port ?? DEFAULT_PORT[scheme]}`;
}
