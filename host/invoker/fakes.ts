/** For tests: records, an engine and an observer that are told what to do. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Config, loadConfig } from "../config.ts";
import type { Engine, Failure, FailureKind, Outcome, Task, Usage } from "../engine/types.ts";
import type { InvocationStart, Observer } from "../observe/types.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { functionRecord } from "../store/testing/records.ts";
import type { FunctionRecord, Store } from "../store/types.ts";

export const USAGE: Usage = { durationMs: 1.5, initMs: null, cpuMs: 1, fuel: 1234, memoryBytes: 65_536 };

export function testConfig(settings: Record<string, unknown> = {}): Config {
	return loadConfig(settings, {});
}

export const testFunction = functionRecord;

/** A function of a kind. */
export function testGuest(name: string, kind: "handler" | "http" | "cli"): FunctionRecord {
	const record = testFunction(name);
	return { ...record, artifact: { ...record.artifact, kind } };
}

export type Guest = (task: Task) => Outcome | Promise<Outcome>;

export interface FakeEngine extends Engine {
	/** Every task so far. */
	tasks: Task[];
	retired: string[];
}

/** An engine whose one guest is a function. */
export function fakeEngine(guest: Guest = echo): FakeEngine {
	const tasks: Task[] = [];
	const retired: string[] = [];
	return {
		tasks,
		retired,
		build: () => Promise.reject(new Error("not in this test")),
		prepare: () => Promise.resolve({ snapshot: true }),
		async invoke(task) {
			tasks.push(task);
			return guest(task);
		},
		warm: () => Promise.resolve(),
		sweep: async () => undefined,
		retire: (specId) => void retired.push(specId),
		stats: () => ({ instances: 0, busy: 0, memoryBytes: 0 }),
		runnable: () => 0,
		memoryBytes: () => 0,
		limitMemory: () => undefined,
		close: () => Promise.resolve(),
	};
}

export function echo(task: Task): Outcome {
	return answer(task.payload.kind === "event" ? task.payload.event : new Uint8Array());
}

export function answer(payload: Uint8Array | string): Outcome {
	return { ok: true, usage: USAGE, payload: typeof payload === "string" ? Buffer.from(payload) : payload };
}

export function failed(kind: FailureKind, errorMessage = "", more: Partial<Failure> = {}): Outcome {
	return { ok: false, usage: USAGE, failure: { kind, errorType: "Guest", errorMessage, stackTrace: [], ...more } };
}

/** Ends as `cancelled` when the task's signal is aborted; `started` resolves when it runs. */
export function hangingGuest(): { guest: Guest; started: Promise<void> } {
	const started = Promise.withResolvers<void>();
	const guest: Guest = (task) => {
		started.resolve();
		return new Promise((resolve) => {
			const end = (): void => resolve(failed("cancelled"));
			if (task.signal.aborted) end();
			task.signal.addEventListener("abort", end);
		});
	};
	return { guest, started: started.promise };
}

export interface FakeObserver extends Observer {
	starts: InvocationStart[];
	ends: { requestId: string; usage: Usage; failure: Failure | null }[];
	notes: { functionName: string; message: string }[];
}

export function fakeObserver(): FakeObserver {
	const observer: FakeObserver = {
		starts: [],
		ends: [],
		notes: [],
		begin(start) {
			observer.starts.push(start);
			let text = `START RequestId: ${start.requestId} Version: ${start.version}\n`;
			return {
				output: (_, bytes) => {
					text += Buffer.from(bytes).toString();
				},
				finish(usage, failure) {
					observer.ends.push({ requestId: start.requestId, usage, failure });
					text += `END RequestId: ${start.requestId}\n`;
				},
				tail: () => Buffer.from(text),
			};
		},
		note: (functionName, _, message) => void observer.notes.push({ functionName, message }),
		async *read() {},
		stats: () => ({ invocations: 0, errors: 0, recent: [] }),
		remove: () => Promise.resolve(),
		close: () => Promise.resolve(),
	};
	return observer;
}

/** A store in a new folder, and the way to be rid of both. */
export async function temporaryStore(): Promise<{ store: Store; folder: string; dispose(): Promise<void> }> {
	const folder = await mkdtemp(join(tmpdir(), "pilot-"));
	const store = await openSqliteStore(folder);
	return {
		store,
		folder,
		async dispose() {
			await store.close();
			await rm(folder, { recursive: true, force: true });
		},
	};
}
