/** What the gateway itself answers, in AWS's words where AWS has some (docs/decisions/0031-function-urls.md). */
import { ServiceError, WorkerGone } from "../errors.ts";
import type { BufferedResponse } from "../invoker/http-event.ts";

/** An answer in the shape of AWS's: `{"Message": …}` and the error's name in a header. */
export function refusal(status: number, errorType: string, message: string | null): BufferedResponse {
	return {
		status,
		headers: [
			["content-type", "application/json"],
			["x-amzn-errortype", errorType],
		],
		body: Buffer.from(JSON.stringify({ Message: message })),
	};
}

/** AWS's for an id that is no function URL's: who may not call it is not told whether it exists. */
export function unknownUrl(): BufferedResponse {
	return refusal(403, "AccessDeniedException", null);
}

/** Whoever may not call a function URL, signed or not. */
export function forbidden(): BufferedResponse {
	return refusal(
		403,
		"AccessDeniedException",
		"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
	);
}

/** The function failed, or its answer is no response. Not JSON, though AWS's type says so; the reason is in the log. */
export function badGateway(): BufferedResponse {
	return {
		status: 502,
		headers: [
			["content-type", "application/json"],
			["x-amzn-errortype", "InternalServerErrorException"],
		],
		body: Buffer.from("Internal Server Error"),
	};
}

export function tooLarge(): BufferedResponse {
	return refusal(413, "RequestTooLargeException", "The request must be smaller than 6291456 bytes");
}

/** What an error that `invoke` throws is to the caller; null if it is a fault of the host, which its caller must log. */
export function ofError(error: unknown): BufferedResponse | null {
	if (error instanceof WorkerGone) return workerGone();
	if (!(error instanceof ServiceError)) return null;
	// Deleted since it was looked up.
	if (error.name === "ResourceNotFoundException") return unknownUrl();
	if (error.name === "RequestTooLargeException") return tooLarge();
	return refusal(error.status, error.name, error.message);
}

/** Another process of the host had the request, and ended. */
function workerGone(): BufferedResponse {
	return refusal(
		502,
		"ServiceException",
		"The worker process that served the request ended before it had answered. Whether the function had run is not known.",
	);
}

export function hostFault(): BufferedResponse {
	return refusal(500, "ServiceException", "Internal Server Error");
}
