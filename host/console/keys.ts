/** Access keys: `GET`, `POST` and `DELETE /_pilot/api/keys`. */
import { type Context, Hono } from "hono";
import { createKey, listKeys, removeKey } from "../auth/keyring.ts";
import { isLoopback } from "../auth/loopback.ts";
import type { Access } from "../auth/open.ts";
import { ServiceError } from "../errors.ts";
import type { ConsoleEnv } from "./callers.ts";
import type { ConsoleDeps } from "./types.ts";

/** A key's owner sees, makes and removes keys of its own account; the machine's user those of all. */
export function keyRoutes(
	deps: ConsoleDeps,
	{ seal }: Access,
	jsonBody: (c: Context) => Promise<unknown>,
): Hono<ConsoleEnv> {
	const { store, config } = deps;
	const routes = new Hono<ConsoleEnv>();

	/** The account that the caller is confined to; null for none. */
	function confinedTo(c: Context<ConsoleEnv>): string | null {
		const { kind, account } = c.get("caller");
		// Before the first key, whoever reaches the host may call it; who may from then on is not for all of them to say.
		if (kind === "open")
			throw new ServiceError(
				"AccessDeniedException",
				"Keys are made by who runs the host: let `pilot keys` read its data folder (--data, PILOT_DATA)",
			);
		return kind === "token" ? null : account;
	}

	const visible = async (c: Context<ConsoleEnv>) => {
		const account = confinedTo(c);
		return (await listKeys(store)).filter((it) => account === null || it.account === account);
	};

	routes.get("/", async (c) => c.json({ keys: await visible(c) }));

	routes.post("/", async (c) => {
		const confined = confinedTo(c);
		const { account, description } = textsIn(await jsonBody(c));
		const wanted = account ?? confined ?? config.account;
		if (confined !== null && wanted !== confined)
			throw new ServiceError("AccessDeniedException", "A key makes keys of its own account alone");
		return c.json(await createKey(store, seal, { account: wanted, description: description ?? "" }), 201);
	});

	routes.delete("/:id", async (c) => {
		const id = c.req.param("id");
		const known = (await visible(c)).some((it) => it.id === id);
		if (known && !isLoopback(config.host) && (await listKeys(store)).length === 1)
			throw new ServiceError(
				"ResourceConflictException",
				"This is the last key, and others reach the host: make another first, or stop the host",
			);
		if (known && (await removeKey(store, id))) return c.body(null, 204);
		throw new ServiceError("ResourceNotFoundException", `There is no key ${JSON.stringify(id)}`);
	});

	return routes;
}

function textsIn(input: unknown): { account?: string; description?: string } {
	const { account, description } = (typeof input === "object" && input !== null ? input : {}) as Record<
		string,
		unknown
	>;
	for (const value of [account, description])
		if (value !== undefined && typeof value !== "string")
			throw new ServiceError("InvalidParameterValueException", "account and description are texts");
	return { account, description } as { account?: string; description?: string };
}
