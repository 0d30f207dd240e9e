/** What is set for a version beside its code and configuration, and which version a caller means. */
import { ServiceError } from "../errors.ts";
import type { FunctionRecord, Store, VersionSettingsRecord } from "../store/types.ts";
import { type FunctionName, findFunction, LATEST } from "./function-name.ts";
import type { ApiDeps } from "./operation.ts";

/** The newest of the published versions, whatever its number. */
export const LATEST_PUBLISHED = "$LATEST.PUBLISHED";

/** A version that is there: its function's name, its qualifier as settings are kept by, and its record. */
export interface FoundVersion {
	functionName: string;
	qualifier: string;
	record: FunctionRecord;
}

/**
 * The version that a caller means; `$LATEST` if none is named. Throws ResourceNotFoundException, and for an alias
 * InvalidParameterValueException.
 */
export async function versionOf({ store }: ApiDeps, wanted: FunctionName): Promise<FoundVersion> {
	const { name, qualifier } = wanted;
	if (qualifier === null || qualifier === LATEST)
		return { functionName: name, qualifier: LATEST, record: await findFunction(store, wanted) };
	if (qualifier !== LATEST_PUBLISHED && !/^[0-9]+$/.test(qualifier))
		throw new ServiceError(
			"InvalidParameterValueException",
			"An alias has no settings of its own. Please name a version.",
		);
	const number = qualifier === LATEST_PUBLISHED ? await lastVersion(store, name) : qualifier;
	const record = number === null ? null : await store.versions.get(name, number);
	if (record) return { functionName: name, qualifier, record };
	throw new ServiceError("ResourceNotFoundException", `Function not found: ${wanted.arn}`);
}

async function lastVersion(store: Store, name: string): Promise<string | null> {
	const last = (await store.functions.get(name))?.lastVersion ?? 0;
	return last === 0 ? null : String(last);
}

/** What is kept for a version; nothing but its names if nothing is. */
export async function settingsOfVersion(
	store: Store,
	{ functionName, qualifier }: FoundVersion,
): Promise<VersionSettingsRecord> {
	return (await store.versionSettings.get(functionName, qualifier)) ?? { functionName, qualifier };
}
