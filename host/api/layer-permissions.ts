/** Permissions on layer versions: their resource-based policies. */
import { ServiceError } from "../errors.ts";
import { layerArn, parseLayerName } from "./layer-name.ts";
import { checkVersion, layerScope } from "./layers.ts";
import type { ApiDeps, Handlers, Inputs } from "./operation.ts";
import {
	changePolicy,
	documentOf,
	type Owner,
	type PolicyPlace,
	withoutStatement,
	withStatement,
} from "./policy/change.ts";
import { conditionsOf, statementOf } from "./policy/statement.ts";

type Names = "AddLayerVersionPermission" | "RemoveLayerVersionPermission" | "GetLayerVersionPolicy";

/** A layer version as a caller names it. */
interface Wanted {
	place: PolicyPlace;
	arn: string;
	/** Throws ResourceNotFoundException if it is not there. */
	owner(): Promise<Owner>;
}

export function layerPermissionHandlers({ config, store }: ApiDeps): Handlers<Names> {
	function find({
		LayerName,
		VersionNumber,
	}: Pick<Inputs["GetLayerVersionPolicy"], "LayerName" | "VersionNumber">): Wanted {
		const layerName = parseLayerName(LayerName!, config);
		const version = checkVersion(VersionNumber!);
		const arn = layerArn(config, layerName, version);
		return {
			place: { functionName: null, scope: layerScope(layerName), qualifier: String(version) },
			arn,
			async owner() {
				const record = await store.layerVersions.get(layerName, String(version));
				if (!record) throw new ServiceError("ResourceNotFoundException", `Layer version ${arn} does not exist.`);
				// A version is never changed: it has no revision of its own. What is deleted meanwhile has no policy any more.
				return { revisionId: null, revise: () => [{ table: "layerVersions", op: "update", record }] };
			},
		};
	}

	return {
		async AddLayerVersionPermission(input) {
			const { arn, ...rest } = find(input);
			const statement = permission(input, arn);
			const policy = await changePolicy(store, {
				...rest,
				revisionId: input.RevisionId,
				stale,
				edit: (current) => withStatement(current, statement),
			});
			return { body: { Statement: JSON.stringify(statement), RevisionId: policy!.revisionId } };
		},

		async RemoveLayerVersionPermission(input) {
			const { arn: _, ...rest } = find(input);
			await changePolicy(store, {
				...rest,
				revisionId: input.RevisionId,
				stale,
				edit: (current) => withoutStatement(current, input.StatementId!),
			});
			return {};
		},

		async GetLayerVersionPolicy(input) {
			const { place, owner } = find(input);
			await owner();
			const record = await store.policies.get(place.scope, place.qualifier);
			if (!record)
				throw new ServiceError("ResourceNotFoundException", "No policy is associated with the given resource.");
			return { body: { Policy: documentOf(record), RevisionId: record.revisionId } };
		},
	};
}

function permission(input: Inputs["AddLayerVersionPermission"], resource: string) {
	const { StatementId, Action, Principal, OrganizationId } = input;
	if (OrganizationId !== undefined && Principal !== "*")
		throw new ServiceError("InvalidParameterValueException", "OrganizationId can be given only if Principal is *.");
	return statementOf({
		sid: StatementId!,
		action: Action!,
		principal: Principal!,
		resource,
		conditions: conditionsOf({ StringEquals: { "aws:PrincipalOrgID": OrganizationId } }),
	});
}

function stale(): ServiceError {
	return new ServiceError(
		"PreconditionFailedException",
		"The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest Revision Id",
	);
}
