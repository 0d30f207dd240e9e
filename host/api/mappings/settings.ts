/** The settings of a mapping as they are kept and shown: what the caller gave over what its source has by default. */
import type { EventSourceMappingRecord } from "../../store/types.ts";
import type { Inputs } from "../operation.ts";
import type { Wanted } from "./check.ts";
import { type MappingInput, SOURCES, type SourceKind, sourceOfArn } from "./sources.ts";

type Settings = Wanted["settings"];

type Given = MappingInput | Inputs["UpdateEventSourceMapping"];

/** What of an input is settings; a member that was not given is not there. */
export function settingsOf(input: Given): Settings {
	return Object.fromEntries(Object.entries(input).filter(([member]) => !NO_SETTINGS.has(member)));
}

const NO_SETTINGS: ReadonlySet<string> = new Set(["EventSourceArn", "FunctionName", "Enabled", "Tags", "UUID"]);

/** The settings of a new mapping. */
export function newSettings(kind: SourceKind, uuid: string, given: Settings): Settings {
	return normal(kind, { ...SOURCES[kind].defaults, ...groups(kind, uuid), ...given });
}

/** The settings after a change, member by member. */
export function changedSettings(kind: SourceKind, current: Settings, given: Settings): Settings {
	return normal(kind, { ...current, ...given });
}

/** Consumers of a Kafka topic are a group of the mapping's own unless another is named (recorded). */
function groups(kind: SourceKind, uuid: string): Settings {
	if (kind === "kafka") return { SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: uuid } };
	return kind === "msk" ? { AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: uuid } } : {};
}

/** Empty structures take away what was there, and are not shown. */
function normal(kind: SourceKind, settings: Settings): Settings {
	const { FilterCriteria, ScalingConfig, ProvisionedPollerConfig, MetricsConfig, LoggingConfig, KMSKeyArn, ...rest } =
		settings;
	return {
		...rest,
		...("DestinationConfig" in rest ? { DestinationConfig: { OnFailure: onFailure(rest.DestinationConfig) } } : {}),
		...(FilterCriteria?.Filters?.length ? { FilterCriteria } : {}),
		...(ScalingConfig?.MaximumConcurrency === undefined ? {} : { ScalingConfig }),
		...(isEmpty(ProvisionedPollerConfig) ? {} : { ProvisionedPollerConfig: pollers(kind, ProvisionedPollerConfig!) }),
		...(MetricsConfig?.Metrics?.length ? { MetricsConfig } : {}),
		...(isEmpty(LoggingConfig) ? {} : { LoggingConfig }),
		...(KMSKeyArn ? { KMSKeyArn } : {}),
		...(rest.DocumentDBEventSourceConfig
			? { DocumentDBEventSourceConfig: { FullDocument: "Default", ...rest.DocumentDBEventSourceConfig } }
			: {}),
	};
}

function onFailure(config: Settings["DestinationConfig"]): object {
	const target = config?.OnFailure?.Destination;
	return target ? { Destination: target } : {};
}

const isEmpty = (value: object | undefined) => value === undefined || Object.keys(value).length === 0;

/** Pollers that are kept ready, at least and at most, unless given (API reference, ProvisionedPollerConfig). */
function pollers(kind: SourceKind, given: object): object {
	return { MinimumPollers: kind === "sqs" ? 2 : 1, MaximumPollers: 200, ...given };
}

/** The kind of source of a mapping that is kept. */
export function kindOf({ eventSourceArn }: EventSourceMappingRecord): SourceKind {
	return eventSourceArn === null ? "kafka" : sourceOfArn(eventSourceArn)!;
}
