/** Layers and their versions: publish, read, list, delete. */
import { randomUUID } from "node:crypto";
import type { GetLayerVersionResponse, LayerVersionsListItem } from "@aws-sdk/client-lambda";
import { keepUpload } from "../content.ts";
import { invalid, ServiceError } from "../errors.ts";
import { ACCOUNT_SCOPE } from "../store/tables.ts";
import { AlreadyExists, Changed, type LayerRecord, type LayerVersionRecord, type Store } from "../store/types.ts";
import { contentLink } from "./content-links.ts";
import { unpackLayer } from "./layer-content.ts";
import { type LayerVersionName, layerArn, parseLayerName, parseLayerVersionArn } from "./layer-name.ts";
import type { ApiDeps, Handlers, Inputs } from "./operation.ts";
import { markerOf, placeOf } from "./paging.ts";
import { checkStorage, timestamp } from "./publish.ts";
import { sha256 } from "./upload.ts";

type Names =
	| "PublishLayerVersion"
	| "GetLayerVersion"
	| "GetLayerVersionByArn"
	| "ListLayers"
	| "ListLayerVersions"
	| "DeleteLayerVersion";

export function layerHandlers(deps: ApiDeps): Handlers<Names> {
	const { config, store } = deps;

	async function get(wanted: LayerVersionName | null, request: Request) {
		const record = wanted && (await findLayerVersion(store, wanted));
		if (!record) throw new ServiceError("ResourceNotFoundException", "The resource you requested does not exist.");
		return { body: await shownWhole(deps, record, request) };
	}

	return {
		async PublishLayerVersion(input, { request }) {
			return { body: await shownWhole(deps, await publish(deps, input), request) };
		},

		async GetLayerVersion(input, { request }) {
			const layerName = parseLayerName(input.LayerName!, config);
			return get({ layerName, version: checkVersion(input.VersionNumber!) }, request);
		},

		async GetLayerVersionByArn(input, { request }) {
			return get(parseLayerVersionArn(input.Arn!, config), request);
		},

		async ListLayers(input) {
			return { body: await listLayers(deps, input) };
		},

		async ListLayerVersions(input) {
			const layerName = parseLayerName(input.LayerName!, config);
			const found = matching(store, layerName, filterOf(input), placeOf(input.Marker));
			const [items, more] = await take(found, pageSize(input.MaxItems));
			return {
				body: {
					LayerVersions: items.map((it) => listed(deps, it)),
					...(more ? { NextMarker: markerOf(String(items.at(-1)!.version)) } : {}),
				},
			};
		},

		async DeleteLayerVersion(input) {
			const layerName = parseLayerName(input.LayerName!, config);
			const key = String(checkVersion(input.VersionNumber!));
			// Functions that use it keep it; the record of the layer keeps its number from being used again.
			await store.together([
				{ table: "layerVersions", op: "delete", scope: layerName, key },
				{ table: "policies", op: "delete", scope: layerScope(layerName), key },
			]);
			return {};
		},
	};
}

/** Where the policies of a layer's versions are. */
export function layerScope(layerName: string): string {
	return `layer:${layerName}`;
}

/** Null if there is none. */
export function findLayerVersion(
	store: Pick<Store, "layerVersions">,
	{ layerName, version }: LayerVersionName,
): Promise<LayerVersionRecord | null> {
	return store.layerVersions.get(layerName, String(version));
}

/** Throws InvalidParameterValueException. */
export function checkVersion(version: number): number {
	if (version < 1) throw invalid("Layer Version Cannot be less than 1");
	return version;
}

/** Longest name, characters, as the service's pattern for names has it; its pattern for ARNs has no end. */
const MAX_NAME = 140;

async function publish(deps: ApiDeps, input: Inputs["PublishLayerVersion"]): Promise<LayerVersionRecord> {
	const layerName = parseLayerName(input.LayerName!, deps.config);
	if (layerName.length > MAX_NAME) throw invalid(`Layer name must have at most ${MAX_NAME} characters`);
	const content = await takeContent(deps, input.Content!);
	return keep(deps.store, {
		layerName,
		description: input.Description ?? "",
		licenseInfo: input.LicenseInfo ?? null,
		compatibleRuntimes: input.CompatibleRuntimes ?? null,
		compatibleArchitectures: input.CompatibleArchitectures ?? null,
		createdDate: timestamp(),
		...content,
	});
}

type Content = Pick<LayerVersionRecord, "codeSha256" | "codeSize" | "unzippedSize">;

/** Unpacks what was uploaded, and keeps it; on disk when it resolves. */
async function takeContent(
	deps: ApiDeps,
	content: NonNullable<Inputs["PublishLayerVersion"]["Content"]>,
): Promise<Content> {
	if (content.S3Bucket !== undefined || content.S3Key !== undefined)
		throw invalid(
			`Error occurred while GetObject. S3 is not reached from this host: send the zip as ZipFile instead of S3Bucket ${content.S3Bucket ?? ""} and S3Key ${content.S3Key ?? ""}.`,
		);
	if (content.ZipFile === undefined) throw invalid("Missing Content");
	const { config } = deps;
	const codeSha256 = sha256(content.ZipFile);
	await checkStorage(deps, content.ZipFile.length);
	const unzippedSize = await unpackLayer(config, codeSha256, content.ZipFile);
	await keepUpload(config, codeSha256, content.ZipFile);
	return { codeSha256, codeSize: content.ZipFile.length, unzippedSize };
}

