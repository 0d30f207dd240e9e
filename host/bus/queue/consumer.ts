/** Runs the events that were accepted for later: each at least once, at a bounded number at a time. */
import type { Config } from "../../config.ts";
import type { HostInvoker } from "../../invoker/invoker.ts";
import { LATEST, versionOf } from "../../invoker/qualifiers.ts";
import type { QueuedEvent, Store } from "../../store/types.ts";
import { type Clock, wait } from "../clock.ts";
import { attempt } from "./attempt.ts";
import { type Done, forward } from "./destination.ts";
import { type Attempt, isExpired, judge, type Policy, policyOf } from "./policy.ts";

export interface ConsumerDeps {
	config: Config;
	store: Store;
	invoker: HostInvoker;
	clock: Clock;
	warn(message: string, cause?: unknown): void;
}

export interface QueueConsumer {
	start(): void;
	/** There may be an event that is due. */
	wake(): void;
	/** Begins no further event; resolves when those that run are done with, which the invoker's own `close` bounds. */
	close(): Promise<void>;
}

/** Events run at once: enough to keep a host busy with waiting guests, few enough to leave room for callers who wait. */
const MAX_RUNNING = 64;
/** Events read at once: each may have 1 MB. */
const MAX_READ = 16;
const MAX_DEFERRALS = 10_000;
/** After a failure of the store, ms. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

export function createQueueConsumer(deps: ConsumerDeps): QueueConsumer {
	const { config, store, invoker, clock } = deps;
	const slots = Math.min(MAX_RUNNING, config.concurrency);
	// A function that is slow or has a thousand events leaves three quarters of the places to the others.
	const share = Math.max(1, Math.floor(slots / 4));
	const running = new Map<string, { functionName: string; done: Promise<void> }>();
	/** How often an event was put off without being the function's fault. Lost at a restart, which only means an earlier retry. */
	const deferrals = new Map<string, number>();
	const closing = new AbortController();
	let started = false;
	let reading = false;
	let again = false;
	let cancelTimer = (): void => {};

	function wake(): void {
		if (!started || closing.signal.aborted) return;
		again = true;
		if (!reading) void readAll();
	}

	async function readAll(): Promise<void> {
		reading = true;
		cancelTimer();
		let next: number | null = null;
		while (again && !closing.signal.aborted) {
			again = false;
			next = await read();
		}
		reading = false;
		if (next !== null && !closing.signal.aborted) cancelTimer = clock.after(next - clock.now(), wake);
	}

	/** Begins what is due and fits; gives the time to look again, or null if somebody will wake. */
	async function read(): Promise<number | null> {
		try {
			for (;;) {
				if (running.size >= slots) return null;
				const ids = new Set(running.keys());
				const busy = busyFunctions();
				const events = await store.queue.due(clock.now(), Math.min(slots - running.size, MAX_READ), ids, busy);
				if (closing.signal.aborted) return null;
				if (events.length === 0) return await store.queue.nextDue(ids, busy);
				for (const event of events) if (countOf(event.functionName) < share) begin(event);
			}
		} catch (error) {
			if (closing.signal.aborted) return null;
			deps.warn("The queue of asynchronous invocations could not be read", error);
			return clock.now() + FIRST_PAUSE_MS;
		}
	}

	function countOf(functionName: string): number {
		let count = 0;
		for (const it of running.values()) if (it.functionName === functionName) count++;
		return count;
	}

	function busyFunctions(): Set<string> {
		const names = new Set(Array.from(running.values(), (it) => it.functionName));
		return new Set([...names].filter((name) => countOf(name) >= share));
	}

	function begin(event: QueuedEvent): void {
		const done = handle(event)
			.catch((error: unknown) => {
				deps.warn(`Event ${event.id} could not be handled`, error);
				// It is still due: without a pause it would come back at once, for ever.
				return wait(clock, LONGEST_PAUSE_MS, closing.signal);
			})
			.finally(() => {
				running.delete(event.id);
				wake();
			});
		running.set(event.id, { functionName: event.functionName, done });
	}

	async function handle(event: QueuedEvent): Promise<void> {
		const policy = await persist(() => policyFor(event));
		const now = clock.now();
		const { attempts } = event;
		if (isExpired(event, policy, now))
			return finish({ event, policy, condition: "EventAgeExceeded", attempts, response: null, now });
		if (goesAtOnce(policy) && (await persist(() => isStopped(event))))
			return finish({ event, policy, condition: "ZeroReservedConcurrency", attempts: 0, response: null, now });
		const tried = await attempt(invoker, event, (error) =>
			deps.warn(`Event ${event.id} met a fault of the host`, error),
		);
		// What was ended because the host stops is tried again by the next host: nothing is written.
		if (tried.kind === "later" && closing.signal.aborted) return;
		await settle(event, policy, tried);
	}

	/** That of the qualifier that the event was accepted for. */
	async function policyFor({ functionName, qualifier }: QueuedEvent): Promise<Policy> {
		const [version, settings] = await Promise.all([
			versionOf(store, functionName, qualifier),
			store.eventInvoke.get(functionName, qualifier ?? LATEST),
		]);
		return policyOf(settings, version?.record.deadLetterArn ?? null);
	}

	async function isStopped({ functionName }: QueuedEvent): Promise<boolean> {
		return (await store.settings.get(functionName, ""))?.reservedConcurrency === 0;
	}

	async function settle(event: QueuedEvent, policy: Policy, tried: Attempt): Promise<void> {
		const now = clock.now();
		const deferred = deferrals.get(event.id) ?? 0;
		const at = { now, deferrals: deferred, backoffMs: config.asyncBackoffMs };
		const verdict = judge(event, policy, tried.kind, at);
		if ("condition" in verdict) return finish({ event, policy, ...verdict, response: tried.response, now });
		if (tried.kind === "later") remember(event.id, deferred + 1);
		await persist(() => store.queue.retry(event.id, verdict.attempts, verdict.retryAt));
	}

	function remember(id: string, count: number): void {
		// Events that go with their function leave their count behind.
		if (deferrals.size >= MAX_DEFERRALS) deferrals.clear();
		deferrals.set(id, count);
	}

	async function finish(done: Done): Promise<void> {
		const { id, functionName } = done.event;
		const { next, writes, problems } = await persist(() => forward(deps, done));
		await persist(() => store.queue.finish(id, next, writes));
		deferrals.delete(id);
		for (const problem of problems) await invoker.note(functionName, `Event ${id} ${problem}`);
	}

	/** Tries until the store takes it: to run the event again because a disk is full would repeat what the function did. */
	async function persist<T>(action: () => Promise<T>): Promise<T> {
		for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
			try {
				return await action();
			} catch (error) {
				if (closing.signal.aborted) throw error;
				deps.warn("The store failed in the queue of asynchronous invocations; trying again", error);
				await wait(clock, pause, closing.signal);
			}
		}
	}

	return {
		start() {
			started = true;
			wake();
		},
		wake,
		async close() {
			closing.abort();
			cancelTimer();
			await Promise.all(Array.from(running.values(), (it) => it.done));
		},
	};
}

/**
 * "When a function's reserved concurrency is set to zero, Lambda immediately sends any new events to the configured dead-letter queue or
 * the on-failure event destination" (Developer Guide, "Adding a dead-letter queue"). Without either they wait.
 */
function goesAtOnce({ onFailure, deadLetter }: Policy): boolean {
	return onFailure !== null || deadLetter !== null;
}
