/** A request as a signature sees it: what came, not what was made of it. */

export interface SignedRequest {
	method: string;
	/** Path and query as they came, undecoded. */
	target: string;
	/** Names in lower case, values as Node reads them (Latin-1); repeated as they were. */
	fields: readonly (readonly [string, string])[];
}

/** A field's values as one, as canonical headers have them; undefined if there is none. */
export function fieldOf({ fields }: SignedRequest, name: string): string | undefined {
	const values = fields.filter(([it]) => it === name).map(([, value]) => value.trim());
	return values.length === 0 ? undefined : values.join(",");
}

/** Path and query, without the question mark. */
export function splitTarget(target: string): [path: string, query: string] {
	const at = target.indexOf("?");
	return at < 0 ? [target, ""] : [target.slice(0, at), target.slice(at + 1)];
}

/** The parameters of a query, decoded as forms are, by name. Null if an escape is broken. */
export function parametersOf(query: string): Map<string, string[]> | null {
	const parameters = new Map<string, string[]>();
	for (const pair of query.split("&")) {
		if (pair === "") continue;
		const at = pair.indexOf("=");
		const name = decode(at < 0 ? pair : pair.slice(0, at));
		const value = decode(at < 0 ? "" : pair.slice(at + 1));
		if (name === null || value === null) return null;
		parameters.set(name, [...(parameters.get(name) ?? []), value]);
	}
	return parameters;
}

function decode(text: string): string | null {
	try {
		return decodeURIComponent(text.replaceAll("+", " "));
	} catch {
		return null;
	}
}
