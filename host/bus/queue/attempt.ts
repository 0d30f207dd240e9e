/** One attempt to run a queued event. */
import { ServiceError } from "../../errors.ts";
import type { Invoker } from "../../invoker/types.ts";
import type { QueuedEvent } from "../../store/types.ts";
import type { Attempt } from "./policy.ts";

/** Waiting may help against these; any other ServiceError says that the event itself cannot be run. */
const PASSING: ReadonlySet<string> = new Set([
	"TooManyRequestsException",
	"ServiceUnavailableException",
	"ServiceException",
	// The function was updated between two looks at it.
	"ResourceConflictException",
]);

/** Never rejects. `fault` gets what is no ServiceError: a fault of the host, whose words go nowhere else. */
export async function attempt(invoker: Invoker, event: QueuedEvent, fault: (error: unknown) => void): Promise<Attempt> {
	try {
		const { functionName, qualifier, payload } = event;
		const result = await invoker.invoke({
			functionName,
			qualifier,
			payload,
			requestId: event.id,
			clientContext: event.clientContext ?? undefined,
			traceId: event.traceId ?? undefined,
			tenantId: event.tenantId,
		});
		const { executedVersion, functionError } = result;
		const response = { statusCode: 200, executedVersion, payload: result.payload };
		return functionError === null
			? { kind: "success", response }
			: { kind: "error", response: { ...response, functionError } };
	} catch (error) {
		if (!(error instanceof ServiceError)) fault(error);
		return refused(error instanceof ServiceError ? error : new ServiceError("ServiceException", "Internal error"));
	}
}

function refused(error: ServiceError): Attempt {
	const payload = Buffer.from(JSON.stringify({ errorType: error.name, errorMessage: error.message }));
	const response = { statusCode: error.status, executedVersion: "$LATEST", payload };
	if (error.name === "RecursiveInvocationException") return { kind: "loop", response };
	return { kind: PASSING.has(error.name) ? "later" : "never", response };
}
