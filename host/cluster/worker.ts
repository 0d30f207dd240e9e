/** A worker: accepts requests, and runs instances. What must not be lost, API and page are control's. */
import { closeSync } from "node:fs";
import { createServer } from "node:http";
import { openUrlAccess } from "../auth/open.ts";
import { Connections } from "../connections.ts";
import { openEngine } from "../engine/worker.ts";
import { type App, createGateway, type Listener } from "../gateway/gateway.ts";
import { SERVER_OPTIONS } from "../gateway/server-options.ts";
import { LAST_WORD_MS } from "../host.ts";
import { createInvoker } from "../invoker/invoker.ts";
import type { AnsweringInvoker, InvokeRequest } from "../invoker/types.ts";
import { openObserver } from "../observe/observer.ts";
import { toParent } from "./channel.ts";
import { handedOver } from "./handed-over.ts";
import { LeasedBooks } from "./leased-books.ts";
import { LogSender } from "./log-sender.ts";
import { passOn } from "./pass-on.ts";
import { sendBody } from "./passed-body.ts";
import { Peers } from "./peer/caller.ts";
import { PeerServer } from "./peer/server.ts";
import { createPlacement, type Placement } from "./placement.ts";
import {
	BEAT_MS,
	type ControlFunctions,
	type Load,
	type Peer,
	type SentRequest,
	type SentResult,
	type WorkerFunctions,
	type WorkerStart,
} from "./protocol.ts";
import { Rpc } from "./rpc.ts";
import { storeClient } from "./store-client.ts";

/** Takes calls from the process that started this one. */
export function serveControl(): void {
	let worker: Worker | undefined;
	const own = {
		async start(start) {
			// A copy that stays open would keep callers waiting once its worker has ended.
			for (const descriptor of start.descriptors.others) closeSync(descriptor);
			worker = await openWorker(rpc, start);
			// From here on it may be told of changes, and so it may begin to remember what it looks up.
			await worker.listen();
		},
		invoke: (request, signal?: AbortSignal) => worker!.invoke(request, signal!),
		prepare: (spec) => worker!.prepare(spec),
		retire: (specId) => worker?.retire(specId),
		warm: (spec, instances) => worker!.warm(spec, instances),
		changed: (functionName) => worker?.changed(functionName),
		removeLog: (functionName) => worker?.removeLog(functionName),
		sync: () => worker!.sync(),
		recall: (key, count) => worker?.books.recall(key, count) ?? 0,
		owe: (key, count) => worker?.books.owe(key, count) ?? 0,
		peers: (peers) => worker?.peers(peers),
		close: (graceMs) => worker?.close(graceMs),
		end: () => worker?.end(),
		hasten: () => worker?.hasten(),
	} satisfies { [K in keyof WorkerFunctions]: (...args: [...Parameters<WorkerFunctions[K]>, AbortSignal?]) => unknown };
	const rpc = new Rpc<ControlFunctions>(toParent(), own);
	const idle: Load = { running: 0, runnable: 0, memoryBytes: 0 };
	setInterval(() => {
		rpc.tell("beat", [worker?.load() ?? idle]);
		worker?.figures();
	}, BEAT_MS);
}

type Worker = Awaited<ReturnType<typeof openWorker>>;

