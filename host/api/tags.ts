/** Tags on functions. */
import { ServiceError } from "../errors.ts";
import { Changed, type FunctionRecord } from "../store/types.ts";
import { findFunction, parseFunctionName } from "./function-name.ts";
import type { ApiDeps, Handlers } from "./operation.ts";
import { replace, revise, updateInProgress } from "./publish.ts";

type Names = "ListTags" | "TagResource" | "UntagResource";
type Tags = Record<string, string>;

/** Tags on one function at most (Developer Guide, "Tag restrictions"). */
const MAX_TAGS = 50;

/** Throws InvalidParameterValueException if there are too many. */
export function checkTags(tags: Tags): Tags {
	if (Object.keys(tags).length <= MAX_TAGS) return tags;
	throw new ServiceError("InvalidParameterValueException", "Number of tags exceeds resource tag limit.");
}

export function tagHandlers(deps: ApiDeps): Handlers<Names> {
	return {
		async ListTags(input) {
			const { tags } = await taggable(deps, input.Resource!);
			return { body: { Tags: tags } };
		},

		async TagResource(input) {
			const added = input.Tags!;
			const record = await taggable(deps, input.Resource!);
			// The service's own words for no tags at all.
			if (Object.keys(added).length === 0)
				throw new ServiceError(
					"InvalidParameterValueException",
					"An error occurred and the request cannot be processed.",
				);
			await change(deps, record, (tags) => checkTags({ ...tags, ...added }));
			return {};
		},

		async UntagResource(input) {
			const gone = new Set(input.TagKeys);
			const record = await taggable(deps, input.Resource!);
			await change(deps, record, (tags) => Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key))));
			return {};
		},
	};
}

const OTHERS: Record<string, string> = {
	"event-source-mapping": "Event source mapping",
	"capacity-provider": "Capacity provider",
	"code-signing-config": "Code signing config",
	"network-connector": "Network connector",
};

async function taggable({ config, store }: ApiDeps, arn: string): Promise<FunctionRecord> {
	const kind = arn.split(":")[5]!;
	if (kind !== "function") throw new ServiceError("ResourceNotFoundException", `${OTHERS[kind]} not found: ${arn}`);
	const wanted = parseFunctionName(arn, undefined, config);
	if (wanted.qualifier !== null)
		throw new ServiceError(
			"InvalidParameterValueException",
			"Tags on function aliases and versions are not supported. Please specify a function ARN.",
		);
	return findFunction(store, wanted);
}

/** Callers of two tag changes at once see both; of more, some are told to come again. */
const ATTEMPTS = 3;

async function change(deps: ApiDeps, record: FunctionRecord, edit: (tags: Tags) => Tags): Promise<void> {
	for (let attempt = 1; ; attempt++) {
		const revised = revise(record, { tags: edit(record.tags) });
		try {
			await replace(deps, record, revised);
			return;
		} catch (error) {
			if (!(error instanceof Changed)) throw error;
			const wanted = parseFunctionName(record.name, undefined, deps.config);
			if (attempt === ATTEMPTS) throw updateInProgress(wanted.arn);
			record = await findFunction(deps.store, wanted);
		}
	}
}
