/** A function's settings, from what a caller sends to what is kept: ranges beyond the service model, and defaults. */
import type * as aws from "@aws-sdk/client-lambda";
import type { Init } from "../engine/types.ts";
import { ServiceError } from "../errors.ts";
import { RESERVED_VARIABLES } from "../invoker/env.ts";
import type { FunctionRecord, LoggingConfig } from "../store/types.ts";
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
	| "environment"
	| "environmentGiven"
	| "ephemeralStorageMb"
	| "tracingMode"
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
		environment: input.Environment ? checkEnvironment(input.Environment.Variables ?? {}) : current.environment,
		environmentGiven: input.Environment !== undefined || current.environmentGiven,
		ephemeralStorageMb: input.EphemeralStorage?.Size ?? current.ephemeralStorageMb,
		tracingMode: input.TracingConfig?.Mode ?? current.tracingMode,
		logging: input.LoggingConfig ? applyLogging(current.logging, input.LoggingConfig) : current.logging,
	};
}

/** Without a snapshot each instance initialises itself, as without SnapStart at AWS. */
function initOf({ ApplyOn }: aws.SnapStart): Init {
	return ApplyOn === "None" ? "each" : "once";
}

/** The runtimes that a component can name; all others that begin with `provided.` run as well. */
const RUNTIMES = ["provided.wasi", "provided.al2023", "provided.al2", "provided"];
const LANGUAGE = /^(nodejs|python|java|dotnet|dotnetcore|go|ruby)[0-9.]|^nodejs$/;

/** Throws InvalidParameterValueException for a runtime that does not run here. */
function checkRuntime(runtime: string): string {
	if (runtime === "provided" || /^provided\.[a-z0-9.]+$/.test(runtime)) return runtime;
	if (LANGUAGE.test(runtime))
		throw invalid(
			`The runtime ${runtime} does not run here yet. Runtimes that do: provided.wasi, and any other provided.*; compile the function to a WebAssembly component.`,
		);
	throw invalid(
		`Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${RUNTIMES.join(", ")}] or be a valid ARN`,
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
	VpcConfig: (value: aws.VpcConfig) => [...(value.SubnetIds ?? []), ...(value.SecurityGroupIds ?? [])].length > 0,
	DeadLetterConfig: (value: aws.DeadLetterConfig) => Boolean(value.TargetArn),
	KMSKeyArn: (value: string) => value !== "",
	FileSystemConfigs: (value: unknown[]) => value.length > 0,
	Publish: (value: boolean) => value,
	PublishTo: () => true,
	ImageConfig: (value: object) => Object.keys(value).length > 0,
	CodeSigningConfigArn: (value: string) => value !== "",
	CapacityProviderConfig: () => true,
	DurableConfig: () => true,
	RuntimeConfig: () => true,
	AcceleratorConfig: () => true,
	SourceKMSKeyArn: (value: string) => value !== "",
};

/** Their names, for the reference. */
export const UNSERVED_MEMBERS: readonly string[] = Object.keys(UNSERVED);

/** Throws InvalidParameterValueException if a member asks for what is not served yet. */
export function refuseUnserved(input: object): void {
	for (const [member, asks] of Object.entries(UNSERVED)) {
		const value = (input as Record<string, unknown>)[member];
		if (value !== undefined && asks(value as never))
			throw invalid(`${member} with this value is not supported by this host yet. Leave it out.`);
	}
}

function invalid(message: string): ServiceError {
	return new ServiceError("InvalidParameterValueException", message);
}
