/** The page at `/_pilot/`, and the JSON API behind it. */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { diskFull, ServiceError } from "../errors.ts";
import type { NodeEnv } from "../gateway/gateway.ts";
import { type ConsoleEnv, checked, depsOf } from "./callers.ts";
import { deadLetterRoutes } from "./dead-letters.ts";
import { keyRoutes } from "./keys.ts";
import { logQuery, logStream } from "./logs.ts";
import { readFiles, sendFile } from "./static.ts";
import type { ConsoleDeps } from "./types.ts";
import { existing, functionLines, functionView, statusView } from "./views.ts";

/** Largest body of a call that changes something, bytes. */
const MAX_BODY = 64 * 1024;

/** What the page may load and call: its own origin's files and API, nothing inline, nobody's frame. */
const POLICY = [
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'self'",
	"img-src 'self'",
	"connect-src 'self'",
	"base-uri 'none'",
	"form-action 'none'",
	"frame-ancestors 'none'",
	"require-trusted-types-for 'script'",
	"trusted-types 'none'",
].join("; ");

const HEADERS = {
	"content-security-policy": POLICY,
	"cross-origin-opener-policy": "same-origin",
	"cross-origin-resource-policy": "same-origin",
	"referrer-policy": "no-referrer",
	"x-content-type-options": "nosniff",
};

/**
 * The page and its API, for paths that begin with `/_pilot/`. It trusts that the gateway has refused other hosts and
 * foreign origins; calls that change something need the header `X-Pilot: 1` besides, which no form can send. Once there is a key,
 * the API needs a signature or this machine's token; the page's files are nobody's secret.
 */
export function createConsole(deps: ConsoleDeps): Hono<NodeEnv> {
	const log = deps.log ?? ((line: string) => console.error(line));
	const files = readFiles();
	const app = new Hono<NodeEnv>();
	app.use(secured);
	app.get("/_pilot/", (c) => sendFile(c, files.get("index.html")!));
	app.get("/_pilot/:file", (c, next) => {
		const file = files.get(c.req.param("file"));
		return file ? sendFile(c, file) : next();
	});
	app.route("/_pilot/api", createApi(deps));
	app.notFound((c) => failure(c, new ServiceError("UnknownOperationException", `There is no ${c.req.path}`)));
	app.onError((error, c) => {
		if (error instanceof ServiceError) return failure(c, error);
		log(`A request of the page failed: ${error.stack ?? error.message}`);
		return failure(
			c,
			diskFull(error) ?? new ServiceError("ServiceException", "The host failed; its own output says why"),
		);
	});
	return app;
}

const secured: MiddlewareHandler = async (c, next) => {
	for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
	await next();
};

function createApi(deps: ConsoleDeps): Hono<ConsoleEnv> {
	const startedAt = Date.now();
	const never = new AbortController().signal;
	const api = new Hono<ConsoleEnv>();
	api.use(limited, checked(deps), async (c, next) => {
		const changes = c.req.method !== "GET" && c.req.method !== "HEAD";
		if (changes && c.req.header("x-pilot") !== "1")
			throw new ServiceError("AccessDeniedException", "Calls that change something need the header X-Pilot: 1");
		c.header("cache-control", "no-store");
		await next();
	});
	api.get("/status", async (c) => c.json(await statusView(depsOf(c), startedAt)));
	api.get("/functions", async (c) => c.json({ functions: await functionLines(depsOf(c)) }));
	api.get("/functions/:name", async (c) => c.json(await functionView(depsOf(c), c.req.param("name"))));
	api.get("/functions/:name/logs", async (c) => {
		const query = logQuery(c.req.query());
		const { name } = await existing(depsOf(c), c.req.param("name"));
		return c.body(logStream(deps.observer, name, query, deps.stopping ?? never), 200, {
			"content-type": "text/plain; charset=utf-8",
		});
	});
	api.get("/triggers", async (c) => c.json({ triggers: await depsOf(c).triggers.list(c.req.query("functionName")) }));
	api.post("/triggers", async (c) => c.json(await depsOf(c).triggers.add(await jsonBody(c)), 201));
	api.route("/functions/:name/dead-letters", deadLetterRoutes());
	api.delete("/triggers/:id", async (c) => {
		const id = c.req.param("id");
		if (await depsOf(c).triggers.remove(id)) return c.body(null, 204);
		throw new ServiceError("ResourceNotFoundException", `There is no trigger ${JSON.stringify(id)}`);
	});
	if (deps.access) api.route("/keys", keyRoutes(deps, deps.access, jsonBody));
	return api;
}

const limited = bodyLimit({
	maxSize: MAX_BODY,
	onError: () => {
		throw new ServiceError("RequestTooLargeException", `The body is larger than ${MAX_BODY} bytes`);
	},
});

async function jsonBody(c: Context): Promise<unknown> {
	const text = await c.req.text();
	try {
		return JSON.parse(text);
	} catch (error) {
		throw new ServiceError("InvalidRequestContentException", `The body is not JSON: ${(error as Error).message}`);
	}
}

function failure(c: Context, error: ServiceError): Response {
	c.header("x-amzn-errortype", error.name);
	return c.json({ error: error.name, message: error.message }, error.status as ContentfulStatusCode);
}
