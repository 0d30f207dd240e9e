/** Control's invoker: invocations run in workers, events are accepted here. */
import { randomUUID } from "node:crypto";
import type { Config } from "../config.ts";
import { ServiceError, WorkerGone } from "../errors.ts";
import { functionArn } from "../invoker/arn.ts";
import { newQueuedEvent } from "../invoker/enqueue.ts";
import { checkSize, type HostInvoker, type InvokerNews } from "../invoker/invoker.ts";
import { versionOf } from "../invoker/qualifiers.ts";
import { type InvokeRequest, type InvokeResult, MAX_ASYNC_PAYLOAD, MAX_SYNC_PAYLOAD } from "../invoker/types.ts";
import type { Observer } from "../observe/types.ts";
import type { FunctionRecord, Store } from "../store/types.ts";
import { PassedBody, passedResponse, type SentHead } from "./passed-body.ts";
import { homeOf } from "./placement.ts";
import type { WorkerProcess } from "./process.ts";

export interface RemoteInvokerDeps {
	config: Config;
	store: Pick<Store, "functions" | "versions" | "aliases" | "queue">;
	observer: Pick<Observer, "note">;
	workers: {
		readonly ready: WorkerProcess[];
		readonly closing: boolean;
		someReady(limitMs: number): Promise<boolean>;
	};
}

export interface RemoteInvoker extends HostInvoker {
	/** Answers that are under way; workers tell of them. */
	readonly streams: Streams;
	/** The function's home, once it listens; null if the host stops first. */
	homeOf(functionName: string): Promise<WorkerProcess | null>;
	/** A worker for work on a function that is no invocation. Throws ServiceUnavailableException. */
	workerFor(functionName: string): Promise<WorkerProcess>;
}

interface Stream {
	onResponse: NonNullable<InvokeRequest["onResponse"]>;
	onStart: InvokeRequest["onStart"];
	body: PassedBody;
}

/** Answers that workers send while they are made, by number. */
export class Streams {
	readonly #all = new Map<number, Stream>();
	#next = 0;

	open(onResponse: Stream["onResponse"], onStart: Stream["onStart"]): number {
		const id = this.#next++;
		this.#all.set(id, { onResponse, onStart, body: new PassedBody() });
		return id;
	}

	started(id: number, executedVersion: string): void {
		this.#all.get(id)?.onStart?.(executedVersion);
	}

	answered(id: number, head: SentHead): void {
		const stream = this.#all.get(id);
		stream?.onResponse(passedResponse(head, stream.body));
	}

	chunk(id: number, bytes: Uint8Array | null): Promise<boolean> {
		return this.#all.get(id)?.body.chunk(bytes) ?? Promise.resolve(false);
	}

	/** The invocation is over: what has not come by now does not come. */
	end(id: number): void {
		this.#all.get(id)?.body.fail(new Error("the response body broke off"));
		this.#all.delete(id);
	}
}

/** Without any worker, callers wait so long for one, ms. */
const WAIT_MS = 5000;
/** A home that does not listen is asked for again after so long, ms. */
const HOME_MS = 50;
/** Invocations of one function that its home gets before others get some. */
const AT_HOME = 4;

