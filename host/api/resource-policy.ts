/** A function's, a version's or an alias's policy as one document (`PutResourcePolicy` and its likes, of 2026). */
import { ServiceError } from "../errors.ts";
import { type FunctionName, parseFunctionName } from "./function-name.ts";
import type { ApiDeps, Handlers } from "./operation.ts";
import { changePolicy, documentOf } from "./policy/change.ts";
import { readDocument } from "./policy/document.ts";
import { ownerOf, placeOf, refuseLatest } from "./policy/owner.ts";

type Names = "PutResourcePolicy" | "GetResourcePolicy" | "DeleteResourcePolicy";

export function resourcePolicyHandlers(deps: ApiDeps): Handlers<Names> {
	const { store } = deps;

	return {
		async PutResourcePolicy(input) {
			const wanted = resourceOf(deps, input.ResourceArn!);
			refuseLatest(wanted);
			const edited = readDocument(input.Policy!, wanted.arn);
			const made = await changePolicy(store, {
				place: placeOf(wanted),
				owner: () => ownerOf(deps, wanted),
				revisionId: input.RevisionId,
				stale,
				edit: () => edited,
			});
			return { body: { Policy: documentOf(made!), RevisionId: made!.revisionId } };
		},

		async GetResourcePolicy(input) {
			const wanted = resourceOf(deps, input.ResourceArn!);
			await ownerOf(deps, wanted);
			const record = await store.policies.get(wanted.name, wanted.qualifier ?? "");
			if (!record) throw noPolicy();
			return { body: { Policy: documentOf(record), RevisionId: record.revisionId } };
		},

		async DeleteResourcePolicy(input) {
			const wanted = resourceOf(deps, input.ResourceArn!);
			await changePolicy(store, {
				place: placeOf(wanted),
				owner: () => ownerOf(deps, wanted),
				revisionId: input.RevisionId,
				stale,
				edit(current) {
					if (!current) throw noPolicy();
					return null;
				},
			});
			return {};
		},
	};
}

function resourceOf({ config }: ApiDeps, arn: string): FunctionName {
	// The model's pattern has runtimes as well.
	if (arn.split(":")[5] !== "function")
		throw new ServiceError("InvalidParameterValueException", "Policies of runtimes are not supported by this host.");
	return parseFunctionName(arn, undefined, config);
}

function noPolicy(): ServiceError {
	return new ServiceError("ResourceNotFoundException", "No policy is associated with the given resource.");
}

function stale(): ServiceError {
	return new ServiceError(
		"PreconditionFailedException",
		"The Revision Id provided does not match the latest Revision Id. Call the GetResourcePolicy API to retrieve the latest Revision Id",
	);
}