async function openWorker(control: Rpc<ControlFunctions>, start: WorkerStart) {
	const { config, slot, controlPath } = start;
	const engine = await openEngine({
		folder: config.data,
		idleMs: config.idleMs,
		memoryBudget: Math.floor(config.memoryBudget / config.workers),
		shared: true,
	});
	const store = storeClient(control);
	const placement = createPlacement({ slot, idleMs: config.idleMs, runnable: () => engine.runnable() });
	const logs = new LogSender((sent) => control.call("logs", [sent]));
	const observer = openObserver({
		folder: config.data,
		maxBytes: config.logBytes,
		ended: (functionName, { cpuMs }) => placement.ended(functionName, cpuMs),
		keeper: (functionName, lines) => logs.keep(functionName, lines),
	});
	const books = new LeasedBooks(control, { limit: config.concurrency, workers: config.workers });
	const queue = { put: () => Promise.reject(new Error("events are accepted by control")) };
	const invoker = createInvoker({ config, store: { ...store, queue }, engine, observer, books });

	// Without control the host is no more: its callers are cut off, as they are where a host of one process ends.
	const toControl: App = { fetch: (_, env) => passOn(env, controlPath, handedOver(env.incoming)) };
	const placed = placedInvoker(invoker, placement, new Peers());
	const gateway = createGateway({
		config,
		store,
		invoker: placed,
		api: toControl,
		console: toControl,
		callers: openUrlAccess(config, store),
	});
	const { byHost, byPath } = start.descriptors;
	let servers: (Connections | PeerServer)[] = [];
	const load = (): Load => ({
		running: invoker.running(),
		runnable: engine.runnable(),
		memoryBytes: engine.memoryBytes(),
	});
	const figures = (): void => {
		const deltas = observer.deltas();
		if (deltas.length > 0) control.tell("stats", [deltas]);
	};
	async function close(graceMs: number): Promise<void> {
		const closed = servers.map((it) => it.close(graceMs + LAST_WORD_MS));
		await invoker.close(graceMs);
		await Promise.all(closed);
	}

	async function end(): Promise<void> {
		await engine.close(0);
		await observer.close();
		figures();
	}

	return {
		async listen() {
			servers = await Promise.all([
				PeerServer.listen(invoker, start.ownPath),
				listen(gateway.byHost, byHost),
				listen(gateway.byPath, byPath),
			]);
		},
		async invoke(request: SentRequest, signal: AbortSignal): Promise<SentResult> {
			const { logTail, ...result } = await invoker.invoke({
				...request,
				...streaming(control, request.stream),
				signal,
			});
			return { ...result, logTail: logTail() };
		},
		prepare: engine.prepare.bind(engine),
		retire: engine.retire.bind(engine),
		warm: engine.warm.bind(engine),
		changed(functionName: string) {
			store.forget(functionName);
			invoker.changed(functionName);
		},
		removeLog: (functionName: string) => observer.remove(functionName),
		async sync() {
			await observer.flush();
			figures();
			return {
				...engine.stats(),
				...load(),
				permits: books.shared.held(),
			};
		},
		books,
		peers(peers: readonly Peer[]) {
			placement.update(peers);
			engine.limitMemory(memoryShare(config, slot, peers));
		},
		load,
		figures,
		close,
		end,
		hasten() {
			for (const it of servers) void it.close(LAST_WORD_MS);
			void invoker.close(0);
		},
	};
}

/** What an invocation of control's tells and sends while it runs, if that was asked for. */
function streaming(
	control: Rpc<ControlFunctions>,
	stream: number | undefined,
): Pick<InvokeRequest, "onStart" | "onResponse"> {
	if (stream === undefined) return {};
	return {
		onStart: (executedVersion) => control.tell("started", [stream, executedVersion]),
		onResponse({ status, headers, body }) {
			control.tell("answered", [stream, { status, headers }]);
			void sendBody(body, (bytes) => control.call("chunk", [stream, bytes]));
		},
	};
}

/** What others do not use of the host's memory, and at least an even part of it. */
function memoryShare({ memoryBudget, workers }: WorkerStart["config"], slot: number, peers: readonly Peer[]): number {
	const others = peers.reduce((sum, it) => (it.slot === slot ? sum : sum + it.memoryBytes), 0);
	return Math.max(Math.floor(memoryBudget / workers), memoryBudget - others);
}

/** Invokes here or where placement says. What another worker has handed over is served here, whatever the load. */
function placedInvoker(here: AnsweringInvoker, placement: Placement, peers: Peers): AnsweringInvoker {
	return {
		invoke(request) {
			const { functionName } = request;
			const peer = placement.elsewhere(functionName);
			if (peer === null) return here.invoke(request);
			return peers.invoke(peer.path!, request).finally(() => placement.back(functionName));
		},
	};
}

/** A server on a socket that control has bound. */
function listen(listener: Listener, fd: number): Promise<Connections> {
	const server = createServer(SERVER_OPTIONS, listener);
	const connections = new Connections(server);
	const { promise, resolve, reject } = Promise.withResolvers<Connections>();
	server.once("error", reject);
	server.listen({ fd }, () => resolve(connections));
	return promise;
}
