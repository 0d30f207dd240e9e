import type { APIGatewayProxyEventV2, Context } from "@pilotlight/sdk";

/** Slow on purpose: the calls grow with the number itself, and so does the fuel in the REPORT line. */
function fibonacci(n: number): number {
	return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

/** Takes `{"n": 20}`, or a query `?n=20`. */
export const handler = async (event: Partial<APIGatewayProxyEventV2> & { n?: number }, context: Context) => {
	const n = Number(event.n ?? event.queryStringParameters?.n ?? 20);
	if (!Number.isInteger(n) || n < 0) throw new RangeError(`n is ${n}, not a whole number from 0 on`);
	const before = context.getRemainingTimeInMillis();
	const result = fibonacci(n);
	console.log(`fibonacci(${n}) = ${result}, ${before - context.getRemainingTimeInMillis()} ms`);
	return { n, fibonacci: result };
};
