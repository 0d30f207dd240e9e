/** Which sources run: one for each enabled trigger in the store. */
import type { Config } from "../config.ts";
import { newQueuedEvent } from "../invoker/enqueue.ts";
import type { Store, TriggerRecord } from "../store/types.ts";
import type { Clock } from "./clock.ts";
import type { EventSource, RunningSource, SourceContext } from "./types.ts";

export interface RunnerDeps {
	config: Config;
	store: Store;
	clock: Clock;
	sources: readonly EventSource[];
	/** An event was accepted. */
	accepted(): void;
	warn(message: string, cause?: unknown): void;
}

export interface Runner {
	/** Starts and stops sources until they are those of the store's triggers, of one function or of all; one call after the other. */
	reconcile(functionName?: string): Promise<void>;
	close(): Promise<void>;
}

interface Running {
	trigger: TriggerRecord;
	source: RunningSource;
}

export function createRunner(deps: RunnerDeps): Runner {
	const { config, store, clock } = deps;
	const running = new Map<string, Running>();
	/** Tried again whenever their function changes, but warned of once. */
	const failed = new Set<string>();
	let closed = false;
	let last: Promise<void> = Promise.resolve();

	/** One after the other: two at once could start a source twice. */
	function inTurn(action: () => Promise<void>): Promise<void> {
		const turn = last.then(action);
		last = turn.catch(() => {});
		return turn;
	}

	async function reconcile(functionName?: string): Promise<void> {
		if (closed) return;
		const triggers = (await store.triggers.list(functionName)).filter((it) => it.enabled);
		const wanted = new Set(triggers.map((it) => it.id));
		for (const [id, { trigger }] of running) {
			const concerned = functionName === undefined || trigger.functionName === functionName;
			if (concerned && !wanted.has(id)) await stop(id);
		}
		// Together, since one may take a while to look at its folder.
		await Promise.all(triggers.filter((it) => !running.has(it.id)).map(start));
	}

	async function start(trigger: TriggerRecord): Promise<void> {
		const name = `Trigger ${trigger.id} (${trigger.kind} of ${trigger.functionName})`;
		try {
			const source = deps.sources.find((it) => it.kind === trigger.kind);
			if (!source) throw new Error(`there is no event source ${trigger.kind}`);
			running.set(trigger.id, { trigger, source: await source.start(contextOf(trigger, name)) });
		} catch (error) {
			// The others run all the same.
			if (!failed.has(trigger.id)) deps.warn(`${name} does not run`, error);
			failed.add(trigger.id);
		}
	}

	function contextOf(trigger: TriggerRecord, name: string): SourceContext {
		return {
			trigger,
			config,
			clock,
			checkpoints: () => store.triggers.checkpoints(trigger.id),
			async advance(key, value, payload) {
				const { functionName } = trigger;
				const event = payload && newQueuedEvent({ functionName, payload }, clock.now());
				await store.triggers.advance(trigger.id, key, value, event);
				if (event) deps.accepted();
			},
			warn: (message, cause) => deps.warn(`${name}: ${message}`, cause),
		};
	}

	async function stop(id: string): Promise<void> {
		const it = running.get(id);
		running.delete(id);
		await it?.source.stop();
	}

	return {
		reconcile: (functionName) => inTurn(() => reconcile(functionName)),
		close() {
			closed = true;
			return inTurn(async () => {
				await Promise.all([...running.keys()].map(stop));
			});
		},
	};
}
