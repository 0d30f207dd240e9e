/** Functions: create, read, list, update, delete. */
import { ServiceError } from "../errors.ts";
import { AlreadyExists, Changed, type FunctionRecord } from "../store/types.ts";
import { configurationOf, summaryOf } from "./configuration.ts";
import { contentLink } from "./content-links.ts";
import { findLayers } from "./function-layers.ts";
import { findFunction, LATEST, parseFunctionName } from "./function-name.ts";
import type { ApiDeps, Handlers, Inputs } from "./operation.ts";
import { buildCode, prepare, replace, revise, staleRevision, timestamp, updateInProgress } from "./publish.ts";
import { applySettings, defaultSettings, refuseUnserved } from "./settings.ts";
import { checkTags } from "./tags.ts";

type Names =
	| "CreateFunction"
	| "GetFunction"
	| "GetFunctionConfiguration"
	| "ListFunctions"
	| "UpdateFunctionCode"
	| "UpdateFunctionConfiguration"
	| "DeleteFunction";

export function functionHandlers(deps: ApiDeps): Handlers<Names> {
	const { config, store } = deps;

	async function find(input: { FunctionName: string | undefined; Qualifier?: string }) {
		const wanted = parseFunctionName(input.FunctionName!, input.Qualifier, config);
		return { wanted, record: await findFunction(store, wanted) };
	}

	return {
		async CreateFunction(input) {
			return { body: configurationOf(await create(deps, input), config, "created") };
		},

		async GetFunction(input, { request }) {
			const { wanted, record } = await find(input);
			const tagged = Object.keys(record.tags).length > 0;
			return {
				body: {
					Configuration: configurationOf(record, config, "active", wanted.qualifier),
					Code: await codeOf(deps, record, request),
					...(tagged ? { Tags: record.tags } : {}),
				},
			};
		},

		async GetFunctionConfiguration(input) {
			const { wanted, record } = await find(input);
			return { body: configurationOf(record, config, "active", wanted.qualifier) };
		},

		async ListFunctions(input) {
			return { body: await list(deps, input) };
		},

		async UpdateFunctionCode(input) {
			const { wanted, record } = await find(input);
			refuseUnserved(input);
			refuseStale(record, input.RevisionId);
			const code = await buildCode(deps, input);
			const revised = revise(record, { ...code, architectures: input.Architectures ?? record.architectures });
			const kept = input.DryRun
				? revised
				: await replace(deps, record, revised).catch(conflict(input.RevisionId, wanted.arn));
			return { body: configurationOf(kept, config, "updated") };
		},

		async UpdateFunctionConfiguration(input) {
			const { wanted, record } = await find(input);
			refuseStale(record, input.RevisionId);
			const attached = await attachments(deps, input);
			const revised = revise(record, { ...applySettings(record, input), ...attached });
			const kept = await replace(deps, record, revised).catch(conflict(input.RevisionId, wanted.arn));
			return { body: configurationOf(kept, config, "updated") };
		},

		async DeleteFunction(input) {
			const wanted = parseFunctionName(input.FunctionName!, input.Qualifier, config);
			if (wanted.qualifier === LATEST)
				throw new ServiceError(
					"InvalidParameterValueException",
					"$LATEST version cannot be deleted without deleting the function.",
				);
			await findFunction(store, wanted);
			if (!(await store.functions.delete(wanted.name)))
				throw new ServiceError("ResourceNotFoundException", `Function not found: ${wanted.arn}`);
			deps.invoker.changed(wanted.name);
			await deps.observer.remove(wanted.name);
			return {};
		},
	};
}

/** Without a link where what was uploaded is not there: once, it was not kept. */
async function codeOf({ config }: ApiDeps, { codeSha256 }: FunctionRecord, request: Request): Promise<object> {
	const link = await contentLink(config, codeSha256, request);
	return { RepositoryType: "S3", ...(link === null ? {} : { Location: link }) };
}

