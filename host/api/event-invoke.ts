/** How asynchronous invocations of a function end: retries, age, destinations. */

import type * as aws from "@aws-sdk/client-lambda";
import { invalid, ServiceError } from "../errors.ts";
import { functionArn } from "../invoker/arn.ts";
import { lookUp } from "../invoker/qualifiers.ts";
import type { EventInvokeRecord } from "../store/types.ts";
import { LATEST, parseFunctionName } from "./function-name.ts";
import type { ApiDeps, Handlers, Inputs } from "./operation.ts";
import { markerOf } from "./paging.ts";

type Names =
	| "PutFunctionEventInvokeConfig"
	| "UpdateFunctionEventInvokeConfig"
	| "GetFunctionEventInvokeConfig"
	| "DeleteFunctionEventInvokeConfig"
	| "ListFunctionEventInvokeConfigs";
type Input = Inputs["PutFunctionEventInvokeConfig"];
type Named = Pick<Input, "FunctionName" | "Qualifier">;

export function eventInvokeHandlers(deps: ApiDeps): Handlers<Names> {
	const { config, store } = deps;

	async function keep(record: EventInvokeRecord) {
		await store.eventInvoke.put(record);
		deps.invoker.changed(record.functionName);
		return { body: configOf(deps, record) };
	}

	return {
		async PutFunctionEventInvokeConfig(input) {
			const { name, qualifier } = await existing(deps, input);
			await checkInput(deps, name, input);
			return keep(apply(blank(name, qualifier), input));
		},

		async UpdateFunctionEventInvokeConfig(input) {
			const { name } = await existing(deps, input);
			const current = await configured(deps, input);
			await checkInput(deps, name, input);
			return keep(apply(current, input));
		},

		async GetFunctionEventInvokeConfig(input) {
			return { body: configOf(deps, await configured(deps, input)) };
		},

		async DeleteFunctionEventInvokeConfig(input) {
			const { functionName, qualifier } = await configured(deps, input);
			if (!(await store.eventInvoke.delete(functionName, qualifier))) throw noConfig(deps, input);
			deps.invoker.changed(functionName);
			return {};
		},

		async ListFunctionEventInvokeConfigs(input) {
			const { name } = parseFunctionName(input.FunctionName!, undefined, config);
			if (!(await store.functions.get(name))) throw noFunction();
			const limit = Math.min(input.MaxItems ?? MAX_PAGE, MAX_PAGE);
			const after = input.Marker === undefined ? null : placeIn(input.Marker);
			const { items, next } = await store.eventInvoke.list(name, limit, after);
			return {
				body: {
					FunctionEventInvokeConfigs: items.map((record) => configOf(deps, record)),
					...(next === null ? {} : { NextMarker: markerOf(next) }),
				},
			};
		},
	};
}

/** Configurations in one page at most (API reference). */
const MAX_PAGE = 50;

/** A marker is opaque to callers: where the next page begins. */
function placeIn(marker: string): string {
	const place = Buffer.from(marker, "base64url").toString();
	if (!/^[a-zA-Z0-9-_]{1,64}\n[a-zA-Z0-9-_$]{1,128}$/.test(place)) throw invalid("The marker is none of this list's.");
	return place;
}

/** The function, and the version or alias of it, that an input means, which must be there. */
async function existing({ config, store }: ApiDeps, input: Named): Promise<{ name: string; qualifier: string }> {
	const { name, qualifier } = parseFunctionName(input.FunctionName!, input.Qualifier, config);
	if (!(await isThere(store, name, qualifier))) throw noFunction();
	return { name, qualifier: qualifier ?? LATEST };
}

async function isThere(store: ApiDeps["store"], name: string, qualifier: string | null): Promise<boolean> {
	return (await lookUp(store, name, qualifier)) !== null;
}

function noFunction(): ServiceError {
	return new ServiceError("ResourceNotFoundException", "The function doesn't exist.");
}

async function configured(deps: ApiDeps, input: Named): Promise<EventInvokeRecord> {
	const { name, qualifier } = parseFunctionName(input.FunctionName!, input.Qualifier, deps.config);
	const record = await deps.store.eventInvoke.get(name, qualifier ?? LATEST);
	if (!record) throw noConfig(deps, input);
	return record;
}

