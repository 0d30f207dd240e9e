/** What a handler finds on `globalThis`, beyond what QuickJS has of itself. `../globals.d.ts` is its list for TypeScript. */
import { Buffer } from "./buffer.ts";
import { createConsole, type LogSettings, logSettings } from "./console.ts";
import { clockOfHost, randomBytes, readEnvironment, writeOutput } from "./host.ts";
import { enqueue } from "./jobs.ts";
import { createOutput } from "./output.ts";
import { GuestPromise, runAsync } from "./promise.ts";
import { createCrypto, createRandom } from "./random.ts";
import { structuredClone } from "./structured-clone.ts";
import { TextDecoder, TextEncoder } from "./text.ts";
import { Timers } from "./timers.ts";

export const timers = new Timers(clockOfHost);

const env: Record<string, string> = {};
const log: LogSettings = { requestId: undefined, json: false, level: "TRACE" };
const output = createOutput(writeOutput);
const console = createConsole(log, output.print);
const { random, reseed } = createRandom(randomBytes);
let started = false;
let invoked = false;

/** Reads what was not there yet when the component was built. Before the module is loaded, be it for a snapshot or in an invocation. */
export function start(): void {
	if (started) return;
	started = true;
	Object.assign(env, readEnvironment());
	Object.assign(log, logSettings(env));
	const origin = clockOfHost.now();
	const timeOrigin = Date.now();
	define("performance", { timeOrigin, now: () => clockOfHost.now() - origin });
}

/** Before each invocation. */
export function beginInvocation(requestId: string, traceId: string | undefined): void {
	log.requestId = requestId;
	if (!invoked) beginInstance();
	if (traceId !== undefined) env._X_AMZN_TRACE_ID = traceId;
}

/** The first invocation that this instance serves: many may have been made of the snapshot that it is from. */
function beginInstance(): void {
	invoked = true;
	start();
	reseed();
	const lost = output.open();
	if (lost > 0) console.warn?.(`${lost} more lines were written while the module was loaded, and not kept`);
}

function define(name: string, value: unknown): void {
	Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}

type Run = (...args: unknown[]) => unknown;

const globals: Record<string, unknown> = {
	global: globalThis,
	Promise: GuestPromise,
	// What lowered `async` functions call (the builder's `bundle.ts`).
	__pilotAsync: runAsync,
	queueMicrotask: (job: () => void) => enqueue(job),
	setTimeout: (run: Run, delay?: unknown, ...args: unknown[]) => timers.after(run, delay, args),
	setInterval: (run: Run, delay?: unknown, ...args: unknown[]) => timers.every(run, delay, args),
	setImmediate: (run: Run, ...args: unknown[]) => timers.soon(run, args),
	clearTimeout: (timer: unknown) => timers.clear(timer),
	clearInterval: (timer: unknown) => timers.clear(timer),
	clearImmediate: (timer: unknown) => timers.clear(timer),
	console,
	process: {
		env,
		argv: [],
		platform: "wasi",
		version: "",
		versions: {},
		cwd: () => "/",
		nextTick: (run: Run, ...args: unknown[]) => enqueue(() => void run(...args)),
		uptime: () => performance.now() / 1000,
	},
	crypto: createCrypto(randomBytes),
	structuredClone,
	Buffer,
	TextDecoder,
	TextEncoder,
};

for (const [name, value] of Object.entries(globals)) define(name, value);
Math.random = random;
// It gives a promise of QuickJS's own, whose jobs nothing runs.
Reflect.deleteProperty(globalThis, "AsyncDisposableStack");
Array.fromAsync = async <T>(
	items: AsyncIterable<T> | Iterable<T | PromiseLike<T>> | ArrayLike<T | PromiseLike<T>>,
	map?: (value: never, index: number) => unknown,
) => {
	const source = Symbol.asyncIterator in items || Symbol.iterator in items ? items : Array.from(items as ArrayLike<T>);
	const result: unknown[] = [];
	for await (const item of source) result.push(map ? await map(item as never, result.length) : item);
	return result as never[];
};
