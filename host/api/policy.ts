/** Permissions on functions, versions and aliases: their resource-based policies, a statement at a time. */
import type { Conditions } from "../auth/policy/statement.ts";
import { invalid, ServiceError } from "../errors.ts";
import { parseFunctionName } from "./function-name.ts";
import type { ApiDeps, Handlers, Inputs } from "./operation.ts";
import { changePolicy, documentOf, withoutStatement, withStatement } from "./policy/change.ts";
import { ownerOf, placeOf, refuseLatest } from "./policy/owner.ts";
import { conditionsOf, statementOf } from "./policy/statement.ts";

type Names = "AddPermission" | "RemovePermission" | "GetPolicy";

export function policyHandlers(deps: ApiDeps): Handlers<Names> {
	const { config, store } = deps;

	return {
		async AddPermission(input) {
			const wanted = parseFunctionName(input.FunctionName!, input.Qualifier, config);
			refuseLatest(wanted);
			await changePolicy(store, {
				place: placeOf(wanted),
				owner: () => ownerOf(deps, wanted),
				revisionId: input.RevisionId,
				stale: () => stale("GetPolicy"),
				edit: (current) => withStatement(current, permission(input, wanted.arn)),
			});
			return { body: { Statement: JSON.stringify(permission(input, wanted.arn)) } };
		},

		async RemovePermission(input) {
			const wanted = parseFunctionName(input.FunctionName!, input.Qualifier, config);
			await changePolicy(store, {
				place: placeOf(wanted),
				owner: () => ownerOf(deps, wanted, (arn) => `No policy found for: ${arn}`),
				revisionId: input.RevisionId,
				stale: () => stale("GetFunction/GetAlias"),
				edit: (current) => withoutStatement(current, input.StatementId!),
			});
			return {};
		},

		async GetPolicy(input) {
			const { name, qualifier } = parseFunctionName(input.FunctionName!, input.Qualifier, config);
			const known = await store.functions.get(name);
			const record = known && (await store.policies.get(name, qualifier ?? ""));
			if (!record) throw new ServiceError("ResourceNotFoundException", "The resource you requested does not exist.");
			return { body: { Policy: documentOf(record), RevisionId: record.revisionId } };
		},
	};
}

function stale(operation: string): ServiceError {
	return new ServiceError(
		"PreconditionFailedException",
		`The Revision Id provided does not match the latest Revision Id. Call the ${operation} API to retrieve the latest Revision Id`,
	);
}

function permission(input: Inputs["AddPermission"], resource: string) {
	refuseMixture(input);
	const { StatementId, Action, Principal } = input;
	return statementOf({
		sid: StatementId!,
		action: Action!,
		principal: Principal!,
		resource,
		conditions: conditions(input),
	});
}

function conditions(input: Inputs["AddPermission"]): Conditions {
	return conditionsOf({
		StringEquals: {
			"AWS:SourceAccount": input.SourceAccount,
			"lambda:FunctionUrlAuthType": input.FunctionUrlAuthType,
			"aws:PrincipalOrgID": input.PrincipalOrgID,
			"lambda:EventSourceToken": input.EventSourceToken,
		},
		Bool: {
			"lambda:InvokedViaFunctionUrl":
				input.InvokedViaFunctionUrl === undefined ? undefined : String(input.InvokedViaFunctionUrl),
		},
		ArnLike: { "AWS:SourceArn": input.SourceArn },
	});
}

function refuseMixture({
	Action,
	EventSourceToken,
	FunctionUrlAuthType,
	SourceAccount,
	SourceArn,
}: Inputs["AddPermission"]) {
	if (FunctionUrlAuthType !== undefined && Action !== "lambda:InvokeFunctionUrl")
		throw invalid("FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action");
	if (EventSourceToken !== undefined && (SourceAccount ?? SourceArn) !== undefined)
		throw invalid("EventSourceToken cannot be used together with SourceArn or SourceAccount.");
}
