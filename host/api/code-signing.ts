/** Code signing configs: whose signatures functions' code must have, and which function has which config. */
import { randomInt } from "node:crypto";
import type { CodeSigningConfig } from "@aws-sdk/client-lambda";
import { ServiceError } from "../errors.ts";
import { functionArn } from "../invoker/arn.ts";
import { ACCOUNT_SCOPE } from "../store/tables.ts";
import type { CodeSigningConfigRecord, Store } from "../store/types.ts";
import { type FunctionName, findFunction, parseFunctionName } from "./function-name.ts";
import { changeSettings } from "./function-settings.ts";
import type { ApiDeps, Handlers } from "./operation.ts";
import { markerOf, placeOf } from "./paging.ts";
import { timestamp } from "./publish.ts";
import { configArn, expectConfig, findConfig } from "./signed-code.ts";
import { checkTags } from "./tags.ts";
import { inTurn } from "./turns.ts";

type Names =
	| "CreateCodeSigningConfig"
	| "GetCodeSigningConfig"
	| "UpdateCodeSigningConfig"
	| "DeleteCodeSigningConfig"
	| "ListCodeSigningConfigs"
	| "PutFunctionCodeSigningConfig"
	| "GetFunctionCodeSigningConfig"
	| "DeleteFunctionCodeSigningConfig"
	| "ListFunctionsByCodeSigningConfig";

/** Items in one page at most, and unless a caller wants fewer. */
const MAX_PAGE = 50;

export function codeSigningHandlers(deps: ApiDeps): Handlers<Names> {
	const { config, store } = deps;
	const shown = (record: CodeSigningConfigRecord) => ({
		body: { CodeSigningConfig: shownAs(record, configArn(config, record.id)) },
	});

	async function expect(arn: string): Promise<CodeSigningConfigRecord> {
		const record = await findConfig(deps, arn);
		if (record) return record;
		// The service writes this one without its `Type`.
		throw new ServiceError(
			"ResourceNotFoundException",
			`The Lambda code signing configuration ${arn} can not be found.`,
			{ Type: "" },
		);
	}

	async function findOf(FunctionName: string): Promise<FunctionName> {
		const wanted = unqualified(parseFunctionName(FunctionName, undefined, config));
		await findFunction(store, wanted);
		return wanted;
	}

	return {
		async CreateCodeSigningConfig(input) {
			const record: CodeSigningConfigRecord = {
				id: `csc-${newId()}`,
				description: input.Description ?? "",
				publishers: input.AllowedPublishers!.SigningProfileVersionArns!,
				untrusted: input.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? "Warn",
				lastModified: timestamp(),
				tags: checkTags(input.Tags ?? {}),
			};
			await store.codeSigningConfigs.create(record);
			return shown(record);
		},

		async GetCodeSigningConfig(input) {
			return shown(await expect(input.CodeSigningConfigArn!));
		},

		async UpdateCodeSigningConfig(input) {
			return inTurn(async () => {
				const current = await expect(input.CodeSigningConfigArn!);
				const record: CodeSigningConfigRecord = {
					...current,
					description: input.Description ?? current.description,
					publishers: input.AllowedPublishers?.SigningProfileVersionArns ?? current.publishers,
					untrusted: input.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? current.untrusted,
					lastModified: timestamp(),
				};
				await store.codeSigningConfigs.update(record);
				return shown(record);
			});
		},

		async DeleteCodeSigningConfig(input) {
			const arn = input.CodeSigningConfigArn!;
			await inTurn(async () => {
				const { id } = await expect(arn);
				const [user] = await functionsWith(store, arn, 1, null);
				if (user !== undefined)
					throw new ServiceError(
						"ResourceConflictException",
						`The Lambda code signing configuration ${arn} is in use by ${functionArn(config, user)}. Remove it from all functions first.`,
					);
				await store.codeSigningConfigs.delete(ACCOUNT_SCOPE, id);
			});
			return {};
		},

		async ListCodeSigningConfigs(input) {
			const limit = Math.min(input.MaxItems ?? MAX_PAGE, MAX_PAGE);
			const page = await store.codeSigningConfigs.list(ACCOUNT_SCOPE, limit, placeOf(input.Marker));
			return {
				body: {
					CodeSigningConfigs: page.items.map((it) => shownAs(it, configArn(config, it.id))),
					...(page.next === null ? {} : { NextMarker: markerOf(page.items.at(-1)!.id) }),
				},
			};
		},

		async PutFunctionCodeSigningConfig(input) {
			const arn = input.CodeSigningConfigArn!;
			return inTurn(async () => {
				await expectConfig(deps, arn);
				const { name } = await findOf(input.FunctionName!);
				await changeSettings(store, name, { codeSigningConfig: arn });
				return { body: { CodeSigningConfigArn: arn, FunctionName: name } };
			});
		},

		async GetFunctionCodeSigningConfig(input) {
			const { name } = await findOf(input.FunctionName!);
			const arn = (await store.settings.get(name, ""))?.codeSigningConfig;
			// The service names no function where there is no config.
			return { body: arn === undefined ? {} : { CodeSigningConfigArn: arn, FunctionName: name } };
		},

		async DeleteFunctionCodeSigningConfig(input) {
			await inTurn(async () => {
				const { name } = await findOf(input.FunctionName!);
				if ((await store.settings.get(name, ""))?.codeSigningConfig !== undefined)
					await changeSettings(store, name, { codeSigningConfig: undefined });
			});
			return {};
		},

		async ListFunctionsByCodeSigningConfig(input) {
			await expect(input.CodeSigningConfigArn!);
			const limit = Math.min(input.MaxItems ?? MAX_PAGE, MAX_PAGE);
			const found = await functionsWith(store, input.CodeSigningConfigArn!, limit + 1, placeOf(input.Marker));
			const names = found.slice(0, limit);
			return {
				body: {
					FunctionArns: names.map((name) => functionArn(config, name)),
					...(found.length > limit ? { NextMarker: markerOf(names.at(-1)!) } : {}),
				},
			};
		},
	};
}

/** Characters of an id: 17, as the service's are. */
function newId(): string {
	return Array.from({ length: 17 }, () => randomInt(36).toString(36)).join("");
}

/** The config of a function named by its version or alias is the function's. */
function unqualified({ name, arn, qualifier }: FunctionName): FunctionName {
	return { name, qualifier: null, arn: qualifier === null ? arn : arn.slice(0, -qualifier.length - 1) };
}

/** Names of functions with a config, in order; those after a name. */
async function functionsWith(store: Store, arn: string, limit: number, after: string | null): Promise<string[]> {
	const found: string[] = [];
	for (let place: string | null = null; found.length < limit; ) {
		const page = await store.settings.list(null, 500, place);
		const names = page.items.filter((it) => it.codeSigningConfig === arn).map((it) => it.functionName);
		found.push(...names.filter((it) => after === null || it > after));
		if (page.next === null) break;
		place = page.next;
	}
	return found.slice(0, limit);
}

function shownAs(record: CodeSigningConfigRecord, arn: string): CodeSigningConfig {
	return {
		CodeSigningConfigId: record.id,
		CodeSigningConfigArn: arn,
		Description: record.description,
		AllowedPublishers: { SigningProfileVersionArns: record.publishers },
		CodeSigningPolicies: { UntrustedArtifactOnDeployment: record.untrusted },
		LastModified: record.lastModified,
	};
}