export function createRemoteInvoker({ config, store, observer, workers }: RemoteInvokerDeps): RemoteInvoker {
	const listeners = new Set<(news: InvokerNews) => void>();
	/** Invocations that were sent and not answered, by function and worker. */
	const under = new Map<string, Map<number, number>>();
	let running = 0;
	const idle: (() => void)[] = [];
	const streams = new Streams();

	function tell(news: InvokerNews): void {
		for (const listener of listeners) listener(news);
	}

	async function find(name: string, qualifier: string | null | undefined): Promise<FunctionRecord> {
		const found = await versionOf(store, name, qualifier ?? null);
		if (found) return found.record;
		throw new ServiceError("ResourceNotFoundException", `Function not found: ${functionArn(config, name, qualifier)}`);
	}

	async function candidates(): Promise<WorkerProcess[]> {
		if (workers.ready.length === 0 && !workers.closing) await workers.someReady(WAIT_MS);
		const ready = workers.ready;
		if (ready.length > 0) return ready;
		const why = workers.closing ? "The host is stopping" : "No worker process runs";
		throw new ServiceError("ServiceUnavailableException", `${why}. Try again.`);
	}

	async function choose(name: string): Promise<WorkerProcess> {
		const ready = await candidates();
		const at = under.get(name);
		const count = (it: WorkerProcess): number => at?.get(it.id) ?? 0;
		const home = ready.find((it) => it.slot === homeOf(name, config.workers));
		if (home !== undefined && count(home) < AT_HOME && home.load.runnable === 0) return home;
		// Among equals the home, which has an instance already.
		const order = (it: WorkerProcess): number => count(it) + it.load.runnable - (it === home ? 0.5 : 0);
		return ready.reduce((least, it) => (order(it) < order(least) ? it : least));
	}

	function add(name: string, worker: WorkerProcess, change: 1 | -1): void {
		const at = under.get(name) ?? new Map<number, number>();
		const count = (at.get(worker.id) ?? 0) + change;
		if (count > 0) at.set(worker.id, count);
		else at.delete(worker.id);
		if (at.size > 0) under.set(name, at);
		else under.delete(name);
		running += change;
		if (running === 0) for (const wake of idle.splice(0)) wake();
	}

	async function invoke({ signal, onStart, onResponse, ...request }: InvokeRequest): Promise<InvokeResult> {
		const { payload, functionName } = request;
		if (!(payload instanceof Uint8Array)) throw new Error("only events are invoked from here");
		checkSize(payload, MAX_SYNC_PAYLOAD);
		const requestId = request.requestId ?? randomUUID();
		const worker = await choose(functionName);
		add(functionName, worker, 1);
		const stream = onResponse ? streams.open(onResponse, onStart) : undefined;
		const sent = { ...request, payload, requestId, ...(stream === undefined ? {} : { stream }) };
		try {
			const { logTail, ...result } = await worker.rpc.call("invoke", [sent], signal);
			return { ...result, logTail: () => logTail };
		} catch (error) {
			throw error instanceof WorkerGone ? await gone(functionName, requestId, error) : error;
		} finally {
			add(functionName, worker, -1);
			if (stream !== undefined) streams.end(stream);
		}
	}

	/** What the caller is told; the function's log too, since the worker cannot write it any more. */
	async function gone(functionName: string, requestId: string, { message }: WorkerGone): Promise<ServiceError> {
		const record = await store.functions.get(functionName);
		if (record) observer.note(functionName, record.logging, `RequestId: ${requestId} Error: ${message}`);
		return new ServiceError(
			"ServiceException",
			`${message} It was running request ${requestId}: whether the function had come to its end is not known.`,
		);
	}

	async function close(): Promise<void> {
		if (running > 0) await new Promise<void>((resolve) => idle.push(resolve));
	}

	return {
		invoke,
		streams,
		async enqueue(request) {
			checkSize(request.payload, MAX_ASYNC_PAYLOAD);
			await find(request.functionName, request.qualifier);
			const event = newQueuedEvent(request, Date.now());
			await store.queue.put(event);
			tell({ kind: "queued" });
			return event.id;
		},
		// The workers know from the store's change.
		changed: (functionName) => tell({ kind: "changed", functionName }),
		listen(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		async note(functionName, message) {
			const record = await store.functions.get(functionName);
			if (record) observer.note(functionName, record.logging, message);
		},
		running: () => running,
		// The grace is the workers': they answer in time.
		close,
		async homeOf(functionName) {
			const slot = homeOf(functionName, config.workers);
			for (;;) {
				if (workers.closing) return null;
				const home = workers.ready.find((it) => it.slot === slot);
				if (home !== undefined) return home;
				await new Promise((resolve) => setTimeout(resolve, HOME_MS).unref());
			}
		},
		async workerFor(functionName) {
			const ready = await candidates();
			return ready.find((it) => it.slot === homeOf(functionName, config.workers)) ?? ready[0]!;
		},
	};
}
