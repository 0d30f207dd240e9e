/** A host that the commands can talk to: keeps functions in memory, and notes what it was asked. */
import { hash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Seen {
	method: string;
	path: string;
	headers: IncomingMessage["headers"];
	body: string;
}

interface Kept {
	configuration: Record<string, unknown>;
	fuel: number | null;
	isolation?: string;
	url: boolean;
}

export interface FakeHost {
	endpoint: string;
	seen: Seen[];
	functions: Map<string, Kept>;
	triggers: { id: string; kind: string; functionName: string; enabled: boolean; settings: object }[];
	deadLetters: { id: string; createdAt: string; target: string; condition: string }[];
	/** What an invocation answers. */
	answer: { status: number; headers: Record<string, string>; body: string };
	/** Requests that changed something, as `METHOD PATH`. */
	changes(): string[];
	close(): Promise<void>;
}

type Reply = [status: number, body?: unknown, headers?: Record<string, string>];

export async function fakeHost(): Promise<FakeHost> {
	const server = createServer((request, response) => void handle(host, request, response));
	const host: FakeHost = {
		endpoint: "",
		seen: [],
		functions: new Map(),
		triggers: [],
		deadLetters: [],
		answer: { status: 200, headers: {}, body: '{"ok":true}' },
		changes: () => host.seen.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`),
		async close() {
			server.closeAllConnections();
			server.close();
			await once(server, "close");
		},
	};
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	host.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	return host;
}

async function handle(host: FakeHost, request: IncomingMessage, response: ServerResponse): Promise<void> {
	const parts: Buffer[] = [];
	for await (const part of request) parts.push(part as Buffer);
	const seen = {
		method: request.method ?? "",
		path: request.url ?? "",
		headers: request.headers,
		body: Buffer.concat(parts).toString(),
	};
	host.seen.push(seen);
	const [status, body, headers = {}] = seen.path.startsWith("/_pilot/") ? pilot(host, seen) : lambda(host, seen);
	response.writeHead(status, { "content-type": "application/json", ...headers });
	response.end(typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body));
}

function lambda(host: FakeHost, { method, path, body }: Seen): Reply {
	const [, , collection, name = "", part = ""] = path.split("/").map(decodeURIComponent);
	if (collection !== "functions") return missing(path);
	const input = part === "invocations" || body === "" ? {} : (JSON.parse(body) as Record<string, unknown>);
	if (method === "POST" && name === "") return create(host, input);
	const kept = host.functions.get(name);
	if (!kept) return missing(`Function not found: ${name}`);
	switch (`${method} ${part}`) {
		case "GET configuration":
			return [200, kept.configuration];
		case "PUT code":
			Object.assign(kept.configuration, codeOf(input.ZipFile));
			return [200, kept.configuration];
		case "PUT configuration":
			apply(kept, input);
			return [200, kept.configuration];
		case "DELETE ":
			host.functions.delete(name);
			return [204];
		case "GET url":
			return kept.url ? [200, { FunctionUrl: `http://${name}.localhost/` }] : missing("no url");
		case "POST url":
			kept.url = true;
			return [201, { FunctionUrl: `http://${name}.localhost/` }];
		case "POST policy":
			return [201, { Statement: "{}" }];
		case "POST invocations":
			return [host.answer.status, host.answer.body, host.answer.headers];
		default:
			return missing(path);
	}
}

function create(host: FakeHost, input: Record<string, unknown>): Reply {
	const { FunctionName, Code } = input as { FunctionName: string; Code: { ZipFile: string } };
	if (Buffer.from(Code.ZipFile, "base64").toString() === "refused") {
		const headers = { "x-amzn-errortype": "InvalidParameterValueException" };
		return [400, { Type: "User", message: "Found nothing; expected something" }, headers];
	}
	const configuration = { FunctionName, MemorySize: 128, Timeout: 3, ...codeOf(Code.ZipFile) };
	const kept = { configuration, fuel: null, url: false };
	apply(kept, input);
	host.functions.set(FunctionName, kept);
	return [201, configuration];
}

function apply(kept: Kept, input: Record<string, unknown>): void {
	for (const key of ["MemorySize", "Timeout", "Environment", "SnapStart"]) {
		if (input[key] !== undefined) kept.configuration[key] = input[key];
	}
	if (input.FuelLimit !== undefined) kept.fuel = input.FuelLimit as number;
	if (input.Isolation !== undefined) kept.isolation = input.Isolation as string;
}

function codeOf(zipFile: unknown): Record<string, unknown> {
	const bytes = Buffer.from(String(zipFile), "base64");
	return { CodeSha256: hash("sha256", bytes, "base64"), CodeSize: bytes.length };
}

function pilot(host: FakeHost, { method, path, body, headers }: Seen): Reply {
	if (method !== "GET" && headers["x-pilot"] !== "1")
		return [403, { error: "AccessDeniedException", message: "X-Pilot" }];
	const [, , , collection, name, part, ...rest] = new URL(path, host.endpoint).pathname
		.split("/")
		.map(decodeURIComponent);
	if (collection === "triggers") return triggers(host, method, name, body, new URL(path, host.endpoint).searchParams);
	if (name === undefined) return [200, { functions: [...host.functions.keys()].map((it) => lineOf(host, it)) }];
	if (!host.functions.has(name))
		return [404, { error: "ResourceNotFoundException", message: `There is no function ${name}` }];
	if (part === "dead-letters") return deadLetters(host, method, rest);
	if (part === "logs") return [200, "START\nhello\nEND\n", { "content-type": "text/plain" }];
	return [200, viewOf(host, name)];
}

function triggers(host: FakeHost, method: string, id: string | undefined, body: string, query: URLSearchParams): Reply {
	if (method === "GET") {
		const wanted = query.get("functionName");
		return [200, { triggers: host.triggers.filter((it) => wanted === null || it.functionName === wanted) }];
	}
	if (method === "POST") {
		const trigger = { id: `id-${host.triggers.length + 1}`, enabled: true, ...JSON.parse(body) };
		host.triggers.push(trigger);
		return [201, trigger];
	}
	const index = host.triggers.findIndex((it) => it.id === id);
	if (index < 0) return [404, { error: "ResourceNotFoundException", message: `There is no trigger "${id}"` }];
	host.triggers.splice(index, 1);
	return [204];
}

function deadLetters(host: FakeHost, method: string, [id, what]: string[]): Reply {
	if (id === undefined) return [200, { deadLetters: host.deadLetters }];
	const index = host.deadLetters.findIndex((it) => it.id === id);
	if (index < 0) return [404, { error: "ResourceNotFoundException", message: `There is no dead letter "${id}"` }];
	if (method === "GET") return [200, { ...host.deadLetters[index], body: '{"a":1}' }];
	host.deadLetters.splice(index, 1);
	return what === "retry" ? [202, { requestId: `again-${id}` }] : [204];
}

function urlOf(name: string) {
	const addresses = {
		byId: "http://id/",
		byName: `http://${name}.localhost/`,
		byPath: `http://127.0.0.1:9001/${name}/`,
	};
	return { id: "id", qualifier: null, authType: "NONE", invokeMode: "BUFFERED", addresses };
}

function lineOf(host: FakeHost, name: string) {
	const { configuration, url } = host.functions.get(name)!;
	const { MemorySize: memoryMb, Timeout: timeoutSeconds, CodeSize: size } = configuration;
	const counts = { invocations: 3, errors: 1, recent: [] };
	return {
		name,
		kind: "handler",
		world: "w",
		size,
		memoryMb,
		timeoutSeconds,
		url: url ? urlOf(name) : null,
		...counts,
	};
}

function viewOf(host: FakeHost, name: string) {
	const { configuration, fuel, isolation, url } = host.functions.get(name)!;
	const artifact = {
		digest: "sha256:0",
		kind: "handler",
		world: "pilot:function/handler@0.1.0",
		size: configuration.CodeSize,
	};
	return {
		function: { name, fuel, isolation, artifact, environmentNames: [], tags: {} },
		urls: url ? [urlOf(name)] : [],
		stats: { invocations: 3, errors: 1, recent: [{ requestId: "r", failure: null }] },
		triggers: host.triggers.filter((it) => it.functionName === name),
	};
}

function missing(message: string): Reply {
	return [404, { Type: "User", Message: message }, { "x-amzn-errortype": "ResourceNotFoundException" }];
}
