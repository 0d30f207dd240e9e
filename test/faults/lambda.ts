/** Calls of the Lambda API and of the page's API as bytes on the wire: short, and open to what no SDK would send. */
import { guest } from "../support/guests.ts";

export interface Answer {
	status: number;
	headers: Headers;
	text: string;
	/** The body, if it is JSON. */
	// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every operation.
	json: any;
}

export interface CallOptions {
	body?: unknown;
	headers?: Record<string, string>;
	signal?: AbortSignal;
}

/** One request; rejects only if there was no answer. */
export async function call(
	url: string,
	method: string,
	path: string,
	{ body, headers, signal }: CallOptions = {},
): Promise<Answer> {
	const sent = body === undefined || typeof body === "string" || body instanceof Uint8Array;
	const payload = sent ? (body as BodyInit | undefined) : JSON.stringify(body);
	const response = await fetch(url + path, { method, body: payload, headers: { ...headers }, signal });
	const text = await response.text();
	return { status: response.status, headers: response.headers, text, json: parse(text) };
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

const FUNCTIONS = "/2015-03-31/functions";
const ROLE = "arn:aws:iam::000000000000:role/lambda";

function resourcePolicy(name: string): string {
	return `/2026-07-09/resource-policy/${encodeURIComponent(arnOf(name))}`;
}

/** The API of one host; each method is the operation of that name. */
export function lambda(url: string) {
	const send = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
		call(url, method, path, { body, headers });
	const zip = (code: Uint8Array) => Buffer.from(code).toString("base64");
	return {
		send,
		create: (FunctionName: string, code: Uint8Array, settings: object = {}) =>
			send("POST", FUNCTIONS, {
				FunctionName,
				Role: ROLE,
				Runtime: "provided.wasi",
				Code: { ZipFile: zip(code) },
				...settings,
			}),
		updateCode: (name: string, code: Uint8Array) => send("PUT", `${FUNCTIONS}/${name}/code`, { ZipFile: zip(code) }),
		updateConfiguration: (name: string, settings: object) =>
			send("PUT", `${FUNCTIONS}/${name}/configuration`, settings),
		get: (name: string) => send("GET", `${FUNCTIONS}/${name}`),
		list: (marker = "") => send("GET", `${FUNCTIONS}/?Marker=${marker}`.replace(/\?Marker=$/, "")),
		publish: (name: string) => send("POST", `${FUNCTIONS}/${name}/versions`, {}),
		versions: (name: string) => send("GET", `${FUNCTIONS}/${name}/versions`),
		deleteVersion: (name: string, version: string) => send("DELETE", `${FUNCTIONS}/${name}?Qualifier=${version}`),
		aliases: (name: string) => send("GET", `${FUNCTIONS}/${name}/aliases`),
		createAlias: (name: string, alias: object) => send("POST", `${FUNCTIONS}/${name}/aliases`, alias),
		updateAlias: (name: string, alias: string, change: object) =>
			send("PUT", `${FUNCTIONS}/${name}/aliases/${alias}`, change),
		deleteAlias: (name: string, alias: string) => send("DELETE", `${FUNCTIONS}/${name}/aliases/${alias}`),
		addPermission: (name: string, permission: object) => send("POST", `${FUNCTIONS}/${name}/policy`, permission),
		removePermission: (name: string, id: string) => send("DELETE", `${FUNCTIONS}/${name}/policy/${id}`),
		policy: (name: string) => send("GET", `${FUNCTIONS}/${name}/policy`),
		putPolicy: (name: string, document: object) =>
			send("PUT", resourcePolicy(name), { Policy: JSON.stringify(document) }),
		deletePolicy: (name: string) => send("DELETE", resourcePolicy(name)),
		delete: (name: string) => send("DELETE", `${FUNCTIONS}/${name}`),
		invoke: (name: string, event: unknown = {}, headers: Record<string, string> = {}) =>
			send("POST", `${FUNCTIONS}/${name}/invocations`, event, headers),
		invokeLater: (name: string, event: unknown = {}) =>
			send("POST", `${FUNCTIONS}/${name}/invocations`, event, { "X-Amz-Invocation-Type": "Event" }),
		createUrl: (name: string, settings: object = { AuthType: "NONE" }) =>
			send("POST", `/2021-10-31/functions/${name}/url`, settings),
		updateUrl: (name: string, settings: object) => send("PUT", `/2021-10-31/functions/${name}/url`, settings),
		getUrl: (name: string) => send("GET", `/2021-10-31/functions/${name}/url`),
		deleteUrl: (name: string) => send("DELETE", `/2021-10-31/functions/${name}/url`),
		putConcurrency: (name: string, ReservedConcurrentExecutions: number) =>
			send("PUT", `/2017-10-31/functions/${name}/concurrency`, { ReservedConcurrentExecutions }),
		deleteConcurrency: (name: string) => send("DELETE", `/2017-10-31/functions/${name}/concurrency`),
		putRecursion: (name: string, RecursiveLoop: string) =>
			send("PUT", `/2024-08-31/functions/${name}/recursion-config`, { RecursiveLoop }),
		getRecursion: (name: string) => send("GET", `/2024-08-31/functions/${name}/recursion-config`),
		putEventInvoke: (name: string, settings: object) =>
			send("PUT", `/2019-09-25/functions/${name}/event-invoke-config`, settings),
		updateEventInvoke: (name: string, settings: object) =>
			send("POST", `/2019-09-25/functions/${name}/event-invoke-config`, settings),
		getEventInvoke: (name: string) => send("GET", `/2019-09-25/functions/${name}/event-invoke-config`),
		deleteEventInvoke: (name: string) => send("DELETE", `/2019-09-25/functions/${name}/event-invoke-config`),
		createMapping: (name: string, settings: object) =>
			send("POST", "/2015-03-31/event-source-mappings", { FunctionName: name, ...settings }),
		updateMapping: (uuid: string, settings: object) =>
			send("PUT", `/2015-03-31/event-source-mappings/${uuid}`, settings),
		deleteMapping: (uuid: string) => send("DELETE", `/2015-03-31/event-source-mappings/${uuid}`),
		mappings: (name: string) => send("GET", `/2015-03-31/event-source-mappings?FunctionName=${name}`),
		putRuntime: (name: string, settings: object) =>
			send("PUT", `/2021-07-20/functions/${name}/runtime-management-config`, settings),
		getRuntime: (name: string) => send("GET", `/2021-07-20/functions/${name}/runtime-management-config`),
		tag: (name: string, Tags: object) => send("POST", `/2017-03-31/tags/${encodeURIComponent(arnOf(name))}`, { Tags }),
		untag: (name: string, key: string) =>
			send("DELETE", `/2017-03-31/tags/${encodeURIComponent(arnOf(name))}?tagKeys=${key}`),
		createSigning: (settings: object) => send("POST", "/2020-04-22/code-signing-configs", settings),
		putSigning: (name: string, CodeSigningConfigArn: string) =>
			send("PUT", `/2020-06-30/functions/${name}/code-signing-config`, { CodeSigningConfigArn }),
		getSigning: (name: string) => send("GET", `/2020-06-30/functions/${name}/code-signing-config`),
		deleteSigning: (name: string) => send("DELETE", `/2020-06-30/functions/${name}/code-signing-config`),
		publishLayer: (name: string, zip: Uint8Array) =>
			send("POST", `/2018-10-31/layers/${name}/versions`, {
				Content: { ZipFile: Buffer.from(zip).toString("base64") },
			}),
		getLayer: (name: string, version: number) => send("GET", `/2018-10-31/layers/${name}/versions/${version}`),
		deleteLayer: (name: string, version: number) => send("DELETE", `/2018-10-31/layers/${name}/versions/${version}`),
		addTrigger: (trigger: object) =>
			send("POST", "/_pilot/api/triggers", trigger, { "X-Pilot": "1", "content-type": "application/json" }),
		removeTrigger: (id: string) => send("DELETE", `/_pilot/api/triggers/${id}`, undefined, { "X-Pilot": "1" }),
		triggers: (name: string) => send("GET", `/_pilot/api/triggers?functionName=${name}`),
		status: () => send("GET", "/_pilot/api/status"),
		logs: (name: string) => send("GET", `/_pilot/api/functions/${name}/logs?lines=100000`),
		/** CreateFunction of a guest of the folder, which must go well. */
		async deploy(name: string, guestName: string, settings: object = {}): Promise<void> {
			const answer = await this.create(name, await guest(guestName), settings);
			if (answer.status !== 201) throw new Error(`${name} was not created: ${answer.text}`);
		},
	};
}

export type Lambda = ReturnType<typeof lambda>;

export function layerArnOf(name: string, version: number): string {
	return `arn:aws:lambda:us-east-1:000000000000:layer:${name}:${version}`;
}

export function arnOf(name: string): string {
	return `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
}
