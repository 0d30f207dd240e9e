/** What could not be sent to where failed events go: shown, tried again, and thrown away. */
import { type Context, Hono } from "hono";
import { ServiceError } from "../errors.ts";
import type { DeadLetterRecord } from "../store/types.ts";
import { type ConsoleEnv, depsOf } from "./callers.ts";
import type { ConsoleDeps } from "./types.ts";
import { existing } from "./views.ts";

/** Letters in one list: more than are kept of a function. */
const ALL = 1000;

/** Routes below `/functions/:name/dead-letters`. */
export function deadLetterRoutes(): Hono<ConsoleEnv> {
	const routes = new Hono<ConsoleEnv>();

	async function find({ store }: ConsoleDeps, name: string, id: string): Promise<DeadLetterRecord> {
		const letter = await store.deadLetters.get(name, id);
		if (letter !== null) return letter;
		throw new ServiceError("ResourceNotFoundException", `There is no dead letter ${JSON.stringify(id)} of ${name}`);
	}

	routes.get("/", async (c) => {
		const { store } = depsOf(c);
		const { name } = await existing({ store }, nameOf(c));
		const { items } = await store.deadLetters.list(name, ALL);
		return c.json({
			deadLetters: items.map(({ id, createdAt, target, condition }) => ({ id, createdAt, target, condition })),
		});
	});
	routes.get("/:id", async (c) => c.json(await find(depsOf(c), nameOf(c), c.req.param("id"))));
	routes.delete("/:id", async (c) => {
		const { functionName, id } = await find(depsOf(c), nameOf(c), c.req.param("id"));
		await depsOf(c).store.deadLetters.delete(functionName, id);
		return c.body(null, 204);
	});
	// Accepted first: a host that ends in between has the event twice, and never lost.
	routes.post("/:id/retry", async (c) => {
		const { store, invoker } = depsOf(c);
		const { functionName, id, event } = await find(depsOf(c), nameOf(c), c.req.param("id"));
		const requestId = await invoker.enqueue({
			functionName,
			qualifier: event.qualifier,
			payload: Buffer.from(event.payload, "base64"),
			...(event.clientContext === null ? {} : { clientContext: event.clientContext }),
			tenantId: event.tenantId ?? null,
		});
		await store.deadLetters.delete(functionName, id);
		return c.json({ requestId }, 202);
	});
	return routes;
}

/** The function in the path that the routes are below of. */
function nameOf(c: Context<ConsoleEnv>): string {
	return c.req.param("name") ?? "";
}
