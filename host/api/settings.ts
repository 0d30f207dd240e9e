/** A function's settings, from what a caller sends to what is kept: ranges beyond the service model, and defaults. */
import type * as aws from "@aws-sdk/client-lambda";
import type { Init } from "../engine/types.ts";
import { invalid } from "../errors.ts";
import { RESERVED_VARIABLES } from "../invoker/env.ts";
import type { FunctionRecord, LoggingConfig } from "../store/types.ts";
import { ALL_RUNTIMES, CURRENT_RUNTIMES } from "./model/runtimes.ts";
import type { OwnMembers } from "./operation.ts";

/** What CreateFunction and UpdateFunctionConfiguration have in common. */
export type SettingsInput = aws.UpdateFunctionConfigurationRequest & OwnMembers;

/** The part of a record that settings make. */
export type Settings = Pick<
	FunctionRecord,
	| "description"
	| "role"
	| "handler"
	| "runtime"
	| "timeoutSeconds"
	| "memoryMb"
	| "fuel"
	| "isolation"
	| "init"
	| "snapStart"
	| "environment"
	| "environmentGiven"
	| "ephemeralStorageMb"
	| "tracingMode"
	| "deadLetterArn"
	| "logging"
>;

/** Settings of a new function before its input is looked at; role and runtime are required. */
export function defaultSettings(name: string): Settings {
	return {
		description: "",
		role: "",
		handler: null,
		runtime: "",
		timeoutSeconds: 3,
		memoryMb: 128,
		fuel: null,
		isolation: "reuse",
		init: "once",
		environment: {},
		environmentGiven: false,
		ephemeralStorageMb: 512,
		tracingMode: "PassThrough",
		logging: { format: "Text", group: `/aws/lambda/${name}` },
	};
}

/** Settings with an input's members in place of what was there. Throws InvalidParameterValueException. */
export function applySettings(current: Settings, input: SettingsInput): Settings {
	refuseUnserved(input);
	return {
		description: input.Description ?? current.description,
		role: input.Role ?? current.role,
		handler: input.Handler ?? current.handler,
		runtime: input.Runtime === undefined ? current.runtime : checkRuntime(input.Runtime),
		timeoutSeconds: input.Timeout ?? current.timeoutSeconds,
		memoryMb: input.MemorySize ?? current.memoryMb,
		fuel: input.FuelLimit === undefined ? current.fuel : input.FuelLimit,
		isolation: input.Isolation ?? current.isolation,
		init: input.SnapStart ? initOf(input.SnapStart) : current.init,
		snapStart: input.SnapStart ? (input.SnapStart.ApplyOn ?? "None") : current.snapStart,
		environment: input.Environment ? checkEnvironment(input.Environment.Variables ?? {}) : current.environment,
		environmentGiven: input.Environment !== undefined || current.environmentGiven,
		ephemeralStorageMb: input.EphemeralStorage?.Size ?? current.ephemeralStorageMb,
		tracingMode: input.TracingConfig?.Mode ?? current.tracingMode,
		...deadLetterOf(current, input.DeadLetterConfig),
		logging: input.LoggingConfig ? applyLogging(current.logging, input.LoggingConfig) : current.logging,
	};
}

/** A queue or a topic (Developer Guide, "Adding a dead-letter queue"); an empty ARN takes it away. */
const DEAD_LETTER = /^arn:aws[a-zA-Z-]*:(sqs|sns):[a-z0-9-]+:\d{12}:[a-zA-Z0-9-_.]+$/;

function deadLetterOf(current: Settings, input: aws.DeadLetterConfig | undefined): Pick<Settings, "deadLetterArn"> {
	const arn = input === undefined ? current.deadLetterArn : input.TargetArn;
	if (!arn) return { deadLetterArn: undefined };
	if (!DEAD_LETTER.test(arn)) throw invalid(`The dead letter target ARN ${arn} is none of a queue or a topic.`);
	return { deadLetterArn: arn };
}

/** Without a snapshot each instance initialises itself, as without SnapStart at AWS. */
function initOf({ ApplyOn }: aws.SnapStart): Init {
	return ApplyOn === "None" ? "each" : "once";
}

