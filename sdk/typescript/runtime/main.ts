/**
 * The glue between the function world and a Lambda handler. The builder's entry calls `serve` with a function that loads
 * the user's module: at the first invocation, not while the component is built, so that code outside the handler sees
 * the environment, the clock and the log of the function, as it does on Lambda.
 */
import type { Handler } from "../index.ts";
import { createContext, readAbout } from "./context.ts";
import { toFailure } from "./failure.ts";
import { beginInvocation, timers } from "./globals.ts";
import { settle } from "./loop.ts";

/** The user's module. */
type Module = { handler?: unknown };

/** The export `pilot:function/text-handler` of a function whose module `load` gives. */
export function serve(load: () => Promise<Module>) {
	let handler: Handler | undefined;
	return {
		/** Returns the result as JSON; throws a Failure record, which is the world's error. */
		handle(event: string, requestId: string, deadlineMs: number, more: string): string {
			try {
				const about = readAbout(more);
				beginInvocation(requestId, about.traceId);
				handler ??= handlerOf(settle(load(), timers, "The module's top level awaits") as Module);
				// Nothing is an empty event, as on Lambda.
				const parsed: unknown = event === "" ? {} : JSON.parse(event);
				const returned = handler(parsed, createContext(requestId, deadlineMs, about));
				return JSON.stringify(settle(returned, timers, "The handler returned")) ?? "null";
			} catch (thrown) {
				throw toFailure(thrown);
			}
		},
	};
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
