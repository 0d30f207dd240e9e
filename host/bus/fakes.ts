/** For tests: a clock that is moved by hand, and a bus whose deliveries are seen. */
import { vi } from "vitest";
import type { Config } from "../config.ts";
import type { Task } from "../engine/types.ts";
import {
	echo,
	type FakeEngine,
	type FakeObserver,
	fakeEngine,
	fakeObserver,
	type Guest,
	testConfig,
} from "../invoker/fakes.ts";
import { createInvoker, type HostInvoker } from "../invoker/invoker.ts";
import type { Store } from "../store/types.ts";
import { type Bus, createBus } from "./bus.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { EventSource } from "./types.ts";

export interface FakeClock extends Clock {
	/** Moves the time, and calls back what became due, in order; then lets pending work go on. */
	advance(ms: number): Promise<void>;
	/** Moves the time with nothing called: the machine slept, or the clock was set. */
	jump(ms: number): void;
}

export function fakeClock(start = Date.now()): FakeClock {
	let now = start;
	let timers: { at: number; callback: () => void }[] = [];

	async function fireDue(until: number): Promise<void> {
		for (;;) {
			timers.sort((a, b) => a.at - b.at);
			const first = timers[0];
			if (!first || first.at > until) return;
			timers.shift();
			now = Math.max(now, first.at);
			first.callback();
			await settle();
		}
	}

	return {
		now: () => now,
		after(ms, callback) {
			const timer = { at: now + Math.max(ms, 0), callback };
			timers.push(timer);
			return () => {
				timers = timers.filter((it) => it !== timer);
			};
		},
		async advance(ms) {
			const until = now + ms;
			await settle();
			await fireDue(until);
			now = until;
			await settle();
		},
		jump(ms) {
			now += ms;
		},
	};
}

/** The store answers in a later turn of the event loop: a few turns let all go on as far as it can without a clock. */
export async function settle(): Promise<void> {
	for (let turn = 0; turn < 12; turn++) await new Promise(setImmediate);
}

export interface TestBus {
	bus: Bus;
	invoker: HostInvoker;
	engine: FakeEngine;
	observer: FakeObserver;
	warnings: string[];
	/** What functions were given, as JSON or text, in order. */
	delivered(): unknown[];
	/** Waits until so many were given. */
	untilDelivered(count: number): Promise<unknown[]>;
	/** An ordinary end: the store stays open. */
	stop(): Promise<void>;
}

export interface TestBusOptions {
	store: Store;
	guest?: Guest;
	config?: Config;
	clock?: Clock;
	sources?: readonly EventSource[];
}

export function testBus(options: TestBusOptions): TestBus {
	const { store, clock = systemClock, config = testConfig() } = options;
	const engine = fakeEngine(options.guest ?? echo);
	const observer = fakeObserver();
	const warnings: string[] = [];
	const invoker = createInvoker({ config, store, engine, observer });
	const warn = (message: string): void => void warnings.push(message);
	const bus = createBus({ config, store, invoker, clock, warn, sources: options.sources });
	const delivered = (): unknown[] => engine.tasks.map(readEvent);
	return {
		bus,
		invoker,
		engine,
		observer,
		warnings,
		delivered,
		async untilDelivered(count) {
			await vi.waitFor(() => enough(delivered().length, count), { timeout: 60_000, interval: 5 });
			return delivered();
		},
		async stop() {
			await Promise.all([bus.close(), invoker.close(0)]);
		},
	};
}

function enough(count: number, wanted: number): void {
	if (count < wanted) throw new Error(`${count} of ${wanted} events were delivered`);
}

export function readEvent(task: Task): unknown {
	if (task.payload.kind !== "event") throw new Error("not an event");
	const text = Buffer.from(task.payload.event).toString();
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
