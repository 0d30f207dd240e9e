/** Addresses that only this machine reaches. */

/** True for `localhost` and for addresses of the loopback (RFC 6890), an IPv4 one on an IPv6 socket included. */
export function isLoopback(host: string): boolean {
	const address = host.replace(/^::ffff:/i, "").toLowerCase();
	return address === "localhost" || address === "::1" || /^127(?:\.\d{1,3}){3}$/.test(address);
}
