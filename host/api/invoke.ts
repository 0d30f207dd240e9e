/** Invoke: now, later, or not at all. */
import { ServiceError } from "../errors.ts";
import { functionArn } from "../invoker/arn.ts";
import { type InvokeResult, MAX_ASYNC_PAYLOAD, MAX_SYNC_PAYLOAD } from "../invoker/types.ts";
import { readBody } from "./body.ts";
import { findFunction, parseFunctionName } from "./function-name.ts";
import { invokeStreamed } from "./invoke-stream.ts";
import { jsonFault } from "./json.ts";
import type { ApiDeps, Call, Handlers, Inputs, Reply } from "./operation.ts";

type Named = Pick<Inputs["Invoke"], "FunctionName" | "Qualifier" | "ClientContext" | "TenantId">;

export function invokeHandlers(deps: ApiDeps): Handlers<"Invoke" | "InvokeAsync" | "InvokeWithResponseStream"> {
	/** What all ways to invoke have in common. Reads the payload. */
	async function requestOf(input: Named, call: Call, limits: Limits) {
		const { name: functionName, qualifier } = parseFunctionName(input.FunctionName!, input.Qualifier, deps.config);
		const payload = await readPayload(call.request, limits);
		return {
			functionName,
			qualifier,
			payload,
			clientContext: clientContextOf(input),
			traceId: traceIdOf(call.request),
			tenantId: input.TenantId ?? null,
		};
	}

	async function dryRun({ functionName: name, qualifier }: Awaited<ReturnType<typeof requestOf>>): Promise<Reply> {
		await findFunction(deps.store, { name, qualifier, arn: functionArn(deps.config, name, qualifier) });
		return { status: 204 };
	}

	return {
		async Invoke(input, call) {
			refuseUnserved(input);
			const type = input.InvocationType ?? "RequestResponse";
			const request = await requestOf(input, call, type === "Event" ? ASYNCHRONOUS : SYNCHRONOUS);
			if (type === "DryRun") return dryRun(request);
			if (type === "Event") return { status: 202, requestId: await deps.invoker.enqueue(request) };
			const result = await deps.invoker.invoke({ ...request, signal: call.signal });
			return answer(result, request.traceId, input.LogType === "Tail");
		},

		async InvokeAsync(input, call) {
			const { clientContext: _, ...request } = await requestOf({ FunctionName: input.FunctionName }, call, DEPRECATED);
			return { requestId: await deps.invoker.enqueue(request) };
		},

		async InvokeWithResponseStream(input, call) {
			const request = await requestOf(input, call, STREAMED);
			if (input.InvocationType === "DryRun") return dryRun(request);
			return invokeStreamed(
				deps.invoker,
				{ ...request, signal: call.signal },
				{ requestId: call.requestId, withLog: input.LogType === "Tail" },
			);
		},
	};
}

/** Bytes that a payload may have, and how the service calls the operation in its error. */
interface Limits {
	bytes: number;
	operation: string;
}
const SYNCHRONOUS: Limits = { bytes: MAX_SYNC_PAYLOAD, operation: "InvokeFunction" };
const ASYNCHRONOUS: Limits = { bytes: MAX_ASYNC_PAYLOAD, operation: "InvokeFunction" };
const DEPRECATED: Limits = { bytes: MAX_ASYNC_PAYLOAD, operation: "InvokeAsync" };
const STREAMED: Limits = { bytes: MAX_SYNC_PAYLOAD, operation: "InvokeWithResponseStream" };

function answer(result: InvokeResult, traceId: string, withLog: boolean): Reply {
	return {
		bytes: result.payload,
		requestId: result.requestId,
		headers: {
			"X-Amz-Executed-Version": result.executedVersion,
			"X-Amzn-Trace-Id": traceId,
			...(result.functionError === null ? {} : { "X-Amz-Function-Error": result.functionError }),
			...(withLog ? { "X-Amz-Log-Result": Buffer.from(result.logTail()).toString("base64") } : {}),
		},
	};
}

function refuseUnserved(input: Inputs["Invoke"]): void {
	if (input.DurableExecutionName !== undefined)
		throw new ServiceError("InvalidParameterValueException", "DurableExecutionName is not supported by this host yet.");
}

const EMPTY = Buffer.from("{}");

/** The event, byte for byte. A request without a body gives the function `{}`, as the service's runtimes see it. */
async function readPayload(request: Request, { bytes: limit, operation }: Limits): Promise<Uint8Array> {
	const message = `Request must be smaller than ${limit} bytes for the ${operation} operation`;
	const bytes = await readBody(request, limit, () => new ServiceError("RequestTooLargeException", message));
	if (bytes.length === 0) return EMPTY;
	const fault = jsonFault(bytes);
	if (fault === null) return bytes;
	throw content(`Could not parse request body into json: ${fault}`);
}

/** Bytes of `X-Amz-Client-Context` (API reference, Invoke). */
const MAX_CLIENT_CONTEXT = 3583;

/** The client context as JSON text; it comes as base64. */
function clientContextOf({ ClientContext: text }: Pick<Inputs["Invoke"], "ClientContext">): string | undefined {
	if (text === undefined || text === "") return undefined;
	if (text.length > MAX_CLIENT_CONTEXT)
		throw content(`Client context must be no more than ${MAX_CLIENT_CONTEXT} bytes.`);
	try {
		const json = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(text));
		const value: unknown = JSON.parse(json);
		if (typeof value === "object" && value !== null && !Array.isArray(value)) return json;
	} catch {
		// Reported below, as any other value that is no object.
	}
	throw content("Client context must be a valid Base64-encoded JSON object.");
}

function content(message: string): ServiceError {
	return new ServiceError("InvalidRequestContentException", message);
}

const TRACE_ID = /^[\x21-\x7e]{1,256}$/;

/** The caller's trace header, or a new one that is not sampled (X-Ray Developer Guide, "Tracing header"). */
function traceIdOf(request: Request): string {
	const given = request.headers.get("x-amzn-trace-id");
	if (given !== null && TRACE_ID.test(given)) return given;
	const random = crypto.getRandomValues(new Uint8Array(20)).toHex();
	const seconds = Math.floor(Date.now() / 1000).toString(16);
	return `Root=1-${seconds}-${random.slice(0, 24)};Parent=${random.slice(24)};Sampled=0`;
}
