/** Which part of the host a request is for: a function URL, the API, or the page. */
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { Config } from "../config.ts";
import type { BufferedResponse } from "../invoker/http-event.ts";
import type { Invoker } from "../invoker/types.ts";
import type { Store } from "../store/types.ts";
import { type Finding, findById, findByLabel, findByPath } from "./find.ts";
import { ownNames, siteOf } from "./host-name.ts";
import { isForeign, isNavigation } from "./origin.ts";
import { sendWhole } from "./outgoing.ts";
import { hostFault, refusal } from "./refusals.ts";
import { serveUrl } from "./serve.ts";
import { splitPrefix, type Target, targetOf } from "./target.ts";

/** What `@hono/node-server` gives a handler beside the request. */
export type NodeEnv = { Bindings: HttpBindings };

/** A Hono application, as the gateway needs it. */
export interface App {
	fetch(request: Request, env: HttpBindings): Response | Promise<Response>;
}

export interface GatewayDeps {
	config: Pick<Config, "host" | "account">;
	store: Pick<Store, "functions" | "urls">;
	invoker: Pick<Invoker, "invoke">;
	/** The Lambda API: all paths of the host's own names but the page's. */
	api: App;
	/** The page: `/_pilot/`. */
	console: App;
	/** One line for who runs the host; stderr unless given. */
	log?(line: string): void;
}

export interface Gateway {
	/** API, page and function URLs, told apart by the Host header. */
	byHost: Hono<NodeEnv>;
	/** Function URLs alone, as `/NAME/…` or `/ID/…`, on a port of their own: an origin without API and page. */
	byPath: Hono<NodeEnv>;
}

type Serve = (c: Context<NodeEnv>, target: Target) => Promise<Response> | Response;

/**
 * The gateway as two applications for two ports. They need Node's own request and response: serve them with
 * `@hono/node-server`'s `serve` or `createAdaptorServer`, with no `hostname` option beyond the address to listen on.
 */
export function createGateway(deps: GatewayDeps): Gateway {
	const log = deps.log ?? ((line: string) => console.error(line));
	const own = ownNames(deps.config);

	const toFunction = async (c: Context<NodeEnv>, finding: Finding, target: Target): Promise<Response> =>
		"refusal" in finding
			? answer(c, finding.refusal)
			: serveUrl({ config: deps.config, invoker: deps.invoker, log }, finding, c.env, target);

	const byHost: Serve = async (c, target) => {
		const site = siteOf(target.host, own);
		switch (site.kind) {
			case "own":
				return toOwn(deps, c, target);
			case "url":
				return toFunction(c, await findById(deps.store, site.id), target);
			case "name":
				return toFunction(c, await findByLabel(deps.store, site.label), target);
			case "foreign":
				return answer(c, misdirected());
		}
	};

	const byPath: Serve = async (c, target) => {
		if (siteOf(target.host, own).kind !== "own") return answer(c, misdirected());
		const split = splitPrefix(target.pathWithQuery);
		if (split === null) return answer(c, refusal(404, "ResourceNotFoundException", "Call a function as /NAME/path"));
		const finding = await findByPath(deps.store, split.name);
		return toFunction(c, finding, { host: target.host, pathWithQuery: split.pathWithQuery });
	};

	return { byHost: application(byHost, log), byPath: application(byPath, log) };
}

function application(serve: Serve, log: (line: string) => void): Hono<NodeEnv> {
	const app = new Hono<NodeEnv>();
	app.all("*", (c) => {
		const target = targetOf(c.env.incoming);
		return target === null
			? answer(c, refusal(400, "BadRequest", "It is not clear which host is meant"))
			: serve(c, target);
	});
	app.onError((error, c) => {
		log(`A request failed in the host: ${error.stack ?? error.message}`);
		return answer(c, hostFault());
	});
	return app;
}

/** API and page do as they are told, so nobody but their own page and programs may tell them. */
function toOwn(deps: GatewayDeps, c: Context<NodeEnv>, target: Target): Response | Promise<Response> {
	const { headers, method } = c.env.incoming;
	const path = target.pathWithQuery.split("?", 1)[0]!;
	const page = path.startsWith("/_pilot/");
	if (isForeign(headers, target.host) && !(page && isNavigation(headers, method)))
		return answer(c, refusal(403, "AccessDeniedException", "Requests from pages of another origin are refused"));
	if (path === "/_pilot" && method === "GET") return c.redirect("/_pilot/", 308);
	return page ? deps.console.fetch(c.req.raw, c.env) : deps.api.fetch(c.req.raw, c.env);
}

/** RFC 9110, section 15.5.20. */
function misdirected(): BufferedResponse {
	return refusal(421, "MisdirectedRequest", "This host does not answer for the name in the Host header");
}

function answer(c: Context<NodeEnv>, response: BufferedResponse): Response {
	return sendWhole(c.env, response);
}
