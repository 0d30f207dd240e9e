/** A host of one process: all parts in it. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createApi } from "./api/app.ts";
import { checkOpenness, openAccess } from "./auth/open.ts";
import { createBus } from "./bus/bus.ts";
import { announcingStore } from "./cluster/announcing-store.ts";
import type { Config } from "./config.ts";
import { Connections } from "./connections.ts";
import { createConsole } from "./console/console.ts";
import { openEngine } from "./engine/worker.ts";
import { createGateway, type Gateway, type Listener } from "./gateway/gateway.ts";
import { SERVER_OPTIONS } from "./gateway/server-options.ts";
import { type Host, LAST_WORD_MS, PortInUse, urlsOf } from "./host.ts";
import { createInvoker } from "./invoker/invoker.ts";
import { LocalBooks } from "./invoker/permits.ts";
import { Provisioner } from "./invoker/provisioner.ts";
import { Reservations } from "./invoker/reservations.ts";
import { openObserver } from "./observe/observer.ts";
import { cachedStore } from "./store/cached.ts";
import { openSqliteStore } from "./store/sqlite.ts";
import { sweep } from "./sweep.ts";
import { VERSION } from "./version.ts";

/** Opens the data folder, starts everything, and listens. Throws StoreBusy, StoreError, PortInUse. */
export async function startAlone(settings: Config): Promise<Host> {
	// The parts read the ports when they are asked: with port 0 they are known only once the host listens.
	const config = { ...settings };
	const parts = await openParts(config);
	let servers: Listening[] = [];
	let open: boolean;
	try {
		open = await checkOpenness(config, parts.access);
		await sweep(parts.store, parts.engine, config);
		await parts.bus.start();
		await parts.provisioner.start();
		servers = await listenAll(parts.gateway, config);
		config.port = portOf(servers[0]!);
		config.urlPort = portOf(servers[1]!);
	} catch (error) {
		await closeAll(servers, parts, 0);
		throw error;
	}
	let closing: Promise<void> | undefined;
	return {
		...urlsOf(config),
		open,
		close() {
			closing ??= closeAll(servers, parts, config.graceMs);
			return closing;
		},
		hasten() {
			for (const { connections } of servers) void connections.close(LAST_WORD_MS);
			void parts.invoker.close(0);
		},
	};
}

type Parts = Awaited<ReturnType<typeof openParts>>;

async function openParts(config: Config) {
	const kept = cachedStore(await openSqliteStore(config.data));
	const books = new LocalBooks(config.concurrency);
	const reservations = await Reservations.open(kept.settings, books, config.concurrency);
	const announced = async (name: string): Promise<void> => {
		await reservations.refresh(name);
		void provisioner.changed(name);
	};
	const store = { ...announcingStore(kept, announced), generation: kept.generation };
	const access = openAccess(config, store);
	const observer = openObserver({ folder: join(config.data, "logs"), maxBytes: config.logBytes });
	const engine = await openEngine({ folder: config.data, idleMs: config.idleMs, memoryBudget: config.memoryBudget });
	const provisioner = new Provisioner({
		config,
		store: kept,
		warm: (_, spec, instances) => engine.warm(spec, instances),
		warn: (message, cause) => console.error(message, cause),
	});
	const invoker = createInvoker({ config, store, engine, observer, books });
	const bus = createBus({ config, store, invoker });
	const functionUrl = (id: string): string => `http://${id}.lambda-url.localhost:${config.port}/`;
	const { callers } = access;
	const api = createApi({ config, store, engine, invoker, observer, functionUrl, callers, reservations, provisioner });
	const stopping = new AbortController();
	const page = createConsole({
		config,
		store,
		access,
		engine,
		invoker,
		observer,
		triggers: bus.triggers,
		version: VERSION,
		workers: async () => [
			{
				slot: 0,
				pid: process.pid,
				...engine.stats(),
				running: invoker.running(),
				runnable: engine.runnable(),
				permits: config.concurrency,
			},
		],
		stopping: stopping.signal,
	});
	const gateway = createGateway({ config, store, invoker, api, console: page, callers: access.callers });
	return { store, access, observer, engine, invoker, bus, gateway, stopping, provisioner };
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
	const server = createServer(SERVER_OPTIONS, listener);
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
