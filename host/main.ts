/** Puts the parts together; nothing else does. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createApi } from "./api/app.ts";
import { createBus } from "./bus/bus.ts";
import type { Config } from "./config.ts";
import { Connections } from "./connections.ts";
import { createConsole } from "./console/console.ts";
import { openEngine } from "./engine/worker.ts";
import { createGateway, type Gateway, type Listener } from "./gateway/gateway.ts";
import { createInvoker } from "./invoker/invoker.ts";
import { mountsOf } from "./invoker/mounts.ts";
import { specOf } from "./invoker/spec.ts";
import { openObserver } from "./observe/observer.ts";
import { sweepLogs } from "./observe/sweep.ts";
import { cachedStore } from "./store/cached.ts";
import { openSqliteStore } from "./store/sqlite.ts";
import type { FunctionRecord, Store } from "./store/types.ts";
import { VERSION } from "./version.ts";

/** A host that listens. */
export interface Host {
	/** API, page and function URLs: `http://127.0.0.1:9000`. */
	apiUrl: string;
	/** Function URLs by path: `http://127.0.0.1:9001`. */
	urlPortUrl: string;
	/** Takes no more, lets what runs finish (at most `graceMs`), and ends. */
	close(): Promise<void>;
}

/** A port that the host was told to listen on is taken. */
export class PortInUse extends Error {
	override name = "PortInUse";
	readonly port: number;

	constructor(port: number, cause: unknown) {
		super(`Port ${port} is in use. Stop the program that has it, or give another with --port (PILOT_PORT).`, { cause });
		this.port = port;
	}
}

/** Opens the data folder, starts everything, and listens. Throws StoreBusy, StoreError, PortInUse. */
export async function startHost(settings: Config): Promise<Host> {
	// The parts read the ports when they are asked: with port 0 they are known only once the host listens.
	const config = { ...settings };
	const parts = await openParts(config);
	let servers: Listening[] = [];
	try {
		await sweep(parts, config);
		await parts.bus.start();
		servers = await listenAll(parts.gateway, config);
		config.port = portOf(servers[0]!);
		config.urlPort = portOf(servers[1]!);
	} catch (error) {
		await closeAll(servers, parts, 0);
		throw error;
	}
	let closing: Promise<void> | undefined;
	return {
		apiUrl: `http://${urlHost(config.host)}:${config.port}`,
		urlPortUrl: `http://${urlHost(config.host)}:${config.urlPort}`,
		close() {
			closing ??= closeAll(servers, parts, config.graceMs);
			return closing;
		},
	};
}

type Parts = Awaited<ReturnType<typeof openParts>>;

async function openParts(config: Config) {
	const store = cachedStore(await openSqliteStore(config.data));
	const observer = openObserver({ folder: join(config.data, "logs"), maxBytes: config.logBytes });
	const engine = await openEngine({ folder: config.data, idleMs: config.idleMs, memoryBudget: config.memoryBudget });
	const invoker = createInvoker({ config, store, engine, observer });
	const bus = createBus({ config, store, invoker });
	const functionUrl = (id: string): string => `http://${id}.lambda-url.localhost:${config.port}/`;
	const api = createApi({ config, store, engine, invoker, observer, functionUrl });
	const stopping = new AbortController();
	const page = createConsole({
		config,
		store,
		engine,
		observer,
		triggers: bus.triggers,
		version: VERSION,
		stopping: stopping.signal,
	});
	const gateway = createGateway({ config, store, invoker, api, console: page });
	return { store, observer, engine, invoker, bus, gateway, stopping };
}

/** Removes what is left on disk of functions that are gone. */
async function sweep({ store, engine }: Parts, config: Config): Promise<void> {
	const functions = await allFunctions(store);
	const triggers = Map.groupBy(await store.triggers.list(), (it) => it.functionName);
	await engine.sweep(functions.map((it) => specOf(it, mountsOf(triggers.get(it.name) ?? []), config)));
	await sweepLogs(
		join(config.data, "logs"),
		functions.map((it) => it.name),
	);
}

async function allFunctions(store: Store): Promise<FunctionRecord[]> {
	const functions: FunctionRecord[] = [];
	for (let after: string | null = null; ; ) {
		const page = await store.functions.list(1000, after);
		functions.push(...page.items);
		if (page.next === null) return functions;
		after = page.next;
	}
}

interface Listening {
	server: Server;
	connections: Connections;
}

async function listenAll(gateway: Gateway, config: Config): Promise<Listening[]> {
	const first = await listen(gateway.byHost, config.port, config.host);
	try {
		return [first, await listen(gateway.byPath, config.urlPort, config.host)];
	} catch (error) {
		first.server.close();
		throw error;
	}
}

function listen(listener: Listener, port: number, host: string): Promise<Listening> {
	const server = createServer(listener);
	const { promise, resolve, reject } = Promise.withResolvers<Listening>();
	server.once("error", (error: NodeJS.ErrnoException) => {
		reject(error.code === "EADDRINUSE" ? new PortInUse(port, error) : error);
	});
	const connections = new Connections(server);
	server.listen(port, host, () => resolve({ server, connections }));
	return promise;
}

function portOf({ server }: Listening): number {
	return (server.address() as AddressInfo).port;
}

function urlHost(host: string): string {
	return host.includes(":") ? `[${host}]` : host;
}

/** What the grace time ended is answered: that takes a moment more, ms. */
const LAST_WORD_MS = 1000;

/** From the outside in: no more requests, no more events, what runs finishes, then what keeps is closed. */
async function closeAll(servers: Listening[], parts: Parts, graceMs: number): Promise<void> {
	// Whoever follows a log would do so for ever.
	parts.stopping.abort();
	const closed = servers.map(({ connections }) => connections.close(graceMs + LAST_WORD_MS));
	await Promise.all([parts.bus.close(), parts.invoker.close(graceMs)]);
	await Promise.all(closed);
	await parts.engine.close(0);
	await parts.observer.close();
	await parts.store.close();
}
