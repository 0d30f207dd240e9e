/** How asynchronous invocations of a function end: retries, age, destinations. */
import type * as aws from "@aws-sdk/client-lambda";
import { ServiceError } from "../errors.ts";
import { functionArn } from "../invoker/arn.ts";
import type { EventInvokeRecord } from "../store/types.ts";
import { type FunctionName, LATEST, parseFunctionName } from "./function-name.ts";
import type { ApiDeps, Handlers, Inputs } from "./operation.ts";

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
			const name = await existing(deps, input);
			await checkInput(deps, name, input);
			return keep(apply(blank(name), input));
		},

		async UpdateFunctionEventInvokeConfig(input) {
			const name = await existing(deps, input);
			const current = await configured(deps, input);
			await checkInput(deps, name, input);
			return keep(apply(current, input));
		},

		async GetFunctionEventInvokeConfig(input) {
			return { body: configOf(deps, await configured(deps, input)) };
		},

		async DeleteFunctionEventInvokeConfig(input) {
			const { functionName } = await configured(deps, input);
			if (!(await store.eventInvoke.delete(functionName))) throw noConfig(deps, input);
			deps.invoker.changed(functionName);
			return {};
		},

		async ListFunctionEventInvokeConfigs(input) {
			const { name } = parseFunctionName(input.FunctionName!, undefined, config);
			if (!(await store.functions.get(name))) throw noFunction();
			const record = await store.eventInvoke.get(name);
			return { body: { FunctionEventInvokeConfigs: record ? [configOf(deps, record)] : [] } };
		},
	};
}

function isLatest({ qualifier }: FunctionName): boolean {
	return qualifier === null || qualifier === LATEST;
}

/** The name of the function that an input means, which must be there. */
async function existing({ config, store }: ApiDeps, input: Named): Promise<string> {
	const wanted = parseFunctionName(input.FunctionName!, input.Qualifier, config);
	if (!isLatest(wanted) || !(await store.functions.get(wanted.name))) throw noFunction();
	return wanted.name;
}

function noFunction(): ServiceError {
	return new ServiceError("ResourceNotFoundException", "The function doesn't exist.");
}

async function configured(deps: ApiDeps, input: Named): Promise<EventInvokeRecord> {
	const wanted = parseFunctionName(input.FunctionName!, input.Qualifier, deps.config);
	const record = isLatest(wanted) ? await deps.store.eventInvoke.get(wanted.name) : null;
	if (!record) throw noConfig(deps, input);
	return record;
}

function noConfig({ config }: ApiDeps, input: Named): ServiceError {
	const { name, qualifier } = parseFunctionName(input.FunctionName!, input.Qualifier, config);
	const arn = functionArn(config, name, qualifier ?? LATEST);
	return new ServiceError("ResourceNotFoundException", `The function ${arn} doesn't have an EventInvokeConfig`);
}

function blank(functionName: string): EventInvokeRecord {
	return {
		functionName,
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
	for (const target of [DestinationConfig?.OnSuccess?.Destination, DestinationConfig?.OnFailure?.Destination])
		if (target) await checkDestination(deps, name, target, DestinationConfig!);
}

/** Services that the model lets through and whose queues, topics and buckets are none of this host's. */
const KNOWN_SERVICES = new Set(["sqs", "sns", "events", "s3"]);

async function checkDestination(
	{ config, store }: ApiDeps,
	name: string,
	target: string,
	given: aws.DestinationConfig,
): Promise<void> {
	const [, , service, region, account, kind, destination] = target.split(":");
	if (service !== undefined && KNOWN_SERVICES.has(service))
		throw invalid(`The destination ARN ${target} is invalid. Only functions can be destinations here yet.`);
	if (service !== "lambda" || kind !== "function" || destination === undefined)
		throw invalid(`The provided destination config ${print(given)} is invalid.`);
	if (destination === name) throw invalid("You can't specify the function as a destination for itself.");
	const own = region === config.region && account === config.account;
	if (!own || !(await store.functions.get(destination))) throw invalid(`The destination ARN ${target} is invalid.`);
}

/** As the service's Java prints it. */
function print({ OnSuccess, OnFailure }: aws.DestinationConfig): string {
	const one = (name: string, target: { Destination?: string | undefined } | undefined) =>
		target ? `${name}(destination=${target.Destination ?? null})` : "null";
	return `DestinationConfig(onSuccess=${one("OnSuccess", OnSuccess)}, onFailure=${one("OnFailure", OnFailure)})`;
}

function invalid(message: string): ServiceError {
	return new ServiceError("InvalidParameterValueException", message);
}

function configOf({ config }: ApiDeps, record: EventInvokeRecord): aws.FunctionEventInvokeConfig {
	const target = (arn: string | null) => (arn === null ? {} : { Destination: arn });
	return {
		LastModified: new Date(record.lastModified),
		FunctionArn: functionArn(config, record.functionName, LATEST),
		...(record.maximumRetryAttempts === null ? {} : { MaximumRetryAttempts: record.maximumRetryAttempts }),
		...(record.maximumEventAgeSeconds === null ? {} : { MaximumEventAgeInSeconds: record.maximumEventAgeSeconds }),
		DestinationConfig: { OnSuccess: target(record.onSuccess), OnFailure: target(record.onFailure) },
	};
}