/** Longest name, characters; the model's longer limit is for ARNs. */
const MAX_NAME = 64;

async function create(deps: ApiDeps, input: Inputs["CreateFunction"]): Promise<FunctionRecord> {
	const { config, store } = deps;
	const { name, qualifier } = parseFunctionName(input.FunctionName!, undefined, config);
	if (name.length > MAX_NAME)
		throw invalid(
			`1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to ${MAX_NAME}`,
		);
	if (qualifier !== null) throw invalid("A new function's name has no qualifier. Please specify a function name.");
	if (input.Runtime === undefined)
		throw invalid("Runtime is a mandatory parameter for functions created with deployment packages.");
	const settings = applySettings(defaultSettings(name), input);
	const tags = checkTags(input.Tags ?? {});
	// Asked before the work and, by the store, after it.
	if (await store.functions.get(name)) throw exists(name);
	const record: FunctionRecord = {
		name,
		revisionId: crypto.randomUUID(),
		lastModified: timestamp(),
		...settings,
		...(await attachments(deps, input)),
		...(await buildCode(deps, input.Code!)),
		architectures: input.Architectures ?? ["x86_64"],
		tags,
		...(input.TenancyConfig ? { tenancy: input.TenancyConfig.TenantIsolationMode } : {}),
	};
	return keep(deps, record);
}

async function keep(deps: ApiDeps, record: FunctionRecord): Promise<FunctionRecord> {
	const { spec, prepared } = await prepare(deps, record);
	try {
		await deps.store.functions.create(prepared);
	} catch (error) {
		deps.engine.retire(spec.id);
		if (error instanceof AlreadyExists) throw exists(record.name);
		throw error;
	}
	// It may have been asked for before it was there.
	deps.invoker.changed(record.name);
	return prepared;
}

function exists(name: string): ServiceError {
	return new ServiceError("ResourceConflictException", `Function already exist: ${name}`);
}

function refuseStale(record: FunctionRecord, revisionId: string | undefined): void {
	if (revisionId !== undefined && revisionId !== record.revisionId) throw staleRevision();
}

/** What the caller is told when somebody else was quicker. */
function conflict(revisionId: string | undefined, arn: string): (error: unknown) => never {
	return (error) => {
		if (!(error instanceof Changed)) throw error;
		throw revisionId === undefined ? updateInProgress(arn) : staleRevision();
	};
}

/** What an input adds to a function or takes from it. */
async function attachments(
	deps: ApiDeps,
	{ Layers }: { Layers?: string[] | undefined },
): Promise<Partial<FunctionRecord>> {
	return Layers === undefined ? {} : { layers: await findLayers(deps, Layers) };
}

/** Functions in one page at most, whatever `MaxItems` says (API reference). */
const MAX_PAGE = 50;

async function list({ config, store }: ApiDeps, input: Inputs["ListFunctions"]): Promise<object> {
	const { MasterRegion, FunctionVersion, Marker, MaxItems } = input;
	// Replicas of functions of another region: there are none.
	if (MasterRegion !== undefined && MasterRegion !== "ALL" && MasterRegion !== config.region) return { Functions: [] };
	const after = Marker === undefined ? null : nameIn(Marker);
	const page = await store.functions.list(Math.min(MaxItems ?? MAX_PAGE, MAX_PAGE), after);
	const qualifier = FunctionVersion === "ALL" ? LATEST : null;
	return {
		Functions: page.items.map((record) => summaryOf(record, config, qualifier)),
		...(page.next === null ? {} : { NextMarker: Buffer.from(page.next).toString("base64url") }),
	};
}

/** A marker is opaque to callers: the name after which the next page begins. */
function nameIn(marker: string): string {
	const name = Buffer.from(marker, "base64url").toString();
	if (!/^[a-zA-Z0-9-_]{1,64}$/.test(name)) throw invalid("The marker is none that ListFunctions gave.");
	return name;
}

function invalid(message: string): ServiceError {
	return new ServiceError("InvalidParameterValueException", message);
}
