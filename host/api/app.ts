/** AWS Lambda's REST API: every route of the service model, from the request to an operation's handler and back. */
import { type Context, Hono, type Next } from "hono";
import type { Caller } from "../auth/callers.ts";
import { diskFull, ServiceError } from "../errors.ts";
import { readBody, releaseBody } from "./body.ts";
import { callerOf } from "./caller.ts";
import { CONTENT_PATH, serveContent } from "./content-links.ts";
import { readInput, sizeLimit } from "./input.ts";
import { SERVED, type ServedOperation } from "./model/served.ts";
import type { ApiDeps, Call, Handler, Handlers } from "./operation.ts";
import { OPERATIONS, type Route } from "./operations.ts";
import { errorResponse, FAULT, replyResponse } from "./reply.ts";
import { scopedHandlers } from "./scope.ts";

/**
 * The API as a Hono app. It answers every path: one that is no operation's gets 404 UnknownOperationException, an
 * operation that is not served yet 501 NotImplementedException.
 */
export function createApi(deps: ApiDeps): Hono {
	const app = new Hono({ strict: false });
	const handlersFor = scopedHandlers(deps);
	const fault = deps.onFault ?? writeFault;
	// Of two operations on one path, the one that a query parameter names is asked first.
	for (const route of OPERATIONS.toSorted((a, b) => Number("query" in b) - Number("query" in a)))
		app.on(route.method, honoPath(route.path), endpoint(route, { callers: deps.callers, handlersFor, fault }));
	app.get(CONTENT_PATH, (context) => serveContent(deps.config, context));
	app.all("*", (context) => refuse(deps.callers, context, unknownOperation()));
	app.onError((error) => {
		const requestId = crypto.randomUUID();
		fault({ operation: "", requestId, error });
		return errorResponse(FAULT, requestId);
	});
	return app;
}

const served: ReadonlySet<string> = new Set(SERVED);

type Fault = NonNullable<ApiDeps["onFault"]>;

interface Serving {
	callers: ApiDeps["callers"];
	handlersFor(caller: Caller): Handlers;
	fault: Fault;
}

function endpoint(route: Route, serving: Serving) {
	const { name, query } = route;
	const answer = served.has(name)
		? (context: Context) => serve(name as ServedOperation, route, serving, context)
		: (context: Context) => refuse(serving.callers, context, notImplemented(name));
	return async (context: Context, next: Next) => {
		if (query && context.req.query(query[0]) !== query[1]) return next();
		return answer(context);
	};
}

async function serve<Name extends ServedOperation>(
	name: Name,
	route: Route,
	{ callers, handlersFor, fault }: Serving,
	context: Context,
): Promise<Response> {
	const request = context.req.raw;
	const call: Call = { request, requestId: crypto.randomUUID(), signal: request.signal };
	try {
		const caller = await callerOf(callers, context);
		if (caller.kind === "key") await confirm(caller, name, request);
		const input = await readInput(name, request, (member) => context.req.param(member));
		const handler: Handler<Name> = handlersFor(caller)[name];
		return replyResponse(await handler(input, call), route.status, call.requestId);
	} catch (error) {
		if (error instanceof ServiceError) return errorResponse(error, call.requestId);
		fault({ operation: name, requestId: call.requestId, error });
		return errorResponse(diskFull(error) ?? FAULT, call.requestId);
	} finally {
		releaseBody(request);
	}
}

/** The body is part of what was signed: it is read, as far as the operation takes it, before anything is done. */
async function confirm(caller: Caller, name: ServedOperation, request: Request): Promise<void> {
	const { bytes, tooLarge } = sizeLimit(name);
	await caller.confirm(await readBody(request, bytes, tooLarge));
}

/** Who may not call at all is told nothing else. */
async function refuse(callers: ApiDeps["callers"], context: Context, error: ServiceError): Promise<Response> {
	try {
		await callerOf(callers, context);
	} catch (refusal) {
		if (!(refusal instanceof ServiceError)) throw refusal;
		return errorResponse(refusal, crypto.randomUUID());
	}
	return errorResponse(error, crypto.randomUUID());
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
