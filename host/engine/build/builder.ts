/**
 * Builds in threads of their own. Code is hostile until it is admitted, and may be large even then: here it does not hold
 * up the event loop (metering 50 MB takes a second), has an end, and what it does to wasm-tools (an instance that trapped
 * takes no further call) ends with its thread.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { AdmissionError } from "../types.ts";
import type { Built } from "./build.ts";
import { expectRoomForTypes, noteTypes } from "./canonical-types.ts";
import type { MeterOptions } from "./meter/index.ts";

/** A build may take so long, ms: 250 MB of code take some 15 s. */
const BUILD_TIMEOUT_MS = 60_000;
/** A thread without work ends after so long, ms: wasm-tools never gives memory back. */
const IDLE_MS = 10_000;
/** Builds at once; further ones wait. */
const MAX_THREADS = 2;
/** Code of more bytes is built alone, in a thread that ends with it: it takes ten times its size of memory meanwhile. */
const LARGE = 64 * 2 ** 20;

/** Longest reason that is given: code may name things at any length. */
const MAX_REASON = 2000;

/** What a thread is asked. */
export interface BuildRequest {
	code: Uint8Array;
	options: MeterOptions;
}

/** What a thread answers, and the types that V8 met on the way. `spent`: it is not to be used again. */
export type BuildReply = { types: number[] } & (
	| { is: "built"; built: Built }
	| { is: "refused"; message: string; spent: boolean }
	| { is: "error"; message: string }
);

interface Idle {
	thread: Worker;
	timer: NodeJS.Timeout;
}

const idle: Idle[] = [];
const waiting: { weight: number; go(): void }[] = [];
let busy = 0;

/** As `build`, elsewhere. Throws AdmissionError if the code cannot be a function, or takes too long to find out. */
export async function buildApart(
	code: Uint8Array,
	options: MeterOptions = {},
	timeoutMs = BUILD_TIMEOUT_MS,
): Promise<Built> {
	expectRoomForTypes();
	const weight = code.length > LARGE ? MAX_THREADS : 1;
	await room(weight);
	try {
		return await buildIn(takeThread(), code, options, timeoutMs);
	} finally {
		busy -= weight;
		while (waiting.length > 0 && busy + waiting[0]!.weight <= MAX_THREADS) {
			const next = waiting.shift()!;
			busy += next.weight;
			next.go();
		}
	}
}

/** Takes places, behind all that wait for some. */
function room(weight: number): Promise<void> | undefined {
	if (waiting.length > 0 || busy + weight > MAX_THREADS)
		return new Promise<void>((go) => void waiting.push({ weight, go }));
	busy += weight;
	return undefined;
}

function takeThread(): Worker {
	const found = idle.pop();
	if (found === undefined) return newThread();
	clearTimeout(found.timer);
	found.thread.ref();
	return found.thread;
}

function newThread(): Worker {
	// wasm-tools writes to stderr where it panics: its words are in the refusal, and nobody else's business.
	const thread = new Worker(new URL("./builder-thread.ts", import.meta.url), { stdout: true, stderr: true });
	thread.stdout.resume();
	thread.stderr.resume();
	// One that breaks while nobody waits for it is no reason to end the process; and nobody is to get it any more.
	return thread.on("error", () => {}).once("exit", () => forget(thread));
}

async function buildIn(thread: Worker, code: Uint8Array, options: MeterOptions, timeoutMs: number): Promise<Built> {
	const copy = new Uint8Array(code);
	thread.postMessage({ code: copy, options } satisfies BuildRequest, [copy.buffer]);
	let reply: BuildReply;
	try {
		reply = await replyOf(thread, timeoutMs);
	} catch (error) {
		void thread.terminate();
		throw error;
	}
	noteTypes(reply.types);
	const spent = code.length > LARGE || (reply.is === "refused" && reply.spent);
	if (spent) void thread.terminate();
	else keep(thread);
	if (reply.is === "built") return reply.built;
	throw reply.is === "refused"
		? new AdmissionError(reply.message.slice(0, MAX_REASON))
		: new Error(`the build failed: ${reply.message}`);
}

async function replyOf(thread: Worker, timeoutMs: number): Promise<BuildReply> {
	const late = new AbortController();
	const timer = setTimeout(() => late.abort(), timeoutMs);
	// A timer of 0 ms may come after the reply.
	if (timeoutMs <= 0) late.abort();
	try {
		// Rejects with what the thread emits as `error`.
		const [reply] = await once(thread, "message", { signal: late.signal });
		return reply as BuildReply;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY")
			throw new AdmissionError("The code takes too much memory to be made ready.");
		if (!late.signal.aborted) throw error;
		throw new AdmissionError(`The code takes longer than ${timeoutMs / 1000} s to be made ready.`);
	} finally {
		clearTimeout(timer);
	}
}

function keep(thread: Worker): void {
	thread.unref();
	const timer = setTimeout(() => {
		forget(thread);
		void thread.terminate();
	}, IDLE_MS).unref();
	idle.push({ thread, timer });
}

/** Ends threads without work: their output streams would keep the process alive until they are idle for too long. */
export function endIdleBuilders(): void {
	for (const { thread } of [...idle]) {
		forget(thread);
		void thread.terminate();
	}
}

function forget(thread: Worker): void {
	const at = idle.findIndex((it) => it.thread === thread);
	if (at < 0) return;
	clearTimeout(idle[at]!.timer);
	idle.splice(at, 1);
}
