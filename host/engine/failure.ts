/** Why a guest ended, in the engine's words. The invoker puts them into Lambda's. */
import type { Meter, Stop } from "./meter.ts";
import { Trap } from "./trap.ts";
import type { Failure } from "./types.ts";

/** The failure of a guest that trapped, threw, or was stopped. */
export function failureOf(error: unknown, meter: Meter): Failure {
	const stop = meter.stopped;
	if (stop !== null) return stopped(stop);
	if (meter.growthRefused > 0) return memoryFailure(wordsOf(error));
	return crash(wordsOf(error), stackOf(error));
}

function stopped(stop: Stop): Failure {
	if (stop.kind === "exit")
		return { kind: "exit", errorType: "Runtime.ExitError", errorMessage: stop.message, stackTrace: [] };
	return {
		kind: stop.kind,
		errorType: TYPES[stop.kind] ?? "Runtime.ExitError",
		errorMessage: stop.message,
		stackTrace: [],
	};
}

const TYPES: Partial<Record<Failure["kind"], string>> = {
	timeout: "Sandbox.Timedout",
	fuel: "Runtime.FuelExhausted",
	memory: "Runtime.OutOfMemory",
};

function memoryFailure(words: string): Failure {
	return { kind: "memory", errorType: "Runtime.OutOfMemory", errorMessage: `out of memory (${words})`, stackTrace: [] };
}

export function crash(errorMessage: string, stackTrace: string[] = []): Failure {
	return { kind: "crash", errorType: "Runtime.ExitError", errorMessage, stackTrace };
}

/** A trap in V8's words (`unreachable`, `memory access out of bounds`), an exception nobody caught, or a rule that was broken. */
function wordsOf(error: unknown): string {
	if (error instanceof WebAssembly.RuntimeError) return error.message;
	if (error instanceof Trap) return error.message;
	// V8's other range errors are of memory: "could not allocate memory".
	if (error instanceof RangeError && /call stack/i.test(error.message)) return "call stack exhausted";
	if (error instanceof WebAssembly.Exception) return "uncaught exception";
	return error instanceof Error ? error.message : "unknown error";
}

/** Most frames of a crash that are kept. */
const MAX_FRAMES = 30;

/** The guest's own frames, as V8 names them; those of the host are nobody's business. */
function stackOf(error: unknown): string[] {
	if (!(error instanceof WebAssembly.RuntimeError) || error.stack === undefined) return [];
	const frames = error.stack.split("\n").filter((line) => line.includes("wasm://"));
	return frames.slice(0, MAX_FRAMES).map((line) => line.trim().replace(/\(?wasm:\/\/wasm\/[^:]*:/, "("));
}