/** Keeps a version under the layer's next number. Where others publish at the same time, each gets its own. */
async function keep(store: Store, version: Omit<LayerVersionRecord, "version">): Promise<LayerVersionRecord> {
	const { layerName } = version;
	// Whoever is too late knows that somebody else was in time: it ends.
	for (;;) {
		const current = await store.layers.get(ACCOUNT_SCOPE, layerName);
		const lastVersion = (current?.lastVersion ?? 0) + 1;
		const layer: LayerRecord = { layerName, lastVersion, revisionId: randomUUID() };
		const record = { ...version, version: lastVersion };
		try {
			await store.together([
				current
					? { table: "layers", op: "update", record: layer, expected: current.revisionId }
					: { table: "layers", op: "create", record: layer },
				{ table: "layerVersions", op: "create", record },
			]);
			return record;
		} catch (error) {
			if (!(error instanceof Changed || error instanceof AlreadyExists)) throw error;
		}
	}
}

type Filter = (it: LayerVersionRecord) => boolean;

function filterOf({ CompatibleRuntime, CompatibleArchitecture }: Inputs["ListLayers"]): Filter {
	const has = (list: readonly string[] | null, wanted: string | undefined) =>
		wanted === undefined || (list?.includes(wanted) ?? false);
	return (it) =>
		has(it.compatibleRuntimes, CompatibleRuntime) && has(it.compatibleArchitectures, CompatibleArchitecture);
}

/** Items in one page at most (service model). */
const MAX_PAGE = 50;

function pageSize(asked: number | undefined): number {
	return Math.min(asked ?? MAX_PAGE, MAX_PAGE);
}

/** So many, and whether there are more. */
async function take<T>(items: AsyncIterable<T>, count: number): Promise<[T[], more: boolean]> {
	const taken: T[] = [];
	for await (const item of items) {
		if (taken.length === count) return [taken, true];
		taken.push(item);
	}
	return [taken, false];
}

/** A layer's versions that pass, from the newest on, those after a number. */
async function* matching(
	store: Store,
	layerName: string,
	filter: Filter,
	after: string | null = null,
): AsyncIterable<LayerVersionRecord> {
	for (let place = after; ; ) {
		const page = await store.layerVersions.list(layerName, MAX_PAGE, place);
		yield* page.items.filter(filter);
		if (page.next === null) return;
		place = page.next;
	}
}

/** Layers with a version that passes, by name: that version, the newest. */
async function* newestMatching(store: Store, filter: Filter, after: string | null): AsyncIterable<LayerVersionRecord> {
	for (let place = after; ; ) {
		const page = await store.layers.list(ACCOUNT_SCOPE, MAX_PAGE, place);
		for (const { layerName } of page.items) yield* (await take(matching(store, layerName, filter), 1))[0];
		if (page.next === null) return;
		place = page.next;
	}
}

async function listLayers(deps: ApiDeps, input: Inputs["ListLayers"]): Promise<object> {
	const { config, store } = deps;
	const found = newestMatching(store, filterOf(input), placeOf(input.Marker));
	const [items, more] = await take(found, pageSize(input.MaxItems));
	return {
		Layers: items.map((it) => ({
			LayerName: it.layerName,
			LayerArn: layerArn(config, it.layerName),
			LatestMatchingVersion: listed(deps, it),
		})),
		...(more ? { NextMarker: markerOf(items.at(-1)!.layerName) } : {}),
	};
}

/** A version as lists have it: without a description that is empty. */
function listed(deps: ApiDeps, it: LayerVersionRecord): LayerVersionsListItem {
	const { Description, ...rest } = shown(deps, it);
	return Description === "" ? rest : { Description, ...rest };
}

function shown({ config }: ApiDeps, it: LayerVersionRecord): LayerVersionsListItem {
	return {
		LayerVersionArn: layerArn(config, it.layerName, it.version),
		Version: it.version,
		Description: it.description,
		CreatedDate: it.createdDate as unknown as Date & string,
		...(it.compatibleRuntimes ? { CompatibleRuntimes: it.compatibleRuntimes as never[] } : {}),
		...(it.compatibleArchitectures ? { CompatibleArchitectures: it.compatibleArchitectures as never[] } : {}),
		...(it.licenseInfo === null ? {} : { LicenseInfo: it.licenseInfo }),
	};
}

/** A version with its layer, and a link to its zip. */
async function shownWhole(deps: ApiDeps, it: LayerVersionRecord, request: Request): Promise<GetLayerVersionResponse> {
	const { config } = deps;
	const link = await contentLink(config, it.codeSha256, request);
	return {
		Content: { ...(link === null ? {} : { Location: link }), CodeSha256: it.codeSha256, CodeSize: it.codeSize },
		LayerArn: layerArn(config, it.layerName),
		...shown(deps, it),
	};
}
