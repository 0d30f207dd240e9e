/** What an event source mapping may ask of its source, and what the service says if it asks for more. */
import type * as aws from "@aws-sdk/client-lambda";
import { invalid, type ServiceError } from "../../errors.ts";
import { isFilterPattern } from "./filter.ts";
import { type MappingInput, SOURCE_MEMBERS, SOURCES, type SourceKind, sourceOfArn } from "./sources.ts";

/** Settings as they would be after a change, and where they come from. */
export interface Wanted {
	kind: SourceKind;
	arn: string | null;
	settings: Omit<MappingInput, "FunctionName" | "EventSourceArn" | "Enabled" | "Tags">;
}

/** The kind of source that a new mapping is for. Throws InvalidParameterValueException if there is none. */
export function sourceOf(input: MappingInput): SourceKind {
	if (input.SelfManagedEventSource) return "kafka";
	if (input.EventSourceArn === undefined) throw invalid("Unrecognized event source.");
	const kind = sourceOfArn(input.EventSourceArn);
	if (kind !== null) return kind;
	throw invalid(
		`Unrecognized event source, must be kinesis, dynamodb stream or sqs. Unsupported source arn : ${input.EventSourceArn}`,
	);
}

/** Throws InvalidParameterValueException for what the source does not take. */
export function checkMapping({ kind, arn, settings }: Wanted): void {
	checkDestinations(kind, settings.DestinationConfig);
	checkMembers(kind, settings);
	checkStart(kind, arn, settings);
	checkBatches(kind, arn, settings);
	checkNumbers(kind, settings);
	checkFilters(settings.FilterCriteria);
}

function checkDestinations(kind: SourceKind, config: aws.DestinationConfig | undefined): void {
	if (!config) return;
	const unsupported = "Unsupported DestinationConfig parameter for given event source mapping type.";
	if (config.OnSuccess || !SOURCES[kind].takes.has("DestinationConfig")) throw invalid(unsupported);
	const target = config.OnFailure?.Destination;
	if (!target) return;
	const kafka = kind === "kafka" || kind === "msk";
	if (target.startsWith("kafka://") ? kafka : ON_FAILURE.has(target.split(":")[2]!)) return;
	const printed = `DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=${target}))`;
	throw invalid(`The provided destination config ${printed} is invalid.`);
}

const ON_FAILURE: ReadonlySet<string> = new Set(["sqs", "sns", "s3"]);

function checkMembers(kind: SourceKind, settings: Wanted["settings"]): void {
	const { takes, required } = SOURCES[kind];
	if (kind === "sqs" && settings.StartingPosition !== undefined)
		throw invalid("StartingPosition is not valid for SQS event sources.");
	for (const member of SOURCE_MEMBERS) {
		const value = (settings as Record<string, unknown>)[member];
		if (value !== undefined && !takes.has(member))
			throw invalid(`Unsupported '${lower(member)}' parameter for given event source mapping type.`);
	}
	for (const member of required)
		if (isMissing((settings as Record<string, unknown>)[member]))
			throw invalid(`Required '${lower(member)}' parameter is missing.`);
	if (kind === "documentdb" && settings.DocumentDBEventSourceConfig?.DatabaseName === undefined)
		throw invalid("Required 'databaseName' parameter is missing.");
}

const isMissing = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0);
const lower = (member: string) => member.charAt(0).toLowerCase() + member.slice(1);

/** Streams begin somewhere: there is no default for their position (recorded). */
const MUST_START: ReadonlySet<SourceKind> = new Set(["kinesis", "dynamodb", "documentdb"]);

function checkStart(kind: SourceKind, arn: string | null, settings: Wanted["settings"]): void {
	const { StartingPosition, StartingPositionTimestamp } = settings;
	if (StartingPosition === undefined && MUST_START.has(kind)) throw isNull("startingPosition");
	const atTime = StartingPosition === "AT_TIMESTAMP";
	if (atTime && !SOURCES[kind].timestamps) throw invalid(`Unsupported starting position for arn type: ${arn}`);
	if (atTime && StartingPositionTimestamp === undefined) throw isNull("startingPositionTimestamp");
	if (!atTime && StartingPositionTimestamp !== undefined)
		throw invalid("StartingPositionTimestamp is only valid with the starting position AT_TIMESTAMP.");
	if (Number(StartingPositionTimestamp ?? 0) * 1000 > Date.now())
		throw invalid("StartingPositionTimestamp cannot be in the future.");
}

/** The service says this one as InvalidParameterValueException, and with a full stop (recorded). */
function isNull(member: string): ServiceError {
	return invalid(
		`1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null.`,
	);
}

/** Messages in a batch that SQS gives at once; a FIFO queue gives no more. */
const ONE_RECEIVE = 10;

function checkBatches(kind: SourceKind, arn: string | null, settings: Wanted["settings"]): void {
	const { BatchSize = 1, MaximumBatchingWindowInSeconds: window = 0 } = settings;
	if (kind !== "sqs") return;
	if (arn?.endsWith(".fifo")) {
		if (window > 0) throw invalid("Batching window is not supported for FIFO queues");
		if (BatchSize > ONE_RECEIVE) throw invalid(`Batch size must be between 1 and ${ONE_RECEIVE} for FIFO queues`);
	} else if (BatchSize > ONE_RECEIVE && window === 0)
		throw invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10");
}

/** Seconds; a record's age has no limit, or one of at least this. */
const LEAST_AGE = 60;

function checkNumbers(kind: SourceKind, settings: Wanted["settings"]): void {
	const { MaximumRecordAgeInSeconds: age = -1, ProvisionedPollerConfig: pollers, ScalingConfig } = settings;
	if (age !== -1 && age < LEAST_AGE) throw invalid(atLeast("maximumRecordAgeInSeconds", age, LEAST_AGE));
	const { MinimumPollers: least, MaximumPollers: most } = pollers ?? {};
	if (pollers && ScalingConfig?.MaximumConcurrency !== undefined)
		throw invalid("ProvisionedPollerConfig and ScalingConfig cannot be set at the same time.");
	if (kind === "sqs")
		for (const [member, value] of [
			["minimumPollers", least],
			["maximumPollers", most],
		] as const)
			if (value !== undefined && value < 2) throw invalid(atLeast(member, value, 2));
	if (kind !== "sqs" && most !== undefined && most > MOST_KAFKA_POLLERS)
		throw invalid(
			`1 validation error detected: Value '${most}' at 'maximumPollers' failed to satisfy constraint: Member must have value less than or equal to ${MOST_KAFKA_POLLERS}`,
		);
	if (least !== undefined && most !== undefined && least > most)
		throw invalid("MinimumPollers must be less than or equal to MaximumPollers.");
}

const MOST_KAFKA_POLLERS = 2000;

function atLeast(member: string, value: number, least: number): string {
	return `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must have value greater than or equal to ${least}`;
}

/** Filters of a mapping at most (Lambda quotas; AWS raises it to ten on request). */
const MAX_FILTERS = 10;

function checkFilters(criteria: aws.FilterCriteria | undefined): void {
	const filters = criteria?.Filters ?? [];
	if (filters.length > MAX_FILTERS)
		throw invalid(`The number of filters exceeds the limit of ${MAX_FILTERS} filters per event source mapping.`);
	for (const { Pattern } of filters)
		if (Pattern === undefined || !isFilterPattern(Pattern)) throw invalid("Invalid filter pattern definition.");
}