function noConfig({ config }: ApiDeps, input: Named): ServiceError {
	const { name, qualifier } = parseFunctionName(input.FunctionName!, input.Qualifier, config);
	const arn = functionArn(config, name, qualifier ?? LATEST);
	return new ServiceError("ResourceNotFoundException", `The function ${arn} doesn't have an EventInvokeConfig`);
}

function blank(functionName: string, qualifier: string): EventInvokeRecord {
	return {
		functionName,
		qualifier,
		maximumRetryAttempts: null,
		maximumEventAgeSeconds: null,
		onSuccess: null,
		onFailure: null,
		lastModified: "",
	};
}

function apply(current: EventInvokeRecord, input: Input): EventInvokeRecord {
	const { OnSuccess, OnFailure } = input.DestinationConfig ?? {};
	return {
		...current,
		maximumRetryAttempts: input.MaximumRetryAttempts ?? current.maximumRetryAttempts,
		maximumEventAgeSeconds: input.MaximumEventAgeInSeconds ?? current.maximumEventAgeSeconds,
		// An empty destination takes the old one away.
		onSuccess: OnSuccess ? OnSuccess.Destination || null : current.onSuccess,
		onFailure: OnFailure ? OnFailure.Destination || null : current.onFailure,
		lastModified: new Date().toISOString(),
	};
}

async function checkInput(deps: ApiDeps, name: string, input: Input): Promise<void> {
	const { MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig } = input;
	if (MaximumRetryAttempts === undefined && MaximumEventAgeInSeconds === undefined && !DestinationConfig)
		throw invalid("You must specify at least one of error handling or destination setting.");
	const { OnSuccess, OnFailure } = DestinationConfig ?? {};
	if (OnSuccess?.Destination) await checkDestination(deps, name, OnSuccess.Destination, DestinationConfig!, SERVICES);
	if (OnFailure?.Destination)
		await checkDestination(deps, name, OnFailure.Destination, DestinationConfig!, [...SERVICES, "s3"]);
}

/** Services besides Lambda whose queues, topics and buses may be destinations; a bucket is one of failures alone (Developer Guide). */
const SERVICES: readonly string[] = ["sqs", "sns", "events"];

async function checkDestination(
	{ config, store }: ApiDeps,
	name: string,
	target: string,
	given: aws.DestinationConfig,
	services: readonly string[],
): Promise<void> {
	const [, , service, region, account, kind, destination, qualifier = null] = target.split(":");
	// Whether it is there is not asked: what it gets is kept here (docs/guides/invocation.md).
	if (service !== undefined && services.includes(service)) return;
	if (service !== "lambda" || kind !== "function" || destination === undefined)
		throw invalid(`The provided destination config ${print(given)} is invalid.`);
	if (destination === name) throw invalid("You can't specify the function as a destination for itself.");
	const own = region === config.region && account === config.account;
	if (!own || !(await isThere(store, destination, qualifier)))
		throw invalid(`The destination ARN ${target} is invalid.`);
}

/** As the service's Java prints it. */
function print({ OnSuccess, OnFailure }: aws.DestinationConfig): string {
	const one = (name: string, target: { Destination?: string | undefined } | undefined) =>
		target ? `${name}(destination=${target.Destination ?? null})` : "null";
	return `DestinationConfig(onSuccess=${one("OnSuccess", OnSuccess)}, onFailure=${one("OnFailure", OnFailure)})`;
}

function configOf({ config }: ApiDeps, record: EventInvokeRecord): aws.FunctionEventInvokeConfig {
	const target = (arn: string | null) => (arn === null ? {} : { Destination: arn });
	return {
		LastModified: new Date(record.lastModified),
		FunctionArn: functionArn(config, record.functionName, record.qualifier),
		...(record.maximumRetryAttempts === null ? {} : { MaximumRetryAttempts: record.maximumRetryAttempts }),
		...(record.maximumEventAgeSeconds === null ? {} : { MaximumEventAgeInSeconds: record.maximumEventAgeSeconds }),
		DestinationConfig: { OnSuccess: target(record.onSuccess), OnFailure: target(record.onFailure) },
	};
}
