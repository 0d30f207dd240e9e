/** How each way to fail reads in Lambda's error object: one table. */
import { MAX_RESPONSE } from "../engine/kinds/types.ts";
import type { Failure, FailureKind } from "../engine/types.ts";

export { MAX_RESPONSE };

/** What the words of an error need to know of the invocation. */
export interface FailureContext {
	requestId: string;
	timeoutMs: number;
	memoryMb: number;
	fuel: number | null;
}

interface Words {
	/** Null keeps the engine's, which is the guest's own. */
	errorType: string | null;
	message(failure: Failure, context: FailureContext): string;
}

/** Lambda puts the request id before what its sandbox says of a runtime that ended. */
function sandbox(errorType: string, words: (failure: Failure, context: FailureContext) => string): Words {
	return {
		errorType,
		message: (failure, context) => `RequestId: ${context.requestId} Error: ${words(failure, context)}`,
	};
}

function exited(failure: Failure): string {
	const words = failure.errorMessage;
	if (words === "") return "Runtime exited without providing a reason";
	return words.startsWith("Runtime exited") ? words : `Runtime exited with error: ${words}`;
}

const TABLE: Readonly<Record<FailureKind, Words>> = {
	handled: { errorType: null, message: (failure) => failure.errorMessage },
	crash: sandbox("Runtime.ExitError", exited),
	exit: sandbox("Runtime.ExitError", exited),
	timeout: sandbox(
		"Sandbox.Timedout",
		(_, { timeoutMs }) => `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
	),
	fuel: sandbox("Pilot.FuelExhausted", (_, { fuel }) => `Task used up its fuel: the limit is ${fuel ?? 0} units`),
	memory: sandbox(
		"Runtime.OutOfMemory",
		(failure, { memoryMb }) => `Task ran out of memory: the limit is ${memoryMb} MB${more(failure)}`,
	),
	init: sandbox("Runtime.InitError", (failure) => `Runtime failed to initialise${more(failure)}`),
	cancelled: sandbox("Pilot.Cancelled", () => "Task was ended because its caller went away"),
	"response-too-large": {
		errorType: "Function.ResponseSizeTooLarge",
		message: () => `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE} bytes).`,
	},
};

/** What the engine saw, in brackets, without what the sentence says already. */
function more(failure: Failure): string {
	const words = failure.errorMessage.replace(/^out of memory \((.*)\)$/s, "$1");
	return words === "" ? "" : ` (${words})`;
}

/** The failure in the words that the caller and the log get. */
export function describeFailure(failure: Failure, context: FailureContext): Failure {
	const words = TABLE[failure.kind];
	return {
		kind: failure.kind,
		errorType: words.errorType ?? failure.errorType,
		errorMessage: words.message(failure, context),
		// Of a trap the engine gives the guest's own frames, which Lambda has no counterpart for.
		stackTrace: failure.kind === "handled" || failure.kind === "crash" ? failure.stackTrace : [],
	};
}

/** Lambda's error object as JSON. An error that the guest reported always has a stack trace, if only an empty one. */
export function errorPayload({ kind, errorType, errorMessage, stackTrace }: Failure): Uint8Array {
	const traced = kind === "handled" || stackTrace.length > 0;
	return Buffer.from(JSON.stringify(traced ? { errorMessage, errorType, stackTrace } : { errorType, errorMessage }));
}

/** A failure that the invoker found, not the engine. */
export function newFailure(kind: FailureKind, errorMessage = ""): Failure {
	return { kind, errorType: "", errorMessage, stackTrace: [] };
}
