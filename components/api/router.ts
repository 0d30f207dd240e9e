import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Handler } from "@pilotlight/sdk";

/** What a route is given of the request. */
export interface Request {
	/** The path's part that stands where the pattern has `:name`. */
	parameter: string;
	cookies: Record<string, string | undefined>;
	/** The body as text, whichever way it came. */
	text: string;
	event: APIGatewayProxyEventV2;
}

export type Route = (request: Request) => APIGatewayProxyStructuredResultV2;

/** A handler that picks the route by method and path: 404 if no path fits, 405 if the method does not. */
export function route(
	routes: Record<string, Route>,
): Handler<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
	const table = Object.entries(routes).map(([key, run]) => {
		const [method, pattern] = key.split(" ") as [string, string];
		return { method, path: new RegExp(`^${pattern.replace(/:\w+/, "([^/]+)")}/?$`), run };
	});
	return (event) => {
		const fitting = table.filter(({ path }) => path.test(event.rawPath));
		const found = fitting.find(({ method }) => method === event.requestContext.http.method);
		if (!found) return refuse(fitting.map(({ method }) => method));
		const parameter = decodeURIComponent(found.path.exec(event.rawPath)?.[1] ?? "");
		const response = found.run({ parameter, cookies: readCookies(event), text: readBody(event), event });
		return { ...response, headers: { "content-type": "application/json", ...response.headers } };
	};
}

function refuse(allowed: string[]): APIGatewayProxyStructuredResultV2 {
	if (allowed.length === 0) return { statusCode: 404, body: '{"message":"Not found"}' };
	return { statusCode: 405, headers: { allow: allowed.join(", ") }, body: '{"message":"Method not allowed"}' };
}

function readCookies(event: APIGatewayProxyEventV2): Record<string, string> {
	return Object.fromEntries((event.cookies ?? []).map((it) => it.split("=", 2) as [string, string]));
}

function readBody(event: APIGatewayProxyEventV2): string {
	return event.isBase64Encoded ? Buffer.from(event.body ?? "", "base64").toString() : (event.body ?? "");
}
