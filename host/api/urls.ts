/** Function URLs. */
import type * as aws from "@aws-sdk/client-lambda";
import { ServiceError } from "../errors.ts";
import { functionArn } from "../invoker/arn.ts";
import { AlreadyExists, Changed, type CorsConfig, type FunctionUrlRecord } from "../store/types.ts";
import { newUrlId } from "../store/url-id.ts";
import { LATEST, parseFunctionName } from "./function-name.ts";
import type { ApiDeps, Handlers } from "./operation.ts";

type Names =
	| "CreateFunctionUrlConfig"
	| "GetFunctionUrlConfig"
	| "UpdateFunctionUrlConfig"
	| "DeleteFunctionUrlConfig"
	| "ListFunctionUrlConfigs";

interface Named {
	FunctionName: string | undefined;
	Qualifier?: string;
}

export function urlHandlers(deps: ApiDeps): Handlers<Names> {
	const { store } = deps;

	return {
		async CreateFunctionUrlConfig(input) {
			const { name, qualifier, arn } = await existing(deps, input);
			const now = new Date().toISOString();
			const record: FunctionUrlRecord = {
				id: newUrlId(),
				functionName: name,
				qualifier,
				authType: input.AuthType!,
				invokeMode: input.InvokeMode ?? "BUFFERED",
				cors: input.Cors ? corsRecord(input.Cors) : null,
				creationTime: now,
				lastModifiedTime: now,
			};
			await store.urls.create(record).catch(explain(arn));
			// The service answers neither the time of change, nor a mode that was not asked for.
			const { LastModifiedTime, InvokeMode, ...rest } = configOf(deps, record);
			return { body: { ...rest, ...(input.InvokeMode ? { InvokeMode } : {}) } };
		},

		async GetFunctionUrlConfig(input) {
			return { body: configOf(deps, await configured(deps, input)) };
		},

		async UpdateFunctionUrlConfig(input) {
			const { arn } = await existing(deps, input);
			const current = await configured(deps, input);
			const record: FunctionUrlRecord = {
				...current,
				authType: input.AuthType ?? current.authType,
				invokeMode: input.InvokeMode ?? current.invokeMode,
				cors: input.Cors ? corsRecord(input.Cors) : current.cors,
				lastModifiedTime: new Date().toISOString(),
			};
			await store.urls.update(record).catch(explain(arn));
			const { InvokeMode, ...rest } = configOf(deps, record);
			return { body: { ...rest, ...(input.InvokeMode ? { InvokeMode } : {}) } };
		},

		async DeleteFunctionUrlConfig(input) {
			const { functionName, qualifier } = await configured(deps, input);
			if (!(await store.urls.delete(functionName, qualifier))) throw noConfig();
			return {};
		},

		async ListFunctionUrlConfigs(input) {
			const { name } = await existing(deps, input);
			const after = input.Marker === undefined ? null : placeIn(input.Marker);
			const all = await store.urls.list(name);
			const left = after === null ? all : all.filter(({ qualifier }) => (qualifier ?? "") > after);
			const shown = left.slice(0, Math.min(input.MaxItems ?? MAX_PAGE, MAX_PAGE));
			const last = shown.at(-1);
			return {
				body: {
					FunctionUrlConfigs: shown.map((record) => configOf(deps, record)),
					...(last && left.length > shown.length ? { NextMarker: markerOf(last) } : {}),
				},
			};
		},
	};
}

/** URL configs in one page at most, whatever `MaxItems` says (API reference). */
const MAX_PAGE = 50;
/** Before the qualifier in a marker, so that the function's own, which has none, has a marker as well. */
const MARK = ".";

/** A marker is opaque to callers: the qualifier after which the next page begins. */
function markerOf({ qualifier }: FunctionUrlRecord): string {
	return Buffer.from(MARK + (qualifier ?? "")).toString("base64url");
}

function placeIn(marker: string): string {
	const text = Buffer.from(marker, "base64url").toString();
	if (text.startsWith(MARK)) return text.slice(MARK.length);
	throw new ServiceError("InvalidParameterValueException", "The marker is none that ListFunctionUrlConfigs gave.");
}

/** The function, or the alias, that an input names, which must be there. A URL has no other qualifier. */
async function existing(
	{ config, store }: ApiDeps,
	input: Named,
): Promise<{ name: string; qualifier: string | null; arn: string }> {
	const { name, qualifier, arn } = parseFunctionName(input.FunctionName!, input.Qualifier, config);
	const known = (await store.functions.get(name)) && (qualifier === null || (await store.aliases.get(name, qualifier)));
	if (!known) throw new ServiceError("ResourceNotFoundException", "Function does not exist");
	return { name, qualifier, arn };
}

async function configured({ config, store }: ApiDeps, input: Named): Promise<FunctionUrlRecord> {
	const { name, qualifier } = parseFunctionName(input.FunctionName!, input.Qualifier, config);
	const record = await store.urls.byFunction(name, qualifier === LATEST ? null : qualifier);
	if (!record) throw noConfig();
	return record;
}

function noConfig(): ServiceError {
	return new ServiceError("ResourceNotFoundException", "The resource you requested does not exist.");
}

function explain(arn: string): (error: unknown) => never {
	return (error) => {
		if (error instanceof AlreadyExists)
			throw new ServiceError(
				"ResourceConflictException",
				// The service writes two spaces before the reason.
				`Failed to create function url config for [functionArn = ${arn}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
			);
		// The function or its URL went in the meantime.
		if (error instanceof Changed) throw noConfig();
		throw error;
	};
}

function configOf(deps: ApiDeps, record: FunctionUrlRecord): aws.FunctionUrlConfig {
	return {
		FunctionUrl: deps.functionUrl(record.id),
		FunctionArn: functionArn(deps.config, record.functionName, record.qualifier),
		AuthType: record.authType,
		...(record.cors ? { Cors: corsConfig(record.cors) } : {}),
		CreationTime: record.creationTime,
		LastModifiedTime: record.lastModifiedTime,
		InvokeMode: record.invokeMode,
	};
}

function corsRecord(cors: aws.Cors): CorsConfig {
	return {
		allowCredentials: cors.AllowCredentials,
		allowHeaders: cors.AllowHeaders,
		allowMethods: cors.AllowMethods,
		allowOrigins: cors.AllowOrigins,
		exposeHeaders: cors.ExposeHeaders,
		maxAge: cors.MaxAge,
	};
}

function corsConfig(cors: CorsConfig): aws.Cors {
	return {
		AllowCredentials: cors.allowCredentials,
		AllowHeaders: cors.allowHeaders,
		AllowMethods: cors.allowMethods,
		AllowOrigins: cors.allowOrigins,
		ExposeHeaders: cors.exposeHeaders,
		MaxAge: cors.maxAge,
	};
}
