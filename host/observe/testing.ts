/** For tests: observers in a folder of their own, and what an invocation starts and ends with. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import type { Failure, FailureKind, Usage } from "../engine/types.ts";
import type { Format } from "./format.ts";
import { type ObserverOptions, openObserver } from "./observer.ts";
import type { InvocationStart, Observer } from "./types.ts";

export const MIB = 2 ** 20;
export const bytes = (text: string) => new TextEncoder().encode(text);
export const decode = (data: Uint8Array) => new TextDecoder().decode(data);

export const TIME = "2026-11-22T10:00:00.000Z";

export function startOf(changes: Partial<InvocationStart> = {}): InvocationStart {
	return {
		functionName: "echo",
		version: "$LATEST",
		requestId: "8e3a2c1d-0000-4000-8000-000000000001",
		memoryMb: 128,
		timeoutMs: 3000,
		logging: { format: "Text", group: "/aws/lambda/echo" },
		...changes,
	};
}

export function usageOf(changes: Partial<Usage> = {}): Usage {
	return { durationMs: 1.234, initMs: null, cpuMs: 1, fuel: 1234, memoryBytes: 12 * 2 ** 20, ...changes };
}

export function failureOf(kind: FailureKind, changes: Partial<Failure> = {}): Failure {
	return { kind, errorType: "Runtime.ExitError", errorMessage: "it went wrong", stackTrace: [], ...changes };
}

/** What a format writes after the output. */
export function endOf(format: Format, start: InvocationStart, usage: Usage, failure: Failure | null): string[] {
	return format.invocation(start).end(TIME, usage, failure);
}

/** All that is in a log now, without the times. */
export async function messages(observer: Observer, functionName: string, lastLines?: number): Promise<string[]> {
	const signal = new AbortController().signal;
	const lines: string[] = [];
	for await (const line of observer.read(functionName, { follow: false, signal, lastLines })) lines.push(line);
	return lines.map((line) => line.slice(line.indexOf("\t") + 1));
}

/** One invocation that writes `output`. */
export function run(observer: Observer, output: string, changes: Partial<InvocationStart> = {}): void {
	const log = observer.begin(startOf(changes));
	log.output(1, bytes(output));
	log.finish(usageOf(), null);
}

export interface Observers {
	/** Of this test; not there until something was logged. */
	readonly folder: string;
	/** Closed after the test. */
	open(options?: Partial<ObserverOptions>): Observer;
}

/** Gives each test of a file a folder. */
export function useObservers(): Observers {
	let parent: string;
	const opened: Observer[] = [];
	const observers = {
		folder: "",
		open(options: Partial<ObserverOptions> = {}) {
			const observer = openObserver({ folder: observers.folder, maxBytes: 64 * MIB, ...options });
			opened.push(observer);
			return observer;
		},
	};
	beforeEach(async () => {
		parent = await mkdtemp(join(tmpdir(), "pilot-observe-"));
		observers.folder = join(parent, "logs");
	});
	afterEach(async () => {
		await Promise.all(opened.splice(0).map((observer) => observer.close()));
		await rm(parent, { recursive: true });
	});
	return observers;
}
