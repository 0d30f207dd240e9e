/**
 * The glue between the function world and a Lambda handler. The builder's entry calls `serve` with a function that loads
 * the user's module: not while the component is built, so that code outside the handler sees the environment and the clock
 * of the function, but before the snapshot of a version is taken, so that its instances begin with what it made.
 */
import type { Handler } from "../index.ts";
import { createContext, readAbout } from "./context.ts";
import { toFailure } from "./failure.ts";
import { beginInvocation, start, timers } from "./globals.ts";
import { settle, type Waits } from "./loop.ts";

/** The user's module. */
type Module = { handler?: unknown };

/** The exports `pilot:function/text-handler` and `preparation` of a function whose module `load` gives. */
export function serve(load: () => Promise<Module>) {
	let handler: Handler | undefined;
	const loaded = (waits: Waits): Handler => handlerOf(settle(load(), waits, "The module's top level awaits") as Module);
	const preparation = {
		/**
		 * Loads the module. A top level that fails, or waits for a timer, is loaded again by the first invocation, in another
		 * instance that knows nothing of this: what is thrown here is a trap.
		 */
		prepare(): void {
			start();
			handler = loaded({ runNext: () => false });
		},
	};
	const textHandler = {
		/** Returns the result as JSON; throws a Failure record, which is the world's error. */
		handle(event: string, requestId: string, deadlineMs: number, more: string): string {
			try {
				const about = readAbout(more);
				beginInvocation(requestId, about.traceId);
				handler ??= loaded(timers);
				// Nothing is an empty event, as on Lambda.
				const parsed: unknown = event === "" ? {} : JSON.parse(event);
				const returned = handler(parsed, createContext(requestId, deadlineMs, about));
				return JSON.stringify(settle(returned, timers, "The handler returned")) ?? "null";
			} catch (thrown) {
				throw toFailure(thrown);
			}
		},
	};
	return { preparation, textHandler };
}

class HandlerNotFound extends Error {
	override get name() {
		return "Runtime.HandlerNotFound";
	}
}

function handlerOf(module: Module): Handler {
	if (typeof module.handler === "function") return module.handler as Handler;
	throw new HandlerNotFound("index.handler is undefined or not exported");
}
