/** What HTTP lets a name, value, method, path or authority be (RFC 9110, RFC 3986). No regular expressions: hot path. */

/** 1 for the characters of a token (RFC 9110, section 5.6.2), by code. */
const TOKEN = new Uint8Array(128);
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
	TOKEN[char.charCodeAt(0)] = 1;
}

/** Is it a token: a field name or a method? */
export function isToken(text: string): boolean {
	for (let i = 0; i < text.length; i++) if (TOKEN[text.charCodeAt(i)] !== 1) return false;
	return text.length > 0;
}

/** May a field have this value? Visible characters, spaces, tabs, and octets above 127; no line ends, no NUL. */
export function isFieldValue(text: string): boolean {
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if ((code < 0x20 && code !== 0x09) || code === 0x7f) return false;
	}
	return true;
}

/**
 * May it be a request's path and query? The same characters as wasmtime takes: all that is visible but `#`, `<`, `>`
 * and, in the path, the backtick. A fragment is refused, where wasmtime drops it.
 */
export function isPathWithQuery(text: string): boolean {
	let query = false;
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (code <= 0x20 || code === 0x23 || code === 0x3c || code === 0x3e || code === 0x7f) return false;
		if (code === 0x60 && !query) return false;
		if (code === 0x3f) query = true;
	}
	return true;
}

/** May it be set as a scheme? As in wasmtime, which looks at its characters alone; only http and https can be sent. */
export function isScheme(text: string): boolean {
	return /^[A-Za-z0-9+.-]{0,64}$/.test(text);
}

export interface Authority {
	/** A name or an address; an IPv6 address without its brackets. */
	host: string;
	/** Undefined if none is named. */
	port: number | undefined;
}

const HOST = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._~!$&'()*+,;=-]{1,255}))(?::([0-9]{1,5}))?$/;

/**
 * Host and port of an authority; undefined if it is malformed. User information (`name@`) is refused: nothing sends it,
 * and what looks at the host must not be led astray by it.
 */
export function parseAuthority(text: string): Authority | undefined {
	const found = HOST.exec(text);
	const host = found?.[1] ?? found?.[2];
	if (host === undefined) return undefined;
	const port = found?.[3] === undefined ? undefined : Number(found[3]);
	return port === undefined || port <= 65_535 ? { host, port } : undefined;
}