/** Throws InvalidParameterValueException for a runtime that there is not. */
function checkRuntime(runtime: string): string {
	if (CURRENT_RUNTIMES.includes(runtime) || runtime === "provided" || /^provided\.[a-z0-9.]+$/.test(runtime))
		return runtime;
	if (ALL_RUNTIMES.includes(runtime))
		throw invalid(
			`The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`,
		);
	throw invalid(
		`Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${CURRENT_RUNTIMES.join(", ")}] or be a valid ARN`,
	);
}

/** Bytes of all variables together, as JSON (Lambda quotas: 4 KB). */
const MAX_ENVIRONMENT = 4096;
const UNABLE =
	"Lambda was unable to configure your environment variables because the environment variables you have provided";

function checkEnvironment(variables: Record<string, string>): Record<string, string> {
	const reserved = Object.keys(variables).filter((name) => RESERVED_VARIABLES.has(name));
	if (reserved.length > 0)
		throw invalid(
			`${UNABLE} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(", ")}`,
		);
	// The service repeats the variables here; they may be secrets.
	const size = Buffer.byteLength(JSON.stringify(variables));
	if (size > MAX_ENVIRONMENT) throw invalid(`${UNABLE} exceeded the 4KB limit. Bytes measured: ${size}`);
	return { ...variables };
}

/** Levels belong to JSON alone, and are INFO there unless given (Developer Guide, "Log level filtering"). */
function applyLogging(current: LoggingConfig, input: aws.LoggingConfig): LoggingConfig {
	const { LogFormat, ApplicationLogLevel, SystemLogLevel, LogGroup } = input;
	const format = LogFormat ?? current.format;
	const group = LogGroup ?? current.group;
	if (format === "JSON")
		return {
			format,
			applicationLogLevel: ApplicationLogLevel ?? current.applicationLogLevel ?? "INFO",
			systemLogLevel: SystemLogLevel ?? current.systemLogLevel ?? "INFO",
			group,
		};
	if (ApplicationLogLevel !== undefined || SystemLogLevel !== undefined)
		throw invalid("ApplicationLogLevel and SystemLogLevel can be set only if LogFormat is JSON.");
	return { format, group };
}

/** Members that change how a function runs at AWS and that this host does not honour: better refused than forgotten. */
const UNSERVED: Record<string, (value: never) => boolean> = {
	PackageType: (value: string) => value !== "Zip",
	KMSKeyArn: (value: string) => value !== "",
	PublishTo: () => true,
	ImageConfig: (value: object) => Object.keys(value).length > 0,
	CapacityProviderConfig: () => true,
	DurableConfig: () => true,
	RuntimeConfig: () => true,
	AcceleratorConfig: () => true,
	SourceKMSKeyArn: (value: string) => value !== "",
};

/** What is said instead of the common words, where there is more to say. */
const REASONS: Record<string, string> = {
	PackageType:
		"Container images are not supported by this host: send a WebAssembly component as ZipFile, with PackageType Zip.",
	ImageConfig: "ImageConfig is for container images, which are not supported by this host. Leave it out.",
	KMSKeyArn: "There is no AWS KMS here, and nothing is encrypted with its keys. Leave KMSKeyArn out.",
	SourceKMSKeyArn: "There is no AWS KMS here, and nothing is encrypted with its keys. Leave SourceKMSKeyArn out.",
};

/** Their names, for the reference. */
export const UNSERVED_MEMBERS: readonly string[] = Object.keys(UNSERVED);

/** Throws InvalidParameterValueException if a member asks for what is not served yet. */
export function refuseUnserved(input: object): void {
	refuseNetworks((input as SettingsInput).VpcConfig);
	for (const [member, asks] of Object.entries(UNSERVED)) {
		const value = (input as Record<string, unknown>)[member];
		if (value !== undefined && asks(value as never))
			throw invalid(REASONS[member] ?? `${member} with this value is not supported by this host yet. Leave it out.`);
	}
}

/** There is no virtual network here, so no group and no subnet of one. The service's words for those that it does not find. */
function refuseNetworks(vpc: aws.VpcConfig | undefined): void {
	const [group] = vpc?.SecurityGroupIds ?? [];
	const [subnet] = vpc?.SubnetIds ?? [];
	if (group !== undefined)
		throw invalid(
			`Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. EC2 Error Message: The security group '${group}' does not exist`,
		);
	if (subnet !== undefined)
		throw invalid(
			`Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. EC2 Error Message: The subnet ID '${subnet}' does not exist`,
		);
}
