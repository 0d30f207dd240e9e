/** The one road to a function, for api, gateway and bus. */
import type { HttpRequest, HttpResponse } from "../engine/http.ts";
import type { CancelSignal, Usage } from "../engine/types.ts";

/** Largest payload of a synchronous invocation and of its buffered answer, bytes (AWS: 6 MB). */
export const MAX_SYNC_PAYLOAD = 6 * 1024 * 1024;
/** Largest payload of an asynchronous invocation, bytes (AWS: 1 MB since 2025). */
export const MAX_ASYNC_PAYLOAD = 1024 * 1024;

export interface InvokeRequest {
	functionName: string;
	qualifier?: string | null;
	/** Event bytes for any kind (an http guest gets it as a request), or a request for an http guest as it is. */
	payload: Uint8Array | HttpRequest;
	/** Given on a retry; else a new one is made. */
	requestId?: string;
	/** JSON text, decoded from base64. */
	clientContext?: string;
	traceId?: string | undefined;
	/**
	 * The tenant that it is for. Null: the caller could have named one, and did not, which a function that keeps tenants apart
	 * refuses. Undefined: there was no way to; such a function then uses an instance that serves nobody else.
	 */
	tenantId?: string | null;
	/** The caller went away. */
	signal?: CancelSignal | undefined;
	/** It begins to run, as this version (`$LATEST` or a number). Called once, unless it is refused. */
	onStart?(executedVersion: string): void;
	/** An http guest answered; called once, before the result. Without it the answer is turned into a payload 2.0 response. */
	onResponse?(response: HttpResponse): void;
}

export interface InvokeResult {
	requestId: string;
	/** `$LATEST` or a number (`X-Amz-Executed-Version`). */
	executedVersion: string;
	/** The function's answer as it gave it, or Lambda's error object as JSON when `functionError` is set. */
	payload: Uint8Array;
	/** `X-Amz-Function-Error`. `Handled` is no longer used by AWS's runtimes; always `Unhandled`. */
	functionError: "Unhandled" | null;
	/** The error object of `payload`, already parsed. */
	error: { errorType: string; errorMessage: string } | null;
	usage: Usage;
	/** START, output, END and REPORT of this invocation; the last 4 KB at most (`LogType=Tail`). */
	logTail(): Uint8Array;
}

/** What became of an invocation, where nobody asks for its log. */
export type Answer = Omit<InvokeResult, "logTail">;

/** Who runs invocations now, here or in another process. Throws as `Invoker.invoke`, and WorkerGone. */
export interface AnsweringInvoker {
	invoke(request: InvokeRequest): Promise<Answer>;
}

export interface Invoker {
	/** Runs now and waits. Throws ServiceError (ResourceNotFoundException, TooManyRequestsException, …). */
	invoke(request: InvokeRequest): Promise<InvokeResult>;
	/** Accepts for later: on disk when it resolves. Gives the request id. Throws ServiceError. */
	enqueue(request: {
		functionName: string;
		qualifier?: string | null;
		payload: Uint8Array;
		clientContext?: string;
		traceId?: string;
		tenantId?: string | null;
	}): Promise<string>;
	/** The function was changed or deleted: what is cached of it, and its instances, go. */
	changed(functionName: string): void;
}
