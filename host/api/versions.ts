/** Versions: what `$LATEST` was when it was published, under a number, for good. */
import { invalid, ServiceError } from "../errors.ts";
import { functionArn } from "../invoker/arn.ts";
import { isVersion, LATEST } from "../invoker/qualifiers.ts";
import { AlreadyExists, Changed, type FunctionRecord, type VersionRecord } from "../store/types.ts";
import { configurationOf, summaryOf } from "./configuration.ts";
import { findFunction, parseFunctionName } from "./function-name.ts";
import type { ApiDeps, Handlers } from "./operation.ts";
import { markerOf, placeOf } from "./paging.ts";
import { newVersion, published, sameVersion } from "./publication.ts";
import { prepare, staleRevision, updateInProgress } from "./publish.ts";

/** Versions in one page at most (API reference). */
const MAX_PAGE = 50;

export function versionHandlers(deps: ApiDeps): Handlers<"PublishVersion" | "ListVersionsByFunction"> {
	const { config, store } = deps;
	return {
		async PublishVersion(input) {
			const { name } = parseFunctionName(input.FunctionName!, undefined, config);
			const arn = functionArn(config, name);
			const record = await findFunction(store, { name, qualifier: null, arn });
			if (input.RevisionId !== undefined && input.RevisionId !== record.revisionId) throw staleRevision();
			if (input.CodeSha256 !== undefined && input.CodeSha256 !== record.codeSha256)
				throw new ServiceError(
					"InvalidParameterValueException",
					`CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST (${record.codeSha256}). Please try again with the CodeSHA256 in $LATEST.`,
				);
			const version = await publishVersion(deps, record, input.Description);
			return { body: configurationOf(version, config, "active", version.version) };
		},

		async ListVersionsByFunction(input) {
			const { name } = parseFunctionName(input.FunctionName!, undefined, config);
			const record = await findFunction(store, { name, qualifier: null, arn: functionArn(config, name) });
			const limit = Math.min(input.MaxItems ?? MAX_PAGE, MAX_PAGE);
			const after = placeOf(input.Marker);
			// `$LATEST` comes first, before any place in the table.
			const first = after === null ? [summaryOf(record, config, LATEST)] : [];
			const page = await store.versions.list(name, Math.max(limit - first.length, 1), after === START ? null : after);
			const none = limit <= first.length;
			const next = none && page.items.length > 0 ? START : page.next;
			const shown = none ? [] : page.items.map((it) => summaryOf(it, config, it.version));
			return {
				body: { Versions: [...first, ...shown], ...(next === null ? {} : { NextMarker: markerOf(next) }) },
			};
		},
	};
}

/** The place after `$LATEST` and before all versions. */
const START = "\n";

/**
 * Publishes `$LATEST` as the record has it, or gives the version that was published last, if nothing changed since. Throws
 * ResourceConflictException if somebody else changes the function meanwhile.
 */
export async function publishVersion(
	deps: ApiDeps,
	record: FunctionRecord,
	description?: string,
): Promise<VersionRecord> {
	const last = await sameVersion(deps.store, record);
	if (last) return last;
	const version = newVersion(record, description);
	const { spec, prepared } = await prepare(deps, version, version.version);
	try {
		await deps.store.together([
			{ table: "functions", op: "update", record: published(record), expected: record.revisionId },
			{ table: "versions", op: "create", record: prepared },
		]);
	} catch (error) {
		deps.engine.retire(spec.id);
		if (error instanceof Changed || error instanceof AlreadyExists)
			throw updateInProgress(functionArn(deps.config, record.name));
		throw error;
	}
	deps.invoker.changed(record.name);
	return prepared;
}

/**
 * Deletes a version. One that is not there is as good as deleted, to the service. Throws InvalidParameterValueException for
 * what is no version, ResourceConflictException for one that an alias has.
 */
export async function deleteVersion(deps: ApiDeps, name: string, qualifier: string): Promise<void> {
	const { store } = deps;
	if (qualifier === LATEST) throw invalid("$LATEST version cannot be deleted without deleting the function.");
	if (!isVersion(qualifier)) throw invalid("Deletion of functions using an Alias is not currently supported.");
	await findFunction(store, { name, qualifier: null, arn: functionArn(deps.config, name, qualifier) });
	const { items } = await store.aliases.list(name, 100_000);
	const users = items.filter((it) => it.version === qualifier || qualifier in it.weights).map((it) => it.name);
	if (users.length > 0)
		throw new ServiceError(
			"ResourceConflictException",
			`Unable to delete version because the following aliases reference it: [${users.join(", ")}]`,
		);
	await store.together([
		{ table: "provisioned", op: "delete", scope: name, key: qualifier },
		{ table: "eventInvoke", op: "delete", scope: name, key: qualifier },
		{ table: "policies", op: "delete", scope: name, key: qualifier },
		{ table: "versionSettings", op: "delete", scope: name, key: qualifier },
		{ table: "versions", op: "delete", scope: name, key: qualifier },
	]);
	deps.invoker.changed(name);
}
