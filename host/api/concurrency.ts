/** Reserved concurrency: invocations at once that are kept for a function, and that it may have at most. */
import { invalid, ServiceError } from "../errors.ts";
import { functionArn } from "../invoker/arn.ts";
import { MIN_UNRESERVED } from "../invoker/reservations.ts";
import { Changed } from "../store/types.ts";
import { LATEST, parseFunctionName } from "./function-name.ts";
import { changeSettings, inTurnOf } from "./function-settings.ts";
import type { ApiDeps, Handlers } from "./operation.ts";

type Names = "PutFunctionConcurrency" | "GetFunctionConcurrency" | "DeleteFunctionConcurrency";

/** More than a function has versions and aliases with provisioned concurrency. */
const ALL = 10_000;

export function concurrencyHandlers(deps: ApiDeps): Handlers<Names> {
	const { store, reservations } = deps;

	async function set(name: string, reservedConcurrency: number | undefined): Promise<void> {
		try {
			await changeSettings(store, name, { reservedConcurrency });
		} catch (error) {
			throw error instanceof Changed ? noFunction(deps, name) : error;
		}
		deps.invoker.changed(name);
	}

	return {
		async PutFunctionConcurrency(input) {
			const name = await existing(deps, input.FunctionName!);
			const reserved = input.ReservedConcurrentExecutions!;
			// What two callers reserve at the same time must not be more than there is.
			await inTurnOf("", async () => {
				const left = reservations.unreservedWith(name, reserved);
				if (left < MIN_UNRESERVED && left < reservations.unreserved) throw tooMany();
				await checkProvisioned(deps, name, reserved);
				await set(name, reserved);
			});
			return { body: { ReservedConcurrentExecutions: reserved } };
		},

		async GetFunctionConcurrency(input) {
			const name = await existing(deps, input.FunctionName!);
			return { body: concurrencyOf(await store.settings.get(name, "")) };
		},

		async DeleteFunctionConcurrency(input) {
			await set(await existing(deps, input.FunctionName!), undefined);
			return {};
		},
	};
}

/** `Concurrency` of GetFunction: empty if nothing is reserved. */
export function concurrencyOf(settings: { reservedConcurrency?: number } | null): {
	ReservedConcurrentExecutions?: number;
} {
	const reserved = settings?.reservedConcurrency;
	return reserved === undefined ? {} : { ReservedConcurrentExecutions: reserved };
}

/** What is kept ready is a part of what is reserved. */
async function checkProvisioned({ store }: ApiDeps, name: string, reserved: number): Promise<void> {
	const { items } = await store.provisioned.list(name, ALL);
	const provisioned = items.reduce((sum, it) => sum + it.requested, 0);
	if (reserved < provisioned)
		throw invalid(
			`ReservedConcurrentExecutions ${reserved} should not be lower than function's total provisioned concurrency ${provisioned}`,
		);
}

async function existing(deps: ApiDeps, text: string): Promise<string> {
	const { name, qualifier } = parseFunctionName(text, undefined, deps.config);
	if (qualifier !== null)
		throw invalid(
			"This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
		);
	if (!(await deps.store.functions.get(name))) throw noFunction(deps, name);
	return name;
}

/** The service names the version here, though none was asked for. */
function noFunction({ config }: ApiDeps, name: string): ServiceError {
	return new ServiceError("ResourceNotFoundException", `Function not found: ${functionArn(config, name, LATEST)}`);
}

function tooMany(): ServiceError {
	// The service's front says this: it has no type.
	return new ServiceError(
		"InvalidParameterValueException",
		`Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${MIN_UNRESERVED}].`,
		{ Type: "" },
	);
}
