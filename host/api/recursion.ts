/** What happens when a function's invocations are found to be a loop. */
import { ServiceError } from "../errors.ts";
import { functionArn } from "../invoker/arn.ts";
import { Changed } from "../store/types.ts";
import { parseFunctionName } from "./function-name.ts";
import { changeSettings } from "./function-settings.ts";
import type { ApiDeps, Handlers } from "./operation.ts";

export function recursionHandlers(
	deps: ApiDeps,
): Handlers<"PutFunctionRecursionConfig" | "GetFunctionRecursionConfig"> {
	const { store } = deps;

	/** Throws ResourceNotFoundException, and InvalidParameterValueException for a version or an alias. */
	async function existing(text: string): Promise<string> {
		const { name, qualifier, arn } = parseFunctionName(text, undefined, deps.config);
		if (qualifier !== null)
			throw new ServiceError(
				"InvalidParameterValueException",
				"This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
			);
		if (!(await store.functions.get(name)))
			throw new ServiceError("ResourceNotFoundException", `Function not found: ${arn}`);
		return name;
	}

	return {
		async PutFunctionRecursionConfig(input) {
			const name = await existing(input.FunctionName!);
			const recursiveLoop = input.RecursiveLoop!;
			try {
				await changeSettings(store, name, { recursiveLoop });
			} catch (error) {
				if (!(error instanceof Changed)) throw error;
				throw new ServiceError("ResourceNotFoundException", `Function not found: ${functionArn(deps.config, name)}`);
			}
			deps.invoker.changed(name);
			return { body: { RecursiveLoop: recursiveLoop } };
		},

		async GetFunctionRecursionConfig(input) {
			const settings = await store.settings.get(await existing(input.FunctionName!), "");
			return { body: { RecursiveLoop: settings?.recursiveLoop ?? "Terminate" } };
		},
	};
}
