/** What a function's source imports: types alone, so nothing of this is in the built component. */
export type {
	APIGatewayProxyEventV2,
	APIGatewayProxyResultV2,
	APIGatewayProxyStructuredResultV2,
} from "./events/http.ts";
export type { S3Event, S3EventRecord } from "./events/s3.ts";
export type { ScheduledEvent } from "./events/schedule.ts";

/**
 * A function: takes an event, gives a result or a promise of one. The result is sent as JSON; `undefined` is sent as
 * `null`. What it throws is sent as Lambda's error object (`errorType` is the error's name).
 */
export type Handler<Event = unknown, Result = unknown> = (event: Event, context: Context) => Result | Promise<Result>;

/** Lambda's context object of Node.js (AWS: "Using the Lambda context object to retrieve Node.js function information"). */
export interface Context {
	/** The invocation's id, a UUID; the same again when an event is retried. */
	readonly awsRequestId: string;
	readonly functionName: string;
	/** `$LATEST`, or a number. */
	readonly functionVersion: string;
	readonly invokedFunctionArn: string;
	/** MiB, as text: that is how Lambda's own context has it. */
	readonly memoryLimitInMB: string;
	readonly logGroupName: string;
	readonly logStreamName: string;
	/** What the caller sent as client context, parsed. */
	readonly clientContext: unknown;
	/** Always undefined: there is no Cognito here. */
	readonly identity: undefined;
	/** The tenant that the caller named, if any. */
	readonly tenantId: string | undefined;
	/** Kept for code that sets it. The answer is sent when the handler's promise settles, whatever this says. */
	callbackWaitsForEmptyEventLoop: boolean;
	/** ms until the invocation times out; 0 if that has passed. */
	getRemainingTimeInMillis(): number;
}
