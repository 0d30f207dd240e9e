import type { APIGatewayProxyEventV2, Handler } from "@pilotlight/sdk";

/** Greets whom the query names. A result that is no response object is sent as JSON. */
export const handler: Handler<APIGatewayProxyEventV2> = async (event) => {
	const name = event.queryStringParameters?.name ?? "world";
	return { message: `Hello, ${name}!` };
};
