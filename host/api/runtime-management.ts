/**
 * How a version's runtime is kept up to date. This host has one runtime version, the one that it runs on; a configuration
 * is kept and shown, and a version that is not here is refused.
 */
import type { GetRuntimeManagementConfigResponse } from "@aws-sdk/client-lambda";
import { invalid } from "../errors.ts";
import { functionArn } from "../invoker/arn.ts";
import type { VersionSettingsRecord } from "../store/types.ts";
import { runtimeVersionArn } from "./configuration.ts";
import { parseFunctionName } from "./function-name.ts";
import type { ApiDeps, Handlers } from "./operation.ts";
import { inTurn } from "./turns.ts";
import { settingsOfVersion, versionOf } from "./version-settings.ts";

type Names = "PutRuntimeManagementConfig" | "GetRuntimeManagementConfig";

export function runtimeManagementHandlers(deps: ApiDeps): Handlers<Names> {
	const { config, store } = deps;

	function shown(record: VersionSettingsRecord, qualifier: string | null): GetRuntimeManagementConfigResponse {
		const { functionName, updateRuntimeOn = "Auto", runtimeVersionArn } = record;
		return {
			UpdateRuntimeOn: updateRuntimeOn,
			FunctionArn: functionArn(config, functionName, qualifier),
			// Given in the manual mode alone (API reference, GetRuntimeManagementConfig).
			...(runtimeVersionArn === undefined ? {} : { RuntimeVersionArn: runtimeVersionArn }),
		};
	}

	return {
		PutRuntimeManagementConfig: (input) =>
			inTurn(async () => {
				const wanted = parseFunctionName(input.FunctionName!, input.Qualifier, config);
				const version = await versionOf(deps, wanted);
				const { UpdateRuntimeOn, RuntimeVersionArn } = input;
				checkVersion(UpdateRuntimeOn!, RuntimeVersionArn, runtimeVersionArn(version.record.runtime, config.region));
				const { runtimeVersionArn: _, ...current } = await settingsOfVersion(store, version);
				const record: VersionSettingsRecord = {
					...current,
					updateRuntimeOn: UpdateRuntimeOn!,
					...(RuntimeVersionArn === undefined ? {} : { runtimeVersionArn: RuntimeVersionArn }),
				};
				await store.versionSettings.put(record);
				return { body: shown(record, wanted.qualifier) };
			}),

		async GetRuntimeManagementConfig(input) {
			const wanted = parseFunctionName(input.FunctionName!, input.Qualifier, config);
			const version = await versionOf(deps, wanted);
			return { body: shown(await settingsOfVersion(store, version), wanted.qualifier) };
		},
	};
}

function checkVersion(mode: string, arn: string | undefined, here: string): void {
	if (mode === "Manual" && arn === undefined)
		throw invalid("RuntimeVersionArn is required when UpdateRuntimeOn is Manual.");
	if (mode !== "Manual" && arn !== undefined)
		throw invalid("RuntimeVersionArn can be given only when UpdateRuntimeOn is Manual.");
	if (arn !== undefined && arn !== here)
		throw invalid(`The runtime version ${arn} is not on this host. The one that is: ${here}`);
}
