/** The function behind a URL, asked of the store each time, so that what the API changed holds at once. */
import type { GuestKind } from "../engine/types.ts";
import type { BufferedResponse } from "../invoker/http-event.ts";
import type { FunctionUrlRecord, Lookups } from "../store/types.ts";
import { URL_ID } from "../store/url-id.ts";
import { refusal, unknownUrl } from "./refusals.ts";

export interface Found {
	url: FunctionUrlRecord;
	kind: GuestKind;
	/** Of the function; the host's own if it bears none. */
	account: string | undefined;
}

export type Finding = Found | { refusal: BufferedResponse };

/** What the gateway reads. */
export type Records = Pick<Lookups, "functions" | "urls">;

/** By the URL's id. */
export async function findById(store: Records, id: string): Promise<Finding> {
	const url = URL_ID.test(id) ? await store.urls.byId(id) : null;
	return withKind(store, url, unknownUrl);
}

/**
 * By the first label of `NAME.localhost`. As on AWS a function without a function URL has no address. Two functions whose
 * names differ in case alone share the host name, so neither has it.
 */
export async function findByLabel(store: Records, label: string): Promise<Finding> {
	const names = await store.functions.sameLabel(label);
	if (names.length > 1) return { refusal: await ambiguous(store, names) };
	const url = names[0] === undefined ? null : await store.urls.byFunction(names[0], null);
	return withKind(store, url, () => noUrl(label));
}

/** By the first part of a path: an id, else a name as it is written. */
export async function findByPath(store: Records, name: string): Promise<Finding> {
	const byId = URL_ID.test(name) ? await store.urls.byId(name) : null;
	return withKind(store, byId ?? (await store.urls.byFunction(name, null)), () => noUrl(name));
}

async function withKind(
	store: Records,
	url: FunctionUrlRecord | null,
	otherwise: () => BufferedResponse,
): Promise<Finding> {
	const record = url && (await store.functions.get(url.functionName));
	return url && record ? { url, kind: record.artifact.kind, account: record.account } : { refusal: otherwise() };
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
