/** Which part of the host a request is for: a function URL, the API, or the page. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import type { Callers } from "../auth/callers.ts";
import type { Config } from "../config.ts";
import type { BufferedResponse } from "../invoker/http-event.ts";
import type { AnsweringInvoker } from "../invoker/types.ts";
import { type Finding, findById, findByLabel, findByPath, type Records } from "./find.ts";
import { ownNames, siteOf } from "./host-name.ts";
import { isForeign, isNavigation } from "./origin.ts";
import { type Exchange, sendWhole } from "./outgoing.ts";
import { hostFault, refusal } from "./refusals.ts";
import { RouteCache } from "./route-cache.ts";
import { serveUrl } from "./serve.ts";
import { splitPrefix, type Target, targetOf } from "./target.ts";

/** What `@hono/node-server` gives a handler beside the request. */
export type NodeEnv = { Bindings: HttpBindings };

/** A Hono application, as the gateway needs it. */
export interface App {
	fetch(request: Request, env: HttpBindings): Response | Promise<Response>;
}

/** What a server of Node's is made of. */
export type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

export interface GatewayDeps {
	config: Pick<Config, "host" | "account">;
	/** Where it has a `generation`, which changes with every change, what was found is remembered as long as that stays. */
	store: Records & { generation?(): number };
	invoker: AnsweringInvoker;
	/** Who may call; without it nobody may call URLs that want a signature, and everybody all others. */
	callers?: Callers;
	/** The Lambda API: all paths of the host's own names but the page's. */
	api: App;
	/** The page: `/_pilot/`. */
	console: App;
	/** One line for who runs the host; stderr unless given. */
	log?(line: string): void;
}

export interface Gateway {
	/** API, page and function URLs, told apart by the Host header. */
	byHost: Listener;
	/** Function URLs alone, as `/NAME/…` or `/ID/…`, on a port of their own: an origin without API and page. */
	byPath: Listener;
}

type Serve = (exchange: Exchange, target: Target) => void | Promise<void>;

/**
 * The gateway as the listeners of two servers. Requests for functions are answered on Node's own request and response, those
 * for API and page by Hono's applications.
 */
export function createGateway(deps: GatewayDeps): Gateway {
	const log = deps.log ?? ((line: string) => console.error(line));
	const own = ownNames(deps.config);
	const cache = new RouteCache(deps.store);
	const { config, invoker, store, callers } = deps;
	const urls = { config, invoker, store, callers, log };
	const toOwn = getRequestListener(ownApplication(deps, log).fetch);

	function toFunction(exchange: Exchange, finding: Finding, target: Target): void {
		if ("refusal" in finding) sendWhole(exchange, finding.refusal);
		else serveUrl(urls, finding, exchange, target);
	}

	async function look(key: string, find: () => Promise<Finding>): Promise<Finding> {
		return cache.keep(key, cache.generation(), await find());
	}

	async function byName(exchange: Exchange, target: Target): Promise<void> {
		const site = siteOf(target.host, own);
		switch (site.kind) {
			case "own":
				return toOwn(exchange.incoming, exchange.outgoing);
			case "url":
				return toFunction(exchange, await look(target.host, () => findById(deps, site.id)), target);
			case "name":
				return toFunction(exchange, await look(target.host, () => findByLabel(deps, site.label)), target);
			case "foreign":
				return sendWhole(exchange, misdirected());
		}
	}

	const byHost: Serve = (exchange, target) => {
		const known = cache.get(target.host);
		return known === undefined ? byName(exchange, target) : toFunction(exchange, known, target);
	};

	const byPath: Serve = async (exchange, target) => {
		if (siteOf(target.host, own).kind !== "own") return sendWhole(exchange, misdirected());
		const split = splitPrefix(target.pathWithQuery);
		if (split === null)
			return sendWhole(exchange, refusal(404, "ResourceNotFoundException", "Call a function as /NAME/path"));
		const key = `/${split.name}`;
		const finding = cache.get(key) ?? (await look(key, () => findByPath(deps, split.name)));
		return toFunction(exchange, finding, { ...target, pathWithQuery: split.pathWithQuery });
	};

	return { byHost: listener(byHost, log), byPath: listener(byPath, log) };
}

function listener(serve: Serve, log: (line: string) => void): Listener {
	return (incoming, outgoing) => {
		const exchange = { incoming, outgoing };
		const failed = (error: unknown): void => {
			log(`A request failed in the host: ${error instanceof Error ? error.stack : error}`);
			sendWhole(exchange, hostFault());
		};
		try {
			const target = targetOf(incoming);
			if (target === null) sendWhole(exchange, refusal(400, "BadRequest", "It is not clear which host is meant"));
			else serve(exchange, target)?.catch(failed);
		} catch (error) {
			failed(error);
		}
	};
}

/** API and page do as they are told, so nobody but their own page and programs may tell them. */
function ownApplication(deps: GatewayDeps, log: (line: string) => void): Hono<NodeEnv> {
	const app = new Hono<NodeEnv>();
	app.all("*", (c) => {
		const { headers, method } = c.env.incoming;
		const target = targetOf(c.env.incoming)!;
		const path = target.pathWithQuery.split("?", 1)[0]!;
		const page = path.startsWith("/_pilot/");
		if (isForeign(headers, target.host) && !(page && isNavigation(headers, method)))
			return webResponse(refusal(403, "AccessDeniedException", "Requests from pages of another origin are refused"));
		if (path === "/_pilot" && method === "GET") return c.redirect("/_pilot/", 308);
		return page ? deps.console.fetch(c.req.raw, c.env) : deps.api.fetch(c.req.raw, c.env);
	});
	app.onError((error) => {
		log(`A request failed in the host: ${error.stack ?? error.message}`);
		return webResponse(hostFault());
	});
	return app;
}

/** RFC 9110, section 15.5.20. */
function misdirected(): BufferedResponse {
	return refusal(421, "MisdirectedRequest", "This host does not answer for the name in the Host header");
}

function webResponse({ status, headers, body }: BufferedResponse): Response {
	return new Response(body as BodyInit, { status, headers: new Headers(headers) });
}
