/** What stands behind a function's name: `$LATEST`, a version's number, or an alias (Developer Guide, "Lambda function versions"). */
import type { AliasRecord, FunctionRecord, Lookups } from "../store/types.ts";

/** The version that changes, and that runs when nobody names one. */
export const LATEST = "$LATEST";

const NUMBER = /^[0-9]+$/;

/** Whether it is a version's number; an alias has a letter in its name. */
export function isVersion(qualifier: string): boolean {
	return NUMBER.test(qualifier);
}

/** The record of a version, or an alias; null if there is none. Null as a qualifier is `$LATEST`. */
export async function lookUp(
	store: Pick<Lookups, "functions" | "versions" | "aliases">,
	name: string,
	qualifier: string | null,
): Promise<FunctionRecord | AliasRecord | null> {
	if (qualifier === null || qualifier === LATEST) return store.functions.get(name);
	return isVersion(qualifier) ? store.versions.get(name, qualifier) : store.aliases.get(name, qualifier);
}

/**
 * The version that an invocation of an alias goes to: by chance, so that each gets its share in the long run. `random` gives
 * numbers from 0 to 1.
 */
export function chooseVersion({ version, weights }: AliasRecord, random: () => number = Math.random): string {
	let rest: number | undefined;
	for (const [other, weight] of Object.entries(weights)) {
		rest ??= random();
		if (rest < weight) return other;
		rest -= weight;
	}
	return version;
}

/** The record of the version that a qualifier means; of an alias, of the version that has its name first. Null if there is none. */
export async function versionOf(
	store: Pick<Lookups, "functions" | "versions" | "aliases">,
	name: string,
	qualifier: string | null,
): Promise<{ record: FunctionRecord; version: string } | null> {
	const found = await lookUp(store, name, qualifier);
	if (found === null) return null;
	if ("weights" in found) return versionOf(store, name, found.version);
	return { record: found, version: qualifier ?? LATEST };
}
