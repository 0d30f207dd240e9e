/** Tags on functions, event source mappings and code signing configs. */
import { invalid, ServiceError } from "../errors.ts";
import { ACCOUNT_SCOPE } from "../store/tables.ts";
import { Changed, type FunctionRecord, type Write } from "../store/types.ts";
import { findFunction, parseFunctionName } from "./function-name.ts";
import type { ApiDeps, Handlers } from "./operation.ts";
import { sameInstances } from "./publication.ts";
import { updateInProgress } from "./publish.ts";
import { inTurn } from "./turns.ts";

type Names = "ListTags" | "TagResource" | "UntagResource";
type Tags = Record<string, string>;
type Edit = (tags: Tags) => Tags;

/** What can have tags: how they are read and changed. Both throw ResourceNotFoundException. */
interface Taggable {
	tags(): Promise<Tags>;
	change(edit: Edit): Promise<void>;
}

/** Tags on one resource at most (Developer Guide, "Tag restrictions"). */
const MAX_TAGS = 50;

/** Throws InvalidParameterValueException if there are too many, or some that are not the caller's to set. */
export function checkTags(tags: Tags): Tags {
	const keys = Object.keys(tags);
	if (keys.some((key) => key.toLowerCase().startsWith("aws:")))
		throw invalid("aws: prefixed tag key names are not allowed for external use.");
	if (keys.length > MAX_TAGS) throw invalid("Number of tags exceeds resource tag limit.");
	return tags;
}

export function tagHandlers(deps: ApiDeps): Handlers<Names> {
	return {
		async ListTags(input) {
			return { body: { Tags: await taggable(deps, input.Resource!).tags() } };
		},

		async TagResource(input) {
			const added = input.Tags!;
			const resource = taggable(deps, input.Resource!);
			// A resource that is not there is said first.
			await resource.tags();
			// The service's own words for no tags at all.
			if (Object.keys(added).length === 0) throw invalid("An error occurred and the request cannot be processed.");
			await resource.change((tags) => checkTags({ ...tags, ...added }));
			return {};
		},

		async UntagResource(input) {
			const gone = new Set(input.TagKeys);
			const left = (tags: Tags) => Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key)));
			await taggable(deps, input.Resource!).change(left);
			return {};
		},
	};
}

/** What an ARN is of, whose form was checked. */
function taggable(deps: ApiDeps, arn: string): Taggable {
	const [, , , region, account, kind, id] = arn.split(":");
	if (kind === "function") return functionTags(deps, arn);
	const own = region === deps.config.region && account === deps.config.account;
	const table = own ? TABLES[kind!] : undefined;
	const missing = () => new ServiceError("ResourceNotFoundException", `${NAMES[kind!]} not found: ${arn}`);
	return table ? recordTags(deps, table, id!, missing) : absent(missing);
}

const NAMES: Record<string, string> = {
	"event-source-mapping": "Event source mapping",
	"capacity-provider": "Capacity provider",
	"code-signing-config": "Code signing config",
	"network-connector": "Network connector",
};
const TABLES: Record<string, "mappings" | "codeSigningConfigs"> = {
	"event-source-mapping": "mappings",
	"code-signing-config": "codeSigningConfigs",
};

function absent(missing: () => ServiceError): Taggable {
	const fail = () => Promise.reject(missing());
	return { tags: fail, change: fail };
}

function recordTags(
	{ store }: ApiDeps,
	table: "mappings" | "codeSigningConfigs",
	id: string,
	missing: () => ServiceError,
): Taggable {
	async function find() {
		const record = await store[table].get(ACCOUNT_SCOPE, id);
		if (!record) throw missing();
		return record;
	}
	return {
		tags: async () => (await find()).tags,
		change: (edit) =>
			inTurn(async () => {
				const record = await find();
				await store.together([{ table, op: "update", record: { ...record, tags: edit(record.tags) } } as Write]);
			}),
	};
}

/** Callers of two tag changes at once see both; of more, some are told to come again. */
const ATTEMPTS = 3;

function functionTags(deps: ApiDeps, arn: string): Taggable {
	async function find(): Promise<FunctionRecord> {
		const wanted = parseFunctionName(arn, undefined, deps.config);
		if (wanted.qualifier === null) return findFunction(deps.store, wanted);
		throw invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.");
	}

	async function change(edit: Edit): Promise<void> {
		for (let attempt = 1; ; attempt++) {
			const record = await find();
			try {
				const tagged = { ...sameInstances(record), tags: edit(record.tags) };
				await deps.store.functions.update(tagged, record.revisionId);
				deps.invoker.changed(record.name);
				return;
			} catch (error) {
				if (!(error instanceof Changed)) throw error;
				if (attempt === ATTEMPTS) throw updateInProgress(arn);
			}
		}
	}

	return { tags: async () => (await find()).tags, change };
}
