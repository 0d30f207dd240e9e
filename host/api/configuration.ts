/** A function's record as AWS shows it: `FunctionConfiguration`, member for member as the service answers. */
import { createHash, randomUUID } from "node:crypto";
import type { FunctionConfiguration, LoggingConfig, Runtime, SnapStartResponse } from "@aws-sdk/client-lambda";
import type { Config } from "../config.ts";
import { functionArn } from "../invoker/arn.ts";
import type { FunctionRecord, LoggingConfig as LoggingRecord, VersionRecord } from "../store/types.ts";
import { LATEST } from "./function-name.ts";

/**
 * Where a function is on its way. All work is done before a change is acknowledged, so only the reply to the change
 * itself says `created` or `updated`, as the service's does; whoever asks again finds it `active`.
 */
export type Stage = "created" | "updated" | "active";

const REASON = "The function is being created.";

const STAGES: Record<Stage, FunctionConfiguration> = {
	created: { State: "Pending", StateReason: REASON, StateReasonCode: "Creating" },
	updated: {
		State: "Active",
		LastUpdateStatus: "InProgress",
		LastUpdateStatusReason: REASON,
		// The service answers it; the SDK's list of codes has it for `StateReasonCode` alone.
		LastUpdateStatusReasonCode: "Creating" as FunctionConfiguration["LastUpdateStatusReasonCode"],
	},
	active: { State: "Active", LastUpdateStatus: "Successful" },
};

/** The configuration as GetFunction and the changing operations answer it. */
export function configurationOf(
	record: FunctionRecord,
	config: Pick<Config, "region" | "account">,
	stage: Stage,
	qualifier: string | null = null,
): FunctionConfiguration {
	return {
		...summaryOf(record, config, qualifier),
		...STAGES[stage],
		// At the service the end of the work is a revision of its own, so that this one is soon none.
		...(stage === "active" ? {} : { RevisionId: randomUUID() }),
		RuntimeVersionConfig: { RuntimeVersionArn: runtimeVersionArn(record.runtime, config.region) },
	};
}

/** The configuration as ListFunctions answers it: without state and runtime version (API reference). */
export function summaryOf(
	record: FunctionRecord,
	config: Pick<Config, "region" | "account">,
	qualifier: string | null = null,
): FunctionConfiguration {
	return {
		FunctionName: record.name,
		FunctionArn: functionArn(config, record.name, qualifier),
		// A name of this host's own is no member of AWS's list.
		Runtime: record.runtime as Runtime,
		Role: record.role,
		...(record.handler === null ? {} : { Handler: record.handler }),
		CodeSize: record.codeSize,
		Description: record.description,
		Timeout: record.timeoutSeconds,
		MemorySize: record.memoryMb,
		LastModified: record.lastModified,
		CodeSha256: record.codeSha256,
		Version: "version" in record ? (record as VersionRecord).version : LATEST,
		...(record.environmentGiven ? { Environment: { Variables: record.environment } } : {}),
		...(record.layers?.length
			? { Layers: record.layers.map(({ arn, codeSize }) => ({ Arn: arn, CodeSize: codeSize })) }
			: {}),
		...(record.fileSystems?.length
			? { FileSystemConfigs: record.fileSystems.map(({ arn, path }) => ({ Arn: arn, LocalMountPath: path })) }
			: {}),
		...(record.signer === undefined ? {} : { SigningProfileVersionArn: record.signer }),
		...(record.deadLetterArn === undefined ? {} : { DeadLetterConfig: { TargetArn: record.deadLetterArn } }),
		TracingConfig: { Mode: record.tracingMode },
		RevisionId: record.revisionId,
		PackageType: "Zip",
		Architectures: record.architectures as FunctionConfiguration["Architectures"],
		EphemeralStorage: { Size: record.ephemeralStorageMb },
		SnapStart: snapStartOf(record),
		LoggingConfig: loggingOf(record.logging),
		...(record.tenancy === undefined ? {} : { TenancyConfig: { TenantIsolationMode: record.tenancy } }),
	};
}

/**
 * `ApplyOn` is what was asked for: tools that compare it with what they want would find a difference for ever. The status is
 * what is so: a snapshot is taken at every publish, of `$LATEST` too, unless that was turned off or the version cannot pass
 * through one (docs/guides/snapshots.md).
 */
function snapStartOf({ snapStart, snapshot }: FunctionRecord): SnapStartResponse {
	return { ApplyOn: snapStart ?? "None", OptimizationStatus: snapshot ? "On" : "Off" };
}

function loggingOf(logging: LoggingRecord): LoggingConfig {
	return {
		LogFormat: logging.format,
		...(logging.applicationLogLevel ? { ApplicationLogLevel: logging.applicationLogLevel } : {}),
		...(logging.systemLogLevel ? { SystemLogLevel: logging.systemLogLevel } : {}),
		LogGroup: logging.group,
	};
}

/** Names what runs the function: another V8 is another runtime version. */
export function runtimeVersionArn(runtime: string, region: string): string {
	const digest = createHash("sha256").update(`${runtime} on V8 ${process.versions.v8}`).digest("hex");
	return `arn:aws:lambda:${region}::runtime:${digest}`;
}
