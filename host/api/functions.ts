/** Functions: create, read, list, update, delete. */
import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { invalid, ServiceError } from "../errors.ts";
import { AlreadyExists, Changed, type FunctionRecord, type VersionRecord, type Write } from "../store/types.ts";
import { concurrencyOf } from "./concurrency.ts";
import { configurationOf, summaryOf } from "./configuration.ts";
import { contentLink } from "./content-links.ts";
import { readFileSystems } from "./file-systems.ts";
import { findLayers } from "./function-layers.ts";
import { findFunction, LATEST, parseFunctionName } from "./function-name.ts";
import type { ApiDeps, Handlers, Inputs } from "./operation.ts";
import { markerOf, placeOf } from "./paging.ts";
import { newVersion, published } from "./publication.ts";
import {
	buildCode,
	type CodeOwner,
	prepare,
	replace,
	revise,
	staleRevision,
	timestamp,
	updateInProgress,
} from "./publish.ts";
import { applySettings, defaultSettings, refuseUnserved } from "./settings.ts";
import { expectConfig, ownConfig } from "./signed-code.ts";
import { checkTags } from "./tags.ts";
import { inTurn } from "./turns.ts";
import { deleteVersion } from "./versions.ts";

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

	/** `$LATEST`, which alone can be changed. */
	async function changeable(input: { FunctionName: string | undefined }) {
		const found = await find(input);
		const { qualifier } = found.wanted;
		if (qualifier === null || qualifier === LATEST) return found;
		throw invalid("Changes are made to $LATEST alone: leave the qualifier out of the function's name.");
	}

	return {
		async CreateFunction(input) {
			return { body: configurationOf(await create(deps, input), config, "created") };
		},

		async GetFunction(input, { request }) {
			const { wanted, record } = await find(input);
			const tagged = Object.keys(record.tags).length > 0;
			const concurrency = concurrencyOf(await store.settings.get(record.name, ""));
			return {
				body: {
					Configuration: configurationOf(record, config, "active", wanted.qualifier),
					Code: await codeOf(deps, record, request),
					...(tagged ? { Tags: record.tags } : {}),
					...(concurrency.ReservedConcurrentExecutions === undefined ? {} : { Concurrency: concurrency }),
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
			const { wanted, record } = await changeable(input);
			refuseUnserved(input);
			refuseStale(record, input.RevisionId);
			const { made, warning } = await buildCode(deps, input, await ownerOf(deps, record.name));
			const revised = revise(record, { ...made, architectures: input.Architectures ?? record.architectures });
			if (input.DryRun) return { body: configurationOf(revised, config, "updated") };
			const kept = await replace(deps, record, revised, input.Publish).catch(conflict(input.RevisionId, wanted.arn));
			warn(deps, record, warning);
			if ("version" in kept) return { body: configurationOf(kept, config, "created", kept.version) };
			return { body: configurationOf(kept, config, "updated") };
		},

		async UpdateFunctionConfiguration(input) {
			const { wanted, record } = await changeable(input);
			refuseStale(record, input.RevisionId);
			const attached = await attachments(deps, input);
			const revised = revise(record, { ...applySettings(record, input), ...attached });
			const kept = await replace(deps, record, revised).catch(conflict(input.RevisionId, wanted.arn));
			return { body: configurationOf(kept, config, "updated") };
		},

		async DeleteFunction(input) {
			const wanted = parseFunctionName(input.FunctionName!, input.Qualifier, config);
			if (wanted.qualifier !== null) {
				await deleteVersion(deps, wanted.name, wanted.qualifier);
				return {};
			}
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
	const codeSigningConfig = input.CodeSigningConfigArn ? await expectConfig(deps, input.CodeSigningConfigArn) : null;
	const attached = await attachments(deps, input);
	const { made, warning } = await buildCode(deps, input.Code!, { functionName: name, codeSigningConfig });
	const record: FunctionRecord = {
		name,
		revisionId: crypto.randomUUID(),
		lastModified: timestamp(),
		...settings,
		...attached,
		...made,
		architectures: input.Architectures ?? ["x86_64"],
		tags,
		...(input.TenancyConfig ? { tenancy: input.TenancyConfig.TenantIsolationMode } : {}),
	};
	const kept = await keep(deps, record, input.Publish ?? false, input.CodeSigningConfigArn || undefined);
	warn(deps, record, warning);
	return kept;
}

/** The code signing config that a function has now. */
async function ownerOf({ store }: ApiDeps, functionName: string): Promise<CodeOwner> {
	const arn = (await store.settings.get(functionName, ""))?.codeSigningConfig;
	return { functionName, codeSigningConfig: arn === undefined ? null : await ownConfig(store, arn) };
}

function warn({ observer }: ApiDeps, { name, logging }: FunctionRecord, warning: string | undefined): void {
	if (warning !== undefined) observer.note(name, logging, warning);
}

/** Gives what is shown of it: the version, if it is published at once. */
async function keep(
	deps: ApiDeps,
	record: FunctionRecord,
	publish: boolean,
	codeSigningConfig: string | undefined,
): Promise<FunctionRecord | VersionRecord> {
	const { spec, prepared } = await prepare(deps, record);
	const version = publish ? await prepare(deps, newVersion(record), "1") : null;
	try {
		await keepTogether(deps, codeSigningConfig, [
			{ table: "functions", op: "create", record: version ? published(prepared) : prepared },
			...(version ? [{ table: "versions", op: "create", record: version.prepared } as const] : []),
		]);
	} catch (error) {
		deps.engine.retire(spec.id);
		if (version) deps.engine.retire(version.spec.id);
		if (error instanceof AlreadyExists) throw exists(record.name);
		throw error;
	}
	// It may have been asked for before it was there.
	deps.invoker.changed(record.name);
	return version?.prepared ?? prepared;
}

/** With its code signing config, which may have been deleted meanwhile. */
async function keepTogether(
	deps: ApiDeps,
	arn: string | undefined,
	writes: [FunctionWrite, ...Write[]],
): Promise<void> {
	const { store } = deps;
	if (arn === undefined) return store.together(writes);
	const functionName = writes[0].record.name;
	await inTurn(async () => {
		await expectConfig(deps, arn);
		await store.together([
			...writes,
			{ table: "settings", op: "create", record: { functionName, codeSigningConfig: arn } },
		]);
	});
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

type FunctionWrite = Extract<Write, { table: "functions" }>;

/** What an input adds to a function or takes from it. */
async function attachments(
	deps: ApiDeps,
	{ Layers, FileSystemConfigs }: Pick<Inputs["UpdateFunctionConfiguration"], "Layers" | "FileSystemConfigs">,
): Promise<Partial<FunctionRecord>> {
	return {
		...(Layers === undefined ? {} : { layers: await findLayers(deps, Layers) }),
		...(FileSystemConfigs === undefined ? {} : { fileSystems: readFileSystems(deps.config, FileSystemConfigs) }),
	};
}

/** Functions in one page at most, whatever `MaxItems` says (API reference). */
const MAX_PAGE = 50;

async function list(deps: ApiDeps, input: Inputs["ListFunctions"]): Promise<object> {
	const { config, store } = deps;
	const { MasterRegion, FunctionVersion, Marker, MaxItems } = input;
	// Replicas of functions of another region: there are none.
	if (MasterRegion !== undefined && MasterRegion !== "ALL" && MasterRegion !== config.region) return { Functions: [] };
	const limit = Math.min(MaxItems ?? MAX_PAGE, MAX_PAGE);
	if (FunctionVersion === "ALL") return listVersions(deps, limit, placeOf(Marker));
	const page = await store.functions.list(limit, Marker === undefined ? null : nameIn(Marker));
	return {
		Functions: page.items.map((record) => summaryOf(record, config)),
		...(page.next === null ? {} : { NextMarker: markerOf(page.next) }),
	};
}

/** Every function's `$LATEST`, and after it its versions. A place is `NAME`, or `NAME\nVERSION`. */
async function listVersions({ config, store }: ApiDeps, limit: number, after: string | null): Promise<object> {
	const shown: FunctionConfiguration[] = [];
	let [name, version = ""] = after?.split("\n") ?? [];
	const answer = (more: boolean) => ({
		Functions: shown,
		...(more ? { NextMarker: markerOf(`${name}\n${version}`) } : {}),
	});
	for (;;) {
		if (name !== undefined) {
			const place = version === "" ? null : `${name}\n${version}`;
			const { items, next } = await store.versions.list(name, limit - shown.length, place);
			shown.push(...items.map((it) => summaryOf(it, config, it.version)));
			version = items.at(-1)?.version ?? version;
			if (next !== null) return answer(true);
		}
		const { items } = await store.functions.list(1, name ?? null);
		if (items[0] === undefined) return answer(false);
		if (shown.length >= limit) return answer(true);
		shown.push(summaryOf(items[0], config, LATEST));
		[name, version] = [items[0].name, ""];
		if (shown.length >= limit) return answer(true);
	}
}

/** A marker is opaque to callers: the name after which the next page begins. */
function nameIn(marker: string): string {
	const name = placeOf(marker) ?? "";
	if (!/^[a-zA-Z0-9-_]{1,64}$/.test(name)) throw invalid("The marker is none that ListFunctions gave.");
	return name;
}
