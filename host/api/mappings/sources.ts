/** What an event source mapping takes and shows, a row a kind of source (API reference, CreateEventSourceMapping; recorded replies). */
import type { Inputs } from "../operation.ts";

export type SourceKind = "sqs" | "kinesis" | "dynamodb" | "msk" | "kafka" | "mq" | "documentdb";
export type MappingInput = Inputs["CreateEventSourceMapping"];
/** Members that some kinds of source take and others do not. */
export type SourceMember = Exclude<keyof MappingInput, CommonMember>;
type CommonMember =
	| "EventSourceArn"
	| "FunctionName"
	| "Enabled"
	| "BatchSize"
	| "FilterCriteria"
	| "KMSKeyArn"
	| "MetricsConfig"
	| "MaximumBatchingWindowInSeconds"
	| "Tags";

export interface SourceRules {
	/** Of the members that not every kind takes. */
	takes: ReadonlySet<SourceMember>;
	required: readonly (keyof MappingInput)[];
	/** Shown where the caller gave nothing. */
	defaults: Readonly<Record<string, unknown>>;
	/** `StateTransitionReason` of what the caller did: the service has two words for it. */
	reason: "USER_INITIATED" | "User action";
	/** Streams tell what became of their last batch, also before there was one. */
	lastProcessingResult?: string;
	/** May it start `AT_TIMESTAMP`? */
	timestamps: boolean;
}

const NOTHING_YET = "No records processed";
const STREAM_MEMBERS: readonly SourceMember[] = [
	"StartingPosition",
	"StartingPositionTimestamp",
	"DestinationConfig",
	"MaximumRecordAgeInSeconds",
	"BisectBatchOnFunctionError",
	"MaximumRetryAttempts",
	"FunctionResponseTypes",
];
const KAFKA_MEMBERS: readonly SourceMember[] = [
	...STREAM_MEMBERS,
	"Topics",
	"SourceAccessConfigurations",
	"ProvisionedPollerConfig",
	"LoggingConfig",
];

const STREAM: Omit<SourceRules, "timestamps"> = {
	takes: new Set([...STREAM_MEMBERS, "ParallelizationFactor", "TumblingWindowInSeconds"]),
	required: [],
	defaults: {
		BatchSize: 100,
		MaximumBatchingWindowInSeconds: 0,
		ParallelizationFactor: 1,
		DestinationConfig: { OnFailure: {} },
		MaximumRecordAgeInSeconds: -1,
		BisectBatchOnFunctionError: false,
		MaximumRetryAttempts: -1,
		TumblingWindowInSeconds: 0,
		FunctionResponseTypes: [],
	},
	reason: "User action",
	lastProcessingResult: NOTHING_YET,
};

const OTHER = { reason: "USER_INITIATED", lastProcessingResult: NOTHING_YET } as const;

/** A kind a line. */
export const SOURCES: Readonly<Record<SourceKind, SourceRules>> = {
	sqs: {
		takes: new Set(["ScalingConfig", "FunctionResponseTypes", "ProvisionedPollerConfig"]),
		required: [],
		defaults: { BatchSize: 10, MaximumBatchingWindowInSeconds: 0, FunctionResponseTypes: [] },
		reason: "USER_INITIATED",
		timestamps: false,
	},
	kinesis: { ...STREAM, timestamps: true },
	dynamodb: { ...STREAM, timestamps: false },
	msk: {
		...OTHER,
		takes: new Set([...KAFKA_MEMBERS, "AmazonManagedKafkaEventSourceConfig"]),
		required: ["Topics"],
		defaults: { BatchSize: 100, StartingPosition: "TRIM_HORIZON" },
		timestamps: true,
	},
	kafka: {
		...OTHER,
		takes: new Set([...KAFKA_MEMBERS, "SelfManagedEventSource", "SelfManagedKafkaEventSourceConfig"]),
		required: ["SourceAccessConfigurations", "Topics"],
		defaults: { BatchSize: 100, StartingPosition: "TRIM_HORIZON" },
		timestamps: true,
	},
	mq: {
		...OTHER,
		takes: new Set(["Queues", "SourceAccessConfigurations"]),
		required: ["SourceAccessConfigurations", "Queues"],
		defaults: { BatchSize: 100 },
		timestamps: false,
	},
	documentdb: {
		...OTHER,
		takes: new Set([
			"StartingPosition",
			"StartingPositionTimestamp",
			"SourceAccessConfigurations",
			"DocumentDBEventSourceConfig",
		]),
		required: ["SourceAccessConfigurations", "DocumentDBEventSourceConfig"],
		defaults: { BatchSize: 100 },
		timestamps: true,
	},
};

/** What the resource part of an ARN must look like, by service. */
const ARNS: readonly (readonly [service: string, resource: RegExp, kind: SourceKind])[] = [
	["sqs", /^[^:/]+$/, "sqs"],
	["kinesis", /^stream\/[^/]+(\/consumer\/.+)?$/, "kinesis"],
	["dynamodb", /^table\/[^/]+\/stream\/.+$/, "dynamodb"],
	["kafka", /^cluster\/.+$/, "msk"],
	["mq", /^broker:.+$/, "mq"],
	["rds", /^cluster:.+$/, "documentdb"],
];

/** The kind of source behind an ARN; null if there is none for it. */
export function sourceOfArn(arn: string): SourceKind | null {
	const [, , service, , , ...rest] = arn.split(":");
	const resource = rest.join(":");
	return ARNS.find(([name, pattern]) => name === service && pattern.test(resource))?.[2] ?? null;
}

/** Only members that not every kind takes are looked at. */
export const SOURCE_MEMBERS: readonly SourceMember[] = [
	...new Set(Object.values(SOURCES).flatMap(({ takes }) => [...takes])),
];
