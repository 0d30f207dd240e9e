/** Who may use the page's API, and what of the host each caller sees there. */
import type { Context, MiddlewareHandler } from "hono";
import { accountStore } from "../auth/account-store.ts";
import type { Caller } from "../auth/callers.ts";
import { fromNode } from "../auth/incoming.ts";
import { ServiceError } from "../errors.ts";
import type { NodeEnv } from "../gateway/gateway.ts";
import type { ConsoleDeps, Triggers } from "./types.ts";

/** What handlers find with a request. */
export type ConsoleEnv = NodeEnv & { Variables: { caller: Caller; deps: ConsoleDeps } };

const EVERYBODY: Caller = { kind: "open", keyId: null, account: null, region: null, confirm: async () => {} };

/** Lets through who may call, with the host as that caller sees it. The body must have been limited before. */
export function checked(deps: ConsoleDeps): MiddlewareHandler<ConsoleEnv> {
	return async (c, next) => {
		const caller = (await deps.access?.callers.identify(fromNode(c.env.incoming))) ?? EVERYBODY;
		if (caller.kind === "key") await caller.confirm(new Uint8Array(await c.req.arrayBuffer()));
		c.set("caller", caller);
		c.set("deps", viewFor(deps, caller));
		await next();
	};
}

function viewFor(deps: ConsoleDeps, { kind, account, region }: Caller): ConsoleDeps {
	if (kind !== "key") return deps;
	const own = { account: account!, region: region!, ownAccount: deps.config.account, all: false };
	const store = accountStore(deps.store, own);
	return { ...deps, store, triggers: ownTriggers(deps.triggers, store) };
}

function ownTriggers(triggers: Triggers, store: ConsoleDeps["store"]): Triggers {
	const isOwn = async ({ functionName }: { functionName: string }): Promise<boolean> =>
		(await store.functions.get(functionName)) !== null;
	return {
		async list(functionName) {
			const all = await triggers.list(functionName);
			const own = await Promise.all(all.map(isOwn));
			return all.filter((_, index) => own[index]);
		},
		async add(input) {
			const name = (input as { functionName?: unknown } | null)?.functionName;
			// What is no name is the bus's to refuse.
			if (typeof name === "string" && !(await isOwn({ functionName: name })))
				throw new ServiceError("ResourceNotFoundException", `There is no function ${JSON.stringify(name)}`);
			return triggers.add(input);
		},
		async remove(id) {
			const trigger = (await triggers.list()).find((it) => it.id === id);
			return trigger !== undefined && (await isOwn(trigger)) && triggers.remove(id);
		},
	};
}

/** The host as the caller of this request sees it. */
export function depsOf(c: Context<ConsoleEnv>): ConsoleDeps {
	return c.get("deps");
}
