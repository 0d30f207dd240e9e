/** The function behind a URL, asked of the store each time, so that what the API changed holds at once. */
import type { Callers } from "../auth/callers.ts";
import { mayCallUrl } from "../auth/may-invoke.ts";
import type { GuestKind } from "../engine/types.ts";
import type { BufferedResponse } from "../invoker/http-event.ts";
import type { FunctionRecord, FunctionUrlRecord, Lookups } from "../store/types.ts";
import { URL_ID } from "../store/url-id.ts";
import { forbidden, refusal, unknownUrl } from "./refusals.ts";

const LATEST = "$LATEST";

export interface Found {
	url: FunctionUrlRecord;
	kind: GuestKind;
	/** Of the function; the host's own if it bears none. */
	account: string | undefined;
	/** Anybody may call it, without a signature. */
	open: boolean;
}

export type Finding = Found | { refusal: BufferedResponse };

/** What the gateway reads. */
export type Records = Pick<Lookups, "functions" | "urls" | "aliases" | "versions" | "policies">;

/** What a URL is found with: the records, and who needs no key. */
export interface Finder {
	store: Records;
	/** Without it nobody needs one. */
	callers?: Pick<Callers, "open">;
}

/** By the URL's id. */
export async function findById(finder: Finder, id: string): Promise<Finding> {
	const url = URL_ID.test(id) ? await finder.store.urls.byId(id) : null;
	return withKind(finder, url, unknownUrl);
}

/**
 * By the first label of `NAME.localhost`. As on AWS a function without a function URL has no address. Two functions whose
 * names differ in case alone share the host name, so neither has it.
 */
export async function findByLabel(finder: Finder, label: string): Promise<Finding> {
	const { store } = finder;
	const names = await store.functions.sameLabel(label);
	if (names.length > 1) return { refusal: await ambiguous(store, names) };
	const url = names[0] === undefined ? null : await store.urls.byFunction(names[0], null);
	return withKind(finder, url, () => noUrl(label));
}

/** By the first part of a path: an id, else a name as it is written. */
export async function findByPath(finder: Finder, name: string): Promise<Finding> {
	const { store } = finder;
	const byId = URL_ID.test(name) ? await store.urls.byId(name) : null;
	return withKind(finder, byId ?? (await store.urls.byFunction(name, null)), () => noUrl(name));
}

async function withKind(
	finder: Finder,
	url: FunctionUrlRecord | null,
	otherwise: () => BufferedResponse,
): Promise<Finding> {
	const record = url && (await finder.store.functions.get(url.functionName));
	if (!url || !record) return { refusal: otherwise() };
	const kind = await kindOf(finder.store, url, record);
	// A URL outlives its alias, as on AWS; then nobody may call it.
	if (kind === null) return { refusal: forbidden() };
	return { url, kind, account: record.account, open: await isOpen(finder, url) };
}

/** The kind of guest that answers; null if the alias is gone. */
async function kindOf(
	store: Records,
	{ qualifier }: FunctionUrlRecord,
	latest: FunctionRecord,
): Promise<GuestKind | null> {
	if (qualifier === null) return latest.artifact.kind;
	const alias = await store.aliases.get(latest.name, qualifier);
	if (alias === null) return null;
	const versions = [alias.version, ...Object.keys(alias.weights)];
	const records = await Promise.all(
		versions.map((it) => (it === LATEST ? latest : store.versions.get(latest.name, it))),
	);
	const kinds = new Set(records.map((it) => it?.artifact.kind));
	// Versions of several kinds all take an event.
	return kinds.size === 1 ? (records[0]?.artifact.kind ?? null) : "handler";
}

async function isOpen({ store, callers }: Finder, url: FunctionUrlRecord): Promise<boolean> {
	if (url.authType !== "NONE") return false;
	if (callers === undefined || (await callers.open())) return true;
	return mayCallUrl(store, url, "", { kind: "anyone" });
}

function noUrl(name: string): BufferedResponse {
	return refusal(404, "ResourceNotFoundException", `No function named ${name} has a function URL`);
}

async function ambiguous(store: Records, names: string[]): Promise<BufferedResponse> {
	const urls = await Promise.all(names.map((name) => store.urls.byFunction(name, null)));
	const hosts = urls.filter((url) => url !== null).map((url) => `${url.functionName}: ${url.id}.lambda-url.localhost`);
	return refusal(
		404,
		"ResourceNotFoundException",
		`Host names have no case, and the functions ${names.join(", ")} differ in it alone. Call them by id: ${hosts.join(", ") || "none of them has a function URL"}`,
	);
}
