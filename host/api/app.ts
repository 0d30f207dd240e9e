/** AWS Lambda's REST API: every route of the service model, from the request to an operation's handler and back. */
import { type Context, Hono, type Next } from "hono";
import { diskFull, ServiceError } from "../errors.ts";
import { releaseBody } from "./body.ts";
import { CONTENT_PATH, serveContent } from "./content-links.ts";
import { handlersOf } from "./handlers.ts";
import { readInput } from "./input.ts";
import { SERVED, type ServedOperation } from "./model/served.ts";
import type { ApiDeps, Call, Handler, Handlers } from "./operation.ts";
import { OPERATIONS, type Route } from "./operations.ts";
import { errorResponse, FAULT, replyResponse } from "./reply.ts";

/**
 * The API as a Hono app. It answers every path: one that is no operation's gets 404 UnknownOperationException, an
 * operation that is not served yet 501 NotImplementedException.
 */
export function createApi(deps: ApiDeps): Hono {
	const app = new Hono({ strict: false });
	const handlers = handlersOf(deps);
	const fault = deps.onFault ?? writeFault;
	// Of two operations on one path, the one that a query parameter names is asked first.
	for (const route of OPERATIONS.toSorted((a, b) => Number("query" in b) - Number("query" in a)))
		app.on(route.method, honoPath(route.path), endpoint(route, handlers, fault));
	app.get(CONTENT_PATH, (context) => serveContent(deps.config, context));
	app.all("*", () => errorResponse(unknownOperation(), crypto.randomUUID()));
	app.onError((error) => {
		const requestId = crypto.randomUUID();
		fault({ operation: "", requestId, error });
		return errorResponse(FAULT, requestId);
	});
	return app;
}

const served: ReadonlySet<string> = new Set(SERVED);

type Fault = NonNullable<ApiDeps["onFault"]>;

function endpoint(route: Route, handlers: Handlers, fault: Fault) {
	const { name, query } = route;
	const answer = served.has(name)
		? (context: Context) => serve(name as ServedOperation, route, handlers, context, fault)
		: () => errorResponse(notImplemented(name), crypto.randomUUID());
	return async (context: Context, next: Next) => {
		if (query && context.req.query(query[0]) !== query[1]) return next();
		return answer(context);
	};
}

async function serve<Name extends ServedOperation>(
	name: Name,
	route: Route,
	handlers: Handlers,
	context: Context,
	fault: Fault,
): Promise<Response> {
	const request = context.req.raw;
	const call: Call = { request, requestId: crypto.randomUUID(), signal: request.signal };
	try {
		const input = await readInput(name, request, (member) => context.req.param(member));
		const handler: Handler<Name> = handlers[name];
		return replyResponse(await handler(input, call), route.status, call.requestId);
	} catch (error) {
		if (error instanceof ServiceError) return errorResponse(error, call.requestId);
		fault({ operation: name, requestId: call.requestId, error });
		return errorResponse(diskFull(error) ?? FAULT, call.requestId);
	} finally {
		releaseBody(request);
	}
}

/** `{Name}` as Hono's `:Name`. */
function honoPath(path: string): string {
	return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

function unknownOperation(): ServiceError {
	return new ServiceError("UnknownOperationException", "This path and method are no operation of the Lambda API.");
}

function notImplemented(name: string): ServiceError {
	return new ServiceError("NotImplementedException", `The operation ${name} is not served by this host yet.`);
}

function writeFault({ operation, requestId, error }: Parameters<Fault>[0]): void {
	console.error(`${operation || "API"} ${requestId} failed:`, error);
}
