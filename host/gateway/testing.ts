/** A gateway on ports of its own for tests: the embedded store, an invoker that the test writes, a client of raw bytes. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestOptions, request, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import type { Callers } from "../auth/callers.ts";
import type { GuestKind, Usage } from "../engine/types.ts";
import type { InvokeRequest, InvokeResult } from "../invoker/types.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { functionRecord as storedRecord } from "../store/testing/records.ts";
import type { FunctionRecord, FunctionUrlRecord, Store } from "../store/types.ts";
import { newUrlId } from "../store/url-id.ts";
import { createGateway, type Listener, type NodeEnv } from "./gateway.ts";
import { SERVER_OPTIONS } from "./server-options.ts";

/** What an invocation costs where nothing runs. */
export const USAGE: Usage = { durationMs: 1, initMs: null, cpuMs: 1, fuel: 1, memoryBytes: 65_536 };

/** A function's result, as the invoker gives it. */
export function result(payload: string | Uint8Array, requestId = "r"): InvokeResult {
	return {
		requestId,
		executedVersion: "$LATEST",
		payload: Buffer.from(payload as string),
		functionError: null,
		error: null,
		usage: USAGE,
		logTail: () => new Uint8Array(),
	};
}

/** A function that failed. */
export function failure(errorMessage: string): InvokeResult {
	const error = { errorType: "Runtime.ExitError", errorMessage };
	return { ...result(JSON.stringify(error)), functionError: "Unhandled", error };
}

/** A function's record, with what a test cares about. */
export function functionRecord(name: string, kind: GuestKind, more: Partial<FunctionRecord> = {}): FunctionRecord {
	const artifact = { digest: `sha256:${"0".repeat(64)}`, kind, world: `${kind}@test`, size: 4 };
	return storedRecord(name, { revisionId: crypto.randomUUID(), codeSize: 4, artifact, ...more });
}

export type Invoke = (request: InvokeRequest) => Promise<InvokeResult>;

/** A gateway that listens, until `close`. */
export interface TestGateway {
	port: number;
	urlPort: number;
	store: Store;
	/** What the gateway said to who runs the host. */
	logged: string[];
	/** A function with a URL. */
	add(name: string, kind: GuestKind, url?: Partial<FunctionUrlRecord>): Promise<FunctionUrlRecord>;
	close(): Promise<void>;
}

/** Starts one. `invoke` answers for all functions; `console` makes the page, where a test is about it. */
export async function startGateway(
	invoke: Invoke,
	console?: (store: Store) => Hono<NodeEnv>,
	callers?: Callers,
): Promise<TestGateway> {
	const folder = mkdtempSync(join(tmpdir(), "pilot-gateway-"));
	const store = await openSqliteStore(folder);
	const logged: string[] = [];
	const gateway = createGateway({
		config: { host: "127.0.0.1", account: "000000000000" },
		store,
		invoker: { invoke },
		...(callers ? { callers } : {}),
		api: named("api"),
		console: console?.(store) ?? named("console"),
		log: (line) => logged.push(line),
	});
	const servers = [await listen(gateway.byHost), await listen(gateway.byPath)];
	return {
		port: (servers[0]!.address() as AddressInfo).port,
		urlPort: (servers[1]!.address() as AddressInfo).port,
		store,
		logged,
		async add(name, kind, url = {}) {
			await store.functions.create(functionRecord(name, kind));
			const record: FunctionUrlRecord = {
				id: newUrlId(),
				functionName: name,
				qualifier: null,
				authType: "NONE",
				invokeMode: "BUFFERED",
				cors: null,
				creationTime: "2026-11-22T00:00:00.000Z",
				lastModifiedTime: "2026-11-22T00:00:00.000Z",
				...url,
			};
			await store.urls.create(record);
			return record;
		},
		async close() {
			for (const server of servers) {
				server.closeAllConnections();
				server.close();
			}
			await store.close();
			rmSync(folder, { recursive: true });
		},
	};
}

function named(name: string): Hono<NodeEnv> {
	return new Hono<NodeEnv>().all("*", (c) => c.text(`${name} ${c.req.path}`));
}

/** Listens on a free port of the loopback. */
export async function listen(listener: Listener): Promise<Server> {
	const server = createServer(SERVER_OPTIONS, listener);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return server;
}

export interface Answer {
	status: number;
	headers: IncomingMessage["headers"];
	rawHeaders: string[];
	body: Buffer;
	text: string;
	trailers: IncomingMessage["trailers"];
}

/** Sends one request and reads the answer to its end. Rejects if the connection breaks. */
export async function call(
	port: number,
	host: string,
	path: string,
	options: RequestOptions & { body?: string | Uint8Array } = {},
): Promise<Answer> {
	const message = await open(port, host, path, options);
	const chunks: Buffer[] = [];
	for await (const chunk of message) chunks.push(chunk as Buffer);
	const body = Buffer.concat(chunks);
	const { headers, rawHeaders, trailers } = message;
	return { status: message.statusCode!, headers, rawHeaders, trailers, body, text: body.toString() };
}

/** Sends one request and gives the answer as it begins. */
export function open(
	port: number,
	host: string,
	path: string,
	{ body, headers, ...options }: RequestOptions & { body?: string | Uint8Array } = {},
): Promise<IncomingMessage> {
	return new Promise((resolve, reject) => {
		const sent = request(
			{ port, host: "127.0.0.1", path, agent: false, ...options, headers: { host, ...headers } },
			resolve,
		);
		sent.on("error", reject);
		sent.end(body);
	});
}

/** Sends bytes and gives all that comes back until the connection ends (or, without an end, for `quietMs`). */
export function raw(port: number, bytes: string, quietMs = 300): Promise<string> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1", () => socket.write(bytes, "latin1"));
		let received = "";
		socket.setEncoding("latin1");
		socket.setTimeout(quietMs, () => socket.destroy());
		socket.on("data", (chunk) => {
			received += chunk;
		});
		// A server that has read enough resets the connection.
		socket.on("error", () => {});
		socket.on("close", () => resolve(received));
	});
}
