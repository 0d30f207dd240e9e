/** `wasi:http/types@0.2.3` taken apart. */
export interface InterfaceName {
	/** `wasi:http/types`. */
	name: string;
	/** `0.2.3`; null if the name has none. */
	version: string | null;
}

export function interfaceName(text: string): InterfaceName {
	const at = text.lastIndexOf("@");
	return at < 0 ? { name: text, version: null } : { name: text.slice(0, at), version: text.slice(at + 1) };
}

/** Is this a version that the host serves as `wanted` (`0.2`)? Semantic versions below 1.0 are compatible within a minor one. */
export function compatible(version: string | null, wanted: string): boolean {
	if (version === null) return false;
	const [major, minor] = version.split(".");
	return `${major}.${minor}` === wanted && !version.includes("-");
}
