/** The addresses that the gateway answers at, for who prints or shows them. */
import type { FunctionUrlRecord } from "../store/types.ts";

export interface Addresses {
	/** `http://ID.lambda-url.localhost:9000/` */
	byId: string;
	/** `http://NAME.localhost:9000/`; null if the name is no label of a host name, or an alias's URL is meant. */
	byName: string | null;
	/** `http://127.0.0.1:9001/NAME/`, for clients that cannot resolve the others. */
	byPath: string;
}

/** One label of a host name (RFC 1123, section 2.1), in any case. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/**
 * Where a function URL answers. `byName` holds only while no other function's name differs in case alone
 * (`store.functions.sameLabel`).
 */
export function addressesOf(
	{ id, functionName, qualifier }: Pick<FunctionUrlRecord, "id" | "functionName" | "qualifier">,
	ports: { port: number; urlPort: number },
): Addresses {
	const named = qualifier === null && LABEL.test(functionName);
	return {
		byId: `http://${id}.lambda-url.localhost:${ports.port}/`,
		byName: named ? `http://${functionName.toLowerCase()}.localhost:${ports.port}/` : null,
		byPath: `http://127.0.0.1:${ports.urlPort}/${qualifier === null ? functionName : id}/`,
	};
}
