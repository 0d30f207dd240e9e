/** Every reply that a test sees is held against AWS's service model, where there is one. */
import { OPERATIONS, type Route } from "../../host/api/operations.ts";
import { loadReplyModel, type ReplyModel } from "../clients/model.ts";

let model: ReplyModel | null | undefined;

const ROUTES = (OPERATIONS as readonly Route[])
	.map((route) => ({ ...route, pattern: new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, "[^/]+")}/?$`) }))
	.toSorted((a, b) => Number(Boolean(b.query)) - Number(Boolean(a.query)));

/** The operation that a request is for; null if it is for none. */
export function operationOf(method: string, url: string): string | null {
	const { pathname, searchParams } = new URL(url, "http://localhost");
	const route = ROUTES.find(
		(it) =>
			it.method === method && it.pattern.test(pathname) && (!it.query || searchParams.get(it.query[0]) === it.query[1]),
	);
	return route?.name ?? null;
}

/** Throws if a reply is not as the model has it. Bytes of a function's own are not looked at. */
export async function judge(method: string, url: string, response: Response): Promise<void> {
	const operation = operationOf(method, url);
	model ??= model === undefined ? loadReplyModel() : null;
	// 501 is this host's own.
	if (operation === null || model === null || response.status === 501) return;
	const own = response.status < 400 && /^Invoke/.test(operation);
	const text = own ? "" : await response.clone().text();
	const faults = model.faultsOf(operation, response.status, response.headers, text);
	if (faults.length > 0) throw new Error(`${operation} is not as AWS's model has it: ${faults.join("; ")}\n${text}`);
}
