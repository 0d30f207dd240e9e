/** Provisioned concurrency: instances of a version or an alias that are ready before anybody calls. */
import type * as aws from "@aws-sdk/client-lambda";
import { invalid, ServiceError } from "../errors.ts";
import { functionArn } from "../invoker/arn.ts";
import { isVersion, versionOf } from "../invoker/qualifiers.ts";
import { MIN_UNRESERVED } from "../invoker/reservations.ts";
import { Changed, type ProvisionedRecord } from "../store/types.ts";
import { LATEST, parseFunctionName } from "./function-name.ts";
import { inTurnOf } from "./function-settings.ts";
import type { ApiDeps, Handlers } from "./operation.ts";
import { markerOf, placeOf } from "./paging.ts";
import { timestamp } from "./publish.ts";

type Names =
	| "PutProvisionedConcurrencyConfig"
	| "GetProvisionedConcurrencyConfig"
	| "DeleteProvisionedConcurrencyConfig"
	| "ListProvisionedConcurrencyConfigs";
type Named = { FunctionName: string | undefined; Qualifier: string | undefined };
interface Target {
	name: string;
	qualifier: string;
}

/** Configurations in one page at most (API reference), and more than a function has. */
const MAX_PAGE = 50;
const ALL = 10_000;

export function provisionedHandlers(deps: ApiDeps): Handlers<Names> {
	const { store, config } = deps;

	return {
		async PutProvisionedConcurrencyConfig(input) {
			const { name, qualifier } = await target(deps, input, UNPUBLISHED);
			const requested = input.ProvisionedConcurrentExecutions!;
			const record = { functionName: name, qualifier, requested, lastModified: timestamp() };
			await inTurnOf(name, async () => {
				await checkAmount(deps, record);
				await checkVersion(deps, record);
				try {
					await store.provisioned.put(record);
				} catch (error) {
					throw error instanceof Changed ? notFound(deps, { name, qualifier }) : error;
				}
			});
			return { body: bodyOf(record, { status: "IN_PROGRESS" }) };
		},

		async GetProvisionedConcurrencyConfig(input) {
			const { name, qualifier } = await target(deps, input, NO_VERSION);
			const record = await store.provisioned.get(name, qualifier);
			if (record !== null) return { body: bodyOf(record, deps.provisioner.progressOf(record)) };
			throw new ServiceError(
				"ProvisionedConcurrencyConfigNotFoundException",
				"No Provisioned Concurrency Config found for this function",
			);
		},

		async DeleteProvisionedConcurrencyConfig(input) {
			const { name, qualifier } = await target(deps, input, NO_VERSION);
			await store.provisioned.delete(name, qualifier);
			return {};
		},

		async ListProvisionedConcurrencyConfigs(input) {
			const { name, arn } = parseFunctionName(input.FunctionName!, undefined, config);
			if (!(await store.functions.get(name)))
				throw new ServiceError("ResourceNotFoundException", `Function not found: ${arn}`);
			const limit = Math.min(input.MaxItems ?? MAX_PAGE, MAX_PAGE);
			const { items, next } = await store.provisioned.list(name, limit, placeOf(input.Marker));
			return {
				body: {
					ProvisionedConcurrencyConfigs: items.map((record) => ({
						FunctionArn: functionArn(config, name, record.qualifier),
						...bodyOf(record, deps.provisioner.progressOf(record)),
					})),
					...(next === null ? {} : { NextMarker: markerOf(next) }),
				},
			};
		},
	};
}

const UNPUBLISHED = "Provisioned Concurrency Configs cannot be applied to unpublished function versions.";
const NO_VERSION = "The function resource provided must be an alias or a published version.";

/** The version or alias that an input means, which must be there. `forLatest` is what is said of `$LATEST`. */
async function target(deps: ApiDeps, input: Named, forLatest: string): Promise<Target> {
	const { name, qualifier } = parseFunctionName(input.FunctionName!, input.Qualifier, deps.config);
	if (qualifier === null || qualifier === LATEST) throw invalid(forLatest);
	if ((await versionOf(deps.store, name, qualifier)) === null) throw notFound(deps, { name, qualifier });
	return { name, qualifier };
}

function notFound({ config }: ApiDeps, { name, qualifier }: Target): ServiceError {
	const arn = functionArn(config, name, qualifier);
	return new ServiceError(
		"ResourceNotFoundException",
		isVersion(qualifier) ? `Function not found: ${arn}` : `Cannot find alias arn: ${arn}`,
	);
}

async function others(
	{ store }: ApiDeps,
	{ functionName, qualifier }: ProvisionedRecord,
): Promise<ProvisionedRecord[]> {
	const { items } = await store.provisioned.list(functionName, ALL);
	return items.filter((it) => it.qualifier !== qualifier);
}

async function checkAmount(deps: ApiDeps, record: ProvisionedRecord): Promise<void> {
	const { reservations, store } = deps;
	const reserved = (await store.settings.get(record.functionName, ""))?.reservedConcurrency;
	const all = (await others(deps, record)).reduce((sum, it) => sum + it.requested, record.requested);
	if (reserved !== undefined) {
		if (all <= reserved) return;
		throw invalid(
			"Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
		);
	}
	const { unreserved } = reservations;
	if (record.requested > unreserved)
		throw new ServiceError(
			"InvalidParameterValueException",
			`Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [${unreserved}].`,
			{ Type: "" },
		);
	if (unreserved - all < MIN_UNRESERVED)
		throw new ServiceError(
			"InvalidParameterValueException",
			`Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${MIN_UNRESERVED}].`,
			{ Type: "" },
		);
}

/** A version is kept ready by its number or by one alias. Throws ResourceConflictException. */
async function checkVersion(deps: ApiDeps, record: ProvisionedRecord): Promise<void> {
	const { functionName, qualifier } = record;
	const mine = await versionOf(deps.store, functionName, qualifier);
	if (mine?.version === LATEST) throw invalid(UNPUBLISHED);
	for (const other of await others(deps, record)) {
		const theirs = await versionOf(deps.store, functionName, other.qualifier);
		if (theirs === null || theirs.version !== mine?.version) continue;
		throw new ServiceError(
			"ResourceConflictException",
			isVersion(other.qualifier)
				? "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
				: "Version is pointed to by a Provisioned Concurrency alias",
		);
	}
}

function bodyOf(
	{ requested, lastModified }: ProvisionedRecord,
	{ status, reason }: { status: aws.ProvisionedConcurrencyStatusEnum; reason?: string },
): aws.GetProvisionedConcurrencyConfigResponse {
	const there = status === "READY" ? requested : 0;
	return {
		RequestedProvisionedConcurrentExecutions: requested,
		AvailableProvisionedConcurrentExecutions: there,
		AllocatedProvisionedConcurrentExecutions: there,
		Status: status,
		...(reason === undefined ? {} : { StatusReason: reason }),
		LastModified: lastModified,
	};
}
