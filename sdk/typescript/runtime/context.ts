/** The context record of the function world as the object that Lambda's Node.js runtime gives. */
import type { Context } from "../index.ts";

/** `pilot:function/types.context`, as QuickJS gives it. */
export interface ContextRecord {
	requestId: string;
	functionName: string;
	functionVersion: string;
	invokedFunctionArn: string;
	memoryLimitInMb: number;
	/** ms since the Unix epoch. */
	deadlineMs: number;
	logGroupName: string;
	logStreamName: string;
	clientContext: string | null;
	tenantId: string | null;
	traceId: string | null;
}

export function createContext(record: ContextRecord): Context {
	return {
		awsRequestId: record.requestId,
		functionName: record.functionName,
		functionVersion: record.functionVersion,
		invokedFunctionArn: record.invokedFunctionArn,
		memoryLimitInMB: String(record.memoryLimitInMb),
		logGroupName: record.logGroupName,
		logStreamName: record.logStreamName,
		clientContext: parse(record.clientContext),
		identity: undefined,
		tenantId: record.tenantId ?? undefined,
		callbackWaitsForEmptyEventLoop: true,
		getRemainingTimeInMillis: () => Math.max(0, record.deadlineMs - Date.now()),
	};
}

/** The caller may send anything as client context: what is not JSON is given as text. */
function parse(text: string | null): unknown {
	if (text === null) return undefined;
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
