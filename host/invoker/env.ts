/** The environment variables of a function: its own, and those that Lambda gives every function. */
import type { FunctionRecord } from "../store/types.ts";

/**
 * Names that belong to the host; `Environment` may not set them (Developer Guide, "Defined runtime environment
 * variables"). Some have no value here (there are no credentials and no runtime API), and are reserved all the same, so
 * that a function which deploys here also deploys to Lambda.
 */
export const RESERVED_VARIABLES: ReadonlySet<string> = new Set([
	"_HANDLER",
	"_X_AMZN_TRACE_ID",
	"AWS_DEFAULT_REGION",
	"AWS_REGION",
	"AWS_EXECUTION_ENV",
	"AWS_LAMBDA_FUNCTION_NAME",
	"AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
	"AWS_LAMBDA_FUNCTION_VERSION",
	"AWS_LAMBDA_INITIALIZATION_TYPE",
	"AWS_LAMBDA_LOG_GROUP_NAME",
	"AWS_LAMBDA_LOG_STREAM_NAME",
	"AWS_ACCESS_KEY",
	"AWS_ACCESS_KEY_ID",
	"AWS_SECRET_ACCESS_KEY",
	"AWS_SESSION_TOKEN",
	"AWS_LAMBDA_RUNTIME_API",
	"LAMBDA_TASK_ROOT",
	"LAMBDA_RUNTIME_DIR",
]);

/** Given to every function, but its own value wins: the guide calls these unreserved. */
const DEFAULTS = { TZ: ":UTC", LANG: "en_US.UTF-8" };

/**
 * What the guest sees. `AWS_LAMBDA_LOG_STREAM_NAME` is left out: on Lambda it differs from instance to instance, but
 * instances here start from one snapshot, so the stream's name is in the context alone. `_X_AMZN_TRACE_ID` likewise.
 */
export function environmentOf(record: FunctionRecord, region: string, version: string): Record<string, string> {
	return {
		...DEFAULTS,
		...record.environment,
		AWS_DEFAULT_REGION: region,
		AWS_EXECUTION_ENV: `AWS_Lambda_${record.runtime}`,
		AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(record.memoryMb),
		AWS_LAMBDA_FUNCTION_NAME: record.name,
		AWS_LAMBDA_FUNCTION_VERSION: version,
		AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
		AWS_LAMBDA_LOG_GROUP_NAME: record.logging.group,
		...logSettings(record.logging),
		AWS_REGION: region,
		LAMBDA_RUNTIME_DIR: "/var/runtime",
		LAMBDA_TASK_ROOT: "/var/task",
		...(record.handler === null ? {} : { _HANDLER: record.handler }),
	};
}

/** Lambda tells its runtimes of JSON logs by these two, so that a runtime's console writes JSON itself. */
function logSettings({ format, applicationLogLevel }: FunctionRecord["logging"]): Record<string, string> {
	if (format !== "JSON") return {};
	return { AWS_LAMBDA_LOG_FORMAT: "JSON", AWS_LAMBDA_LOG_LEVEL: applicationLogLevel ?? "INFO" };
}
