/** Who sends a request to the API: asked before its body is read, and confirmed by it. */
import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import type { Caller, Callers, Incoming } from "../auth/callers.ts";
import { fromNode } from "../auth/incoming.ts";

/** An API without the means to check anybody, as tests have it. */
const EVERYBODY: Caller = { kind: "open", keyId: null, account: null, region: null, confirm: async () => {} };

/** Throws ServiceError if the request is from nobody who may call. */
export async function callerOf(callers: Callers | undefined, context: Context): Promise<Caller> {
	return callers === undefined ? EVERYBODY : callers.identify(incomingOf(context));
}

/** The request as it came, where Node brought it; else as the standard's object has it. */
function incomingOf({ env, req }: Context): Incoming {
	const node = (env as Partial<HttpBindings> | undefined)?.incoming;
	if (node) return fromNode(node);
	const { method, url, headers } = req.raw;
	const { host, pathname, search } = new URL(url);
	return { method, target: pathname + search, fields: [["host", host], ...headers], address: "127.0.0.1" };
}
