/**
 * Scaling configurations of published versions, which AWS has for functions on managed instances. They are kept and shown
 * as what was requested; this host scales every function by its calls alone, so that none is ever shown as applied.
 */
import type { FunctionScalingConfig } from "@aws-sdk/client-lambda";
import { ServiceError } from "../errors.ts";
import { functionArn } from "../invoker/arn.ts";
import type { VersionSettingsRecord } from "../store/types.ts";
import { parseFunctionName } from "./function-name.ts";
import type { ApiDeps, Handlers } from "./operation.ts";
import { inTurn } from "./turns.ts";
import { LATEST_PUBLISHED, settingsOfVersion, versionOf } from "./version-settings.ts";

type Names = "PutFunctionScalingConfig" | "GetFunctionScalingConfig";

export function scalingHandlers(deps: ApiDeps): Handlers<Names> {
	const { config, store } = deps;
	return {
		PutFunctionScalingConfig: (input) =>
			inTurn(async () => {
				const version = await versionOf(deps, parseFunctionName(input.FunctionName!, input.Qualifier, config));
				const scaling = scalingOf(input.FunctionScalingConfig ?? {});
				const { scaling: _, ...current } = await settingsOfVersion(store, version);
				// No configuration takes the old one away.
				await store.versionSettings.put(scaling === null ? current : { ...current, scaling });
				return { body: { FunctionState: "Active" } };
			}),

		async GetFunctionScalingConfig(input) {
			const { name, qualifier } = parseFunctionName(input.FunctionName!, input.Qualifier, config);
			const version = await versionOf(deps, parseFunctionName(input.FunctionName!, input.Qualifier, config));
			const { scaling } = await settingsOfVersion(store, version);
			return {
				body: {
					// The model's pattern has no place for `$LATEST.PUBLISHED` here.
					FunctionArn: functionArn(config, name, qualifier === LATEST_PUBLISHED ? null : qualifier),
					...(scaling ? { RequestedFunctionScalingConfig: shown(scaling) } : {}),
				},
			};
		},
	};
}

type Scaling = NonNullable<VersionSettingsRecord["scaling"]>;

function scalingOf({
	MinExecutionEnvironments: min,
	MaxExecutionEnvironments: max,
}: FunctionScalingConfig): Scaling | null {
	if (min === undefined && max === undefined) return null;
	if (min !== undefined && max !== undefined && min > max)
		throw new ServiceError(
			"InvalidParameterValueException",
			"MinExecutionEnvironments must be less than or equal to MaxExecutionEnvironments.",
		);
	return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

function shown({ min, max }: Scaling): FunctionScalingConfig {
	return {
		...(min === undefined ? {} : { MinExecutionEnvironments: min }),
		...(max === undefined ? {} : { MaxExecutionEnvironments: max }),
	};
}
