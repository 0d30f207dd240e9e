/**
 * The glue between the function world and a Lambda handler. The builder's entry calls `serve` with a function that loads
 * the user's module: at the first invocation, not while the component is built, so that code outside the handler sees
 * the environment, the clock and the log of the function, as it does on Lambda.
 */
import type { Handler } from "../index.ts";
import { type ContextRecord, createContext } from "./context.ts";
import { toFailure } from "./failure.ts";
import { beginInvocation, timers } from "./globals.ts";
import { settle } from "./loop.ts";
import { decodeUtf8, encodeUtf8 } from "./text.ts";

/** The user's module. */
type Module = { handler?: unknown };

/** The export `pilot:function/handler` of a function whose module `load` gives. */
export function serve(load: () => Promise<Module>) {
	let handler: Handler | undefined;
	return {
		/** Returns the result's bytes; throws a Failure record, which is the world's error. */
		handle(event: Uint8Array, record: ContextRecord): Uint8Array {
			try {
				beginInvocation(record);
				handler ??= handlerOf(settle(load(), timers, "The module's top level awaits") as Module);
				const result = settle(handler(parseEvent(event), createContext(record)), timers, "The handler returned");
				return encodeUtf8(JSON.stringify(result) ?? "null");
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

/** No bytes are an empty event, as on Lambda. */
function parseEvent(bytes: Uint8Array): unknown {
	return bytes.length === 0 ? {} : JSON.parse(decodeUtf8(bytes));
}
