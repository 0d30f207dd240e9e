/** Control: owns what must not be lost, serves API and page, runs the bus, and supervises the workers, which do the rest. */
import { mkdir, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { join } from "node:path";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { createApi } from "../api/app.ts";
import { checkOpenness, openAccess } from "../auth/open.ts";
import { createBus } from "../bus/bus.ts";
import type { Config } from "../config.ts";
import { Connections } from "../connections.ts";
import { createConsole } from "../console/console.ts";
import { openEngine } from "../engine/worker.ts";
import type { App } from "../gateway/gateway.ts";
import { type Host, LAST_WORD_MS, urlsOf } from "../host.ts";
import { Provisioner } from "../invoker/provisioner.ts";
import { Reservations } from "../invoker/reservations.ts";
import { openObserver } from "../observe/observer.ts";
import { cachedStore } from "../store/cached.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import type { Store } from "../store/types.ts";
import { sweep } from "../sweep.ts";
import { VERSION } from "../version.ts";
import { announcingStore } from "./announcing-store.ts";
import { takeHandedOver } from "./handed-over.ts";
import { type Holders, Leases } from "./leases.ts";
import { closePorts, type Ports } from "./ports.ts";
import type { WorkerProcess } from "./process.ts";
import { ACCOUNT, type ControlFunctions, keyOfReserved } from "./protocol.ts";
import { createRemoteInvoker, type Streams } from "./remote-invoker.ts";
import type { Supervisor } from "./supervisor.ts";
import { createWorkforce } from "./workforce.ts";

/** What is there when control starts. */
export interface Begun {
	/** With the ports that were bound. */
	config: Config;
	ports: Ports;
	supervisor: Supervisor;
	/** Path of the folder for sockets, which control makes. */
	run: string;
}

/**
 * Opens the data folder, and starts control for workers whose processes and ports are there. What was `opened` is closed with
 * it, in the opposite order. Throws StoreBusy, StoreError.
 */
export async function startControl(
	{ config, ports, supervisor, run }: Begun,
	opened: AsyncDisposableStack,
): Promise<Host> {
	const kept = opened.adopt(cachedStore(await openSqliteStore(config.data)), (it) => it.close());
	const access = openAccess(config, kept);
	const open = await checkOpenness(config, access);
	const observer = opened.adopt(openObserver({ folder: join(config.data, "logs"), maxBytes: config.logBytes }), (it) =>
		it.close(),
	);
	// Builds and sweeps. No instance lives in it: what guests do ends no more than a worker.
	const { data: folder, idleMs, memoryBudget } = config;
	const builder = await openEngine({ folder, idleMs, memoryBudget, runs: false });
	opened.defer(() => builder.close(0));
	await sweep(kept, builder, config);

	await makeRunFolder(run);
	opened.defer(() => rm(run, { recursive: true, force: true }));

	const leases = new Leases({ [ACCOUNT]: config.concurrency }, permitsBack(supervisor));
	const reservations = await Reservations.open(
		kept.settings,
		{ limit: (name, limit) => leases.limit(name === null ? ACCOUNT : keyOfReserved(name), limit) },
		config.concurrency,
	);
	const controlPath = join(run, "control.sock");
	const workers = createWorkforce(supervisor);
	const store = announcingStore(kept, async (functionName) => {
		// The permits first: who learns of them may ask for them at once.
		await reservations.refresh(functionName);
		await workers.changed(functionName);
		void provisioner.changed(functionName);
	});
	const invoker = createRemoteInvoker({ config, store, observer, workers: supervisor });
	const provisioner = new Provisioner({
		config,
		store: kept,
		warm: async (name, spec, instances) => {
			const worker = await invoker.homeOf(name);
			await worker?.rpc.call("warm", [spec, instances]);
		},
		warn: (message, cause) => console.error(message, cause),
	});
	const engine = { ...workers.engine(invoker), build: builder.build.bind(builder) };
	const bus = createBus({ config, store, invoker });
	const stopping = new AbortController();
	const shared = { config, store, engine, observer: workers.observer(observer) };
	const functionUrl = (id: string): string => `http://${id}.lambda-url.localhost:${config.port}/`;
	const api = createApi({ ...shared, invoker, functionUrl, callers: access.callers, reservations, provisioner });
	const triggers = bus.triggers;
	const page = createConsole({
		...shared,
		access,
		invoker,
		triggers,
		version: VERSION,
		workers: workers.views,
		stopping: stopping.signal,
	});
	const server = opened.adopt(await listen(ownSite(api, page), controlPath), (it) => it.close(0));

	await supervisor.start({
		config,
		path: controlPath,
		functionsFor: (worker) => functionsFor(worker, { store: kept, leases, observer, streams: invoker.streams }),
		joined: ({ id }) => leases.join(id),
		left: ({ id }) => {
			leases.leave(id);
			provisioner.lost();
		},
		log: (line) => console.error(line),
	});
	opened.defer(() => bus.close());
	await bus.start();
	await provisioner.start();

	async function close(): Promise<void> {
		// Whoever follows a log would do so for ever.
		stopping.abort();
		// Sockets that nobody accepts from would keep callers waiting.
		closePorts(ports);
		await Promise.all([bus.close(), supervisor.close(config.graceMs)]);
		await server.close(LAST_WORD_MS);
		await opened.disposeAsync();
	}
	let closing: Promise<void> | undefined;
	return {
		...urlsOf(config),
		open,
		close() {
			closing ??= close();
			return closing;
		},
		hasten: () => supervisor.hasten(),
	};
}

/** A folder for sockets that only this user's processes reach. A host that was killed has left its own. */
async function makeRunFolder(path: string): Promise<void> {
	await rm(path, { recursive: true, force: true });
	await mkdir(path, { mode: 0o700 });
}

/** How permits come back from workers. */
function permitsBack(supervisor: Supervisor): Holders {
	const ask = (what: "recall" | "owe") => async (holder: number, key: string, count: number) => {
		const worker = supervisor.all.find((it) => it.id === holder);
		return worker === undefined ? 0 : worker.rpc.call(what, [key, count]);
	};
	return { recall: ask("recall"), owe: ask("owe") };
}

/** What workers ask of control. */
interface Kept {
	store: Store;
	leases: Leases;
	observer: ReturnType<typeof openObserver>;
	streams: Streams;
}

/** What a worker may ask of control. */
function functionsFor(
	worker: WorkerProcess,
	{ store, leases, observer, streams }: Kept,
): Omit<ControlFunctions, "beat"> {
	return {
		functionOf: (name) => store.functions.get(name),
		sameLabel: (label) => store.functions.sameLabel(label),
		urlById: (id) => store.urls.byId(id),
		urlOf: (name, qualifier) => store.urls.byFunction(name, qualifier),
		triggersOf: (name) => store.triggers.list(name),
		recordOf: (table, scope, key) => store[table].get(scope, key),
		recordsOf: (table, scope, limit) => store[table].list(scope, limit),
		lease: (key, count) => leases.ask(worker.id, key, count),
		async logs(sent) {
			const taken = await Promise.allSettled(sent.map(([name, lines]) => observer.take(name, lines)));
			return taken.map(({ status }) => status === "fulfilled");
		},
		started: (stream, version) => streams.started(stream, version),
		answered: (stream, head) => streams.answered(stream, head),
		chunk: (stream, bytes) => streams.chunk(stream, bytes),
		returned: (key, count) => leases.returned(worker.id, key, count),
		stats(deltas) {
			for (const [name, delta] of deltas) observer.merge(name, delta);
		},
	};
}

/** API and page, for requests that a worker has let pass. */
function ownSite(api: App, page: App): App {
	return {
		fetch(request, env) {
			takeHandedOver(env.incoming);
			return (env.incoming.url!.startsWith("/_pilot/") ? page : api).fetch(request, env);
		},
	};
}

function listen(app: App, path: string): Promise<Connections> {
	const server = createAdaptorServer({ fetch: (request, env) => app.fetch(request, env as HttpBindings) }) as Server;
	// Workers keep their connections, and may use one at the moment that this end has had enough of it.
	server.keepAliveTimeout = 0;
	const connections = new Connections(server);
	const { promise, resolve, reject } = Promise.withResolvers<Connections>();
	server.once("error", reject);
	server.listen(path, () => resolve(connections));
	return promise;
}
