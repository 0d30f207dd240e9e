/** The trigger bus: event sources in front of a queue, the queue in front of the invoker. */
import type { Config } from "../config.ts";
import type { HostInvoker } from "../invoker/invoker.ts";
import type { Store } from "../store/types.ts";
import { type Clock, systemClock } from "./clock.ts";
import { createQueueConsumer } from "./queue/consumer.ts";
import { SOURCES } from "./registry.ts";
import { createRunner } from "./runner.ts";
import { createTriggers, type Triggers } from "./triggers.ts";
import type { EventSource } from "./types.ts";

export interface BusDeps {
	config: Config;
	store: Store;
	invoker: HostInvoker;
	/** A fault that the bus survives, for the host's operator. */
	warn?(message: string, cause?: unknown): void;
	/** Tests have others. */
	clock?: Clock;
	sources?: readonly EventSource[];
}

export interface Bus {
	/** Runs the sources of all triggers, and what was accepted before. */
	start(): Promise<void>;
	/** Accepts nothing more from sources, begins no queued event, and waits for those that run. They end with `invoker.close`: call
	 * both, then wait for both, then close the store. */
	close(): Promise<void>;
	triggers: Triggers;
}

export function createBus(deps: BusDeps): Bus {
	const { config, store, invoker, clock = systemClock, sources = SOURCES } = deps;
	const warn = deps.warn ?? ((message: string, cause?: unknown) => console.error(message, cause ?? ""));
	const consumer = createQueueConsumer({ config, store, invoker, clock, warn });
	const runner = createRunner({ config, store, clock, sources, warn, accepted: () => consumer.wake() });
	const triggers = createTriggers({ config, store, invoker, clock, sources, runner });
	let stopListening = (): void => {};

	function reconcile(functionName: string): void {
		runner
			.reconcile(functionName)
			.catch((error: unknown) => warn(`Triggers of ${functionName} could not be read`, error));
	}

	return {
		triggers,
		async start() {
			stopListening = invoker.listen((news) => {
				if (news.kind === "queued") consumer.wake();
				// A deleted function takes its triggers along.
				else reconcile(news.functionName);
			});
			consumer.start();
			await runner.reconcile();
		},
		async close() {
			stopListening();
			await Promise.all([runner.close(), consumer.close()]);
		},
	};
}
