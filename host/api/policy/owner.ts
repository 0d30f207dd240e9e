/** What a function's policies are for: the function itself, a version, or an alias. */
import { ServiceError } from "../../errors.ts";
import { functionArn } from "../../invoker/arn.ts";
import type { AliasRecord, FunctionRecord, Store, VersionRecord, Write } from "../../store/types.ts";
import { type FunctionName, LATEST } from "../function-name.ts";
import type { ApiDeps } from "../operation.ts";
import { sameInstances } from "../publication.ts";
import type { Owner, PolicyPlace } from "./change.ts";

export function placeOf({ name, qualifier }: FunctionName): PolicyPlace {
	return { functionName: name, scope: name, qualifier: qualifier ?? "" };
}

/** `$LATEST` has no policy of its own. Throws InvalidParameterValueException. */
export function refuseLatest({ qualifier }: FunctionName): void {
	if (qualifier === LATEST)
		throw new ServiceError(
			"InvalidParameterValueException",
			"We currently do not support adding policies for $LATEST.",
		);
}

const VERSION = /^\d+$/;
const ALIAS = /^[a-zA-Z0-9-_]+$/;

/** Throws ResourceNotFoundException in the service's words for each; `noFunction` for a function that is not there. */
export async function ownerOf(
	{ store, config }: Pick<ApiDeps, "store" | "config">,
	wanted: FunctionName,
	noFunction: (arn: string) => string = (arn) => `Function not found: ${arn}`,
): Promise<Owner> {
	const { name, qualifier, arn } = wanted;
	const record = await store.functions.get(name);
	if (!record) throw notFound(noFunction(functionArn(config, name)));
	if (qualifier === null) return functionOwner(record);
	const owner = await qualifiedOwner(store, name, qualifier);
	if (owner) return owner;
	const isAlias = ALIAS.test(qualifier) && !VERSION.test(qualifier);
	throw notFound(isAlias ? `Cannot find alias arn: ${arn}` : `Function not found: ${arn}`);
}

async function qualifiedOwner(store: Store, name: string, qualifier: string): Promise<Owner | null> {
	if (VERSION.test(qualifier)) {
		const version = await store.versions.get(name, qualifier);
		return version && versionOwner(version);
	}
	const alias = await store.aliases.get(name, qualifier);
	return alias && aliasOwner(alias);
}

/** The service shows one revision for a function and its policy. Instances do not see it, and go on. */
function functionOwner(record: FunctionRecord): Owner {
	return {
		revisionId: record.revisionId,
		revise: (revisionId) => [
			{ table: "functions", op: "update", record: sameInstances(record, revisionId), expected: record.revisionId },
		],
	};
}

function versionOwner(record: VersionRecord): Owner {
	const write = (revisionId: string): Write => ({
		table: "versions",
		op: "update",
		record: sameInstances(record, revisionId),
		expected: record.revisionId,
	});
	return { revisionId: record.revisionId, revise: (revisionId) => [write(revisionId)] };
}

function aliasOwner(record: AliasRecord): Owner {
	const write = (revisionId: string): Write => ({
		table: "aliases",
		op: "update",
		record: { ...record, revisionId },
		expected: record.revisionId,
	});
	return { revisionId: record.revisionId, revise: (revisionId) => [write(revisionId)] };
}

function notFound(message: string): ServiceError {
	return new ServiceError("ResourceNotFoundException", message);
}
