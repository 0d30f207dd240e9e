/** Aliases: names for versions, with a share of the invocations for another one if that is wanted. */
import { randomUUID } from "node:crypto";
import type * as aws from "@aws-sdk/client-lambda";
import { invalid, ServiceError } from "../errors.ts";
import { functionArn } from "../invoker/arn.ts";
import { LATEST } from "../invoker/qualifiers.ts";
import { type AliasRecord, AlreadyExists, Changed } from "../store/types.ts";
import { findFunction, parseFunctionName } from "./function-name.ts";
import type { ApiDeps, Handlers } from "./operation.ts";
import { markerOf, placeOf } from "./paging.ts";
import { staleRevision } from "./publish.ts";

type Names = "CreateAlias" | "GetAlias" | "UpdateAlias" | "DeleteAlias" | "ListAliases";

/** Aliases in one page at most. */
const MAX_PAGE = 10_000;

export function aliasHandlers(deps: ApiDeps): Handlers<Names> {
	const { config, store } = deps;

	/** The function's name; a qualifier in it has no meaning here and is passed over. */
	const nameOf = (text: string): string => parseFunctionName(text, undefined, config).name;

	async function find(input: { FunctionName: string | undefined; Name: string | undefined }, otherwise: string) {
		const name = nameOf(input.FunctionName!);
		const record = await store.aliases.get(name, input.Name!);
		if (record) return record;
		const arn = functionArn(config, name, input.Name);
		throw new ServiceError("ResourceNotFoundException", `${otherwise}: ${arn}`);
	}

	return {
		async CreateAlias(input) {
			const name = nameOf(input.FunctionName!);
			const record: AliasRecord = {
				functionName: name,
				name: input.Name!,
				version: input.FunctionVersion!,
				description: input.Description ?? "",
				weights: input.RoutingConfig?.AdditionalVersionWeights ?? {},
				revisionId: randomUUID(),
			};
			checkWeights(record);
			await checkVersions(deps, record);
			await store.aliases.create(record).catch((error) => {
				const arn = functionArn(config, name, record.name);
				if (error instanceof AlreadyExists)
					throw new ServiceError("ResourceConflictException", `Alias already exists: ${arn}`);
				if (error instanceof Changed)
					throw new ServiceError("ResourceNotFoundException", `Function not found: ${functionArn(config, name)}`);
				throw error;
			});
			deps.invoker.changed(name);
			return { body: aliasOf(deps, record) };
		},

		async GetAlias(input) {
			return { body: aliasOf(deps, await find(input, "Cannot find alias arn")) };
		},

		async UpdateAlias(input) {
			const current = await find(input, "Alias not found");
			if (input.RevisionId !== undefined && input.RevisionId !== current.revisionId) throw staleRevision();
			const record: AliasRecord = {
				...current,
				version: input.FunctionVersion ?? current.version,
				description: input.Description ?? current.description,
				weights: input.RoutingConfig ? (input.RoutingConfig.AdditionalVersionWeights ?? {}) : current.weights,
				revisionId: randomUUID(),
			};
			checkWeights(record);
			await checkVersions(deps, record);
			await store.aliases.update(record, current.revisionId).catch((error) => {
				throw error instanceof Changed ? staleRevision() : error;
			});
			deps.invoker.changed(record.functionName);
			return { body: aliasOf(deps, record) };
		},

		async DeleteAlias(input) {
			const name = nameOf(input.FunctionName!);
			// What hangs on the alias goes with it, but for its URL, which from then on nobody may call; one that is not there is as good as deleted, to the service.
			await store.together([
				{ table: "provisioned", op: "delete", scope: name, key: input.Name! },
				{ table: "eventInvoke", op: "delete", scope: name, key: input.Name! },
				{ table: "policies", op: "delete", scope: name, key: input.Name! },
				{ table: "aliases", op: "delete", scope: name, key: input.Name! },
			]);
			deps.invoker.changed(name);
			return {};
		},

		async ListAliases(input) {
			const wanted = parseFunctionName(input.FunctionName!, undefined, config);
			await findFunction(store, { ...wanted, qualifier: null, arn: functionArn(config, wanted.name) });
			const limit = Math.min(input.MaxItems ?? MAX_PAGE, MAX_PAGE);
			const { items, next } = await listAliases(deps, wanted.name, input.FunctionVersion, limit, placeOf(input.Marker));
			return {
				body: {
					Aliases: items.map((record) => aliasOf(deps, record)),
					...(next === null ? {} : { NextMarker: markerOf(next) }),
				},
			};
		},
	};
}

/** A page of a function's aliases, or of those that have a version behind them. */
async function listAliases(
	{ store }: ApiDeps,
	name: string,
	version: string | undefined,
	limit: number,
	after: string | null,
) {
	if (version === undefined) return store.aliases.list(name, limit, after);
	const items: AliasRecord[] = [];
	for (let place = after; ; ) {
		const page = await store.aliases.list(name, limit - items.length, place);
		items.push(...page.items.filter((it) => it.version === version || version in it.weights));
		place = page.next;
		if (place === null || items.length >= limit) return { items, next: place };
	}
}

/** Throws InvalidParameterValueException. The ranges of weights are the service model's, and were checked. */
function checkWeights({ version, weights }: AliasRecord): void {
	const others = Object.keys(weights);
	if (others.length > 1) throw invalid("Number of items in AdditionalVersionWeights cannot be greater than 1");
	if (others.length > 0 && version === LATEST)
		throw new ServiceError(
			"InvalidParameterValueException",
			"$LATEST is not supported for an alias pointing to more than 1 version",
			// The service leaves it out here.
			{ Type: "" },
		);
	if (others.includes(version))
		throw invalid(
			`Invalid function version ${version}. Function version ${version} is already included in routing configuration.`,
		);
}

/** Throws ResourceNotFoundException for a version that is not there. */
async function checkVersions({ config, store }: ApiDeps, record: AliasRecord): Promise<void> {
	const { functionName } = record;
	for (const qualifier of [record.version, ...Object.keys(record.weights)])
		await findFunction(store, { name: functionName, qualifier, arn: functionArn(config, functionName, qualifier) });
}

function aliasOf({ config }: ApiDeps, record: AliasRecord): aws.AliasConfiguration {
	const weighted = Object.keys(record.weights).length > 0;
	return {
		AliasArn: functionArn(config, record.functionName, record.name),
		Name: record.name,
		FunctionVersion: record.version,
		Description: record.description,
		...(weighted ? { RoutingConfig: { AdditionalVersionWeights: record.weights } } : {}),
		RevisionId: record.revisionId,
	};
}
