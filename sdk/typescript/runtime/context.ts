/** What the function world says of an invocation, as the object that Lambda's Node.js runtime gives. */
import type { Context } from "../index.ts";

/** What stays the same from most invocations to the next: the JSON of `pilot:function/text-handler`. */
interface About {
	functionName: string;
	functionVersion: string;
	invokedFunctionArn: string;
	memoryLimitInMb: number;
	logGroupName: string;
	logStreamName: string;
	clientContext?: string;
	tenantId?: string;
	traceId?: string;
}

let text = "";
let about: About;

/** Parses what the world says beyond the parameters of its own; mostly it says the same again. */
export function readAbout(more: string): About {
	if (more !== text) {
		about = JSON.parse(more) as About;
		text = more;
	}
	return about;
}

/** `deadlineMs`: ms since the Unix epoch. */
export function createContext(requestId: string, deadlineMs: number, it: About): Context {
	return {
		awsRequestId: requestId,
		functionName: it.functionName,
		functionVersion: it.functionVersion,
		invokedFunctionArn: it.invokedFunctionArn,
		memoryLimitInMB: String(it.memoryLimitInMb),
		logGroupName: it.logGroupName,
		logStreamName: it.logStreamName,
		clientContext: it.clientContext === undefined ? undefined : parse(it.clientContext),
		identity: undefined,
		tenantId: it.tenantId,
		callbackWaitsForEmptyEventLoop: true,
		getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
	};
}

/** The caller may send anything as client context: what is not JSON is given as text. */
function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
