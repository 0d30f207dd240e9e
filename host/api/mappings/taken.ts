/** One mapping for a source and a function: the second is refused, and told which is the first. */
import { ServiceError } from "../../errors.ts";
import { functionArn } from "../../invoker/arn.ts";
import { ACCOUNT_SCOPE } from "../../store/tables.ts";
import type { EventSourceMappingRecord } from "../../store/types.ts";
import type { ApiDeps } from "../operation.ts";
import { kindOf } from "./settings.ts";
import type { MappingInput } from "./sources.ts";

/** Mappings that are read at a time. */
const PAGE = 1000;

/** A ResourceConflictException in the service's words if another mapping has the source and the function; else null. */
export async function taking(deps: ApiDeps, record: EventSourceMappingRecord): Promise<ServiceError | null> {
	let after: string | null = null;
	do {
		const page = await deps.store.mappings.list(ACCOUNT_SCOPE, PAGE, after);
		const other = page.items.find((it) => it.uuid !== record.uuid && sameTarget(it, record) && sameSource(it, record));
		if (other) return new ServiceError("ResourceConflictException", message(deps, record, other));
		after = page.next;
	} while (after !== null);
	return null;
}

function sameTarget(a: EventSourceMappingRecord, b: EventSourceMappingRecord): boolean {
	return a.functionName === b.functionName && a.qualifier === b.qualifier;
}

/** Kafka's topics and a broker's queues are sources of their own; of several servers one is enough. */
function sameSource(a: EventSourceMappingRecord, b: EventSourceMappingRecord): boolean {
	if (a.eventSourceArn !== b.eventSourceArn) return false;
	const [one, other] = [partsOf(a), partsOf(b)];
	if (a.eventSourceArn === null && !meet(one.servers, other.servers)) return false;
	return one.parts.length === 0 ? other.parts.length === 0 : meet(one.parts, other.parts);
}

function partsOf({ settings }: EventSourceMappingRecord): { servers: string[]; parts: string[] } {
	const { SelfManagedEventSource, Topics, Queues } = settings as Partial<MappingInput>;
	return {
		servers: SelfManagedEventSource?.Endpoints?.KAFKA_BOOTSTRAP_SERVERS ?? [],
		parts: Topics ?? Queues ?? [],
	};
}

const meet = (a: readonly string[], b: readonly string[]) => a.some((it) => b.includes(it));

/** Word for word for SQS, streams and Kafka (recorded); a broker's is after Kafka's. */
function message({ config }: ApiDeps, record: EventSourceMappingRecord, { uuid }: EventSourceMappingRecord): string {
	const { functionName, qualifier, eventSourceArn } = record;
	const instead = `already exists. Please update or delete the existing mapping with UUID ${uuid}`;
	const { servers, parts } = partsOf(record);
	switch (kindOf(record)) {
		case "sqs":
			return `An event source mapping with SQS arn (" ${eventSourceArn} ") and function (" ${functionName} ") ${instead}`;
		case "kafka":
		case "msk":
		case "mq": {
			const source = eventSourceArn ?? servers.join(",");
			const kind = record.settings.Queues ? "queues" : "topics";
			const arn = functionArn(config, functionName, qualifier);
			return `An event source mapping with event source ("${source}"), function ("${arn}"), ${kind} ("${parts.join(",")}") ${instead}`;
		}
		default:
			return `The event source arn (" ${eventSourceArn} ") and function (" ${functionName} ") provided mapping ${instead}`;
	}
}
