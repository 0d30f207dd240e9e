/**
 * Event source mappings: which function gets the records of which queue or stream. The API keeps them; what reads the
 * sources is the bus. A change is done when it is acknowledged: the reply says `Creating` or `Updating`, as the service's
 * does, the next one `Enabled`.
 */

import { invalid, ServiceError } from "../../errors.ts";
import { functionArn } from "../../invoker/arn.ts";
import { ACCOUNT_SCOPE } from "../../store/tables.ts";
import type { EventSourceMappingRecord, Store } from "../../store/types.ts";
import { type FunctionName, LATEST, parseFunctionName } from "../function-name.ts";
import type { ApiDeps, Handlers, Inputs, Reply } from "../operation.ts";
import { markerOf } from "../paging.ts";
import { checkTags } from "../tags.ts";
import { inTurn } from "../turns.ts";
import { checkMapping, sourceOf } from "./check.ts";
import { changedSettings, kindOf, newSettings, settingsOf } from "./settings.ts";
import { SOURCES } from "./sources.ts";
import { taking } from "./taken.ts";

type Names =
	| "CreateEventSourceMapping"
	| "GetEventSourceMapping"
	| "ListEventSourceMappings"
	| "UpdateEventSourceMapping"
	| "DeleteEventSourceMapping";
type State = EventSourceMappingRecord["state"];

export function mappingHandlers(deps: ApiDeps): Handlers<Names> {
	const { store } = deps;
	const reply = (record: EventSourceMappingRecord, state: State = record.state): Reply => ({
		body: shown(deps, record, state),
	});

	return {
		CreateEventSourceMapping: (input) =>
			inTurn(async () => {
				const record = await created(deps, input);
				await store.mappings.create(record);
				return reply(record, record.state === "Enabled" ? "Creating" : record.state);
			}),

		async GetEventSourceMapping({ UUID }) {
			return reply(await found(store, UUID!));
		},

		async ListEventSourceMappings(input) {
			const { items, next } = await list(deps, input);
			const body = { EventSourceMappings: items.map((it) => shown(deps, it, it.state)) };
			return { body: next === null ? body : { ...body, NextMarker: next } };
		},

		UpdateEventSourceMapping: (input) =>
			inTurn(async () => {
				const current = await found(store, input.UUID!);
				const record = await changed(deps, current, input);
				await store.mappings.update(record);
				return reply(record, onTheWay(current.state, record.state));
			}),

		DeleteEventSourceMapping: ({ UUID }) =>
			inTurn(async () => {
				const record = await found(store, UUID!);
				await store.mappings.delete(ACCOUNT_SCOPE, record.uuid);
				return reply(record, "Deleting");
			}),
	};
}

async function found(store: Store, uuid: string): Promise<EventSourceMappingRecord> {
	const record = await store.mappings.get(ACCOUNT_SCOPE, uuid);
	if (record) return record;
	throw new ServiceError("ResourceNotFoundException", "The resource you requested does not exist.");
}

async function created(deps: ApiDeps, input: Inputs["CreateEventSourceMapping"]): Promise<EventSourceMappingRecord> {
	// The service says this before it looks at the source (recorded).
	if (input.DestinationConfig?.OnSuccess)
		throw invalid("Unsupported DestinationConfig parameter for given event source mapping type.");
	const kind = sourceOf(input);
	const uuid = crypto.randomUUID();
	const given = settingsOf(input);
	const arn = input.EventSourceArn ?? null;
	checkMapping({ kind, arn, settings: { ...SOURCES[kind].defaults, ...given } });
	const tags = checkTags(input.Tags ?? {});
	const { name, qualifier } = await target(deps, input.FunctionName!);
	const record: EventSourceMappingRecord = {
		uuid,
		functionName: name,
		qualifier,
		eventSourceArn: arn,
		state: input.Enabled === false ? "Disabled" : "Enabled",
		stateTransitionReason: SOURCES[kind].reason,
		lastModified: new Date().toISOString(),
		settings: { ...newSettings(kind, uuid, given) },
		tags,
	};
	const conflict = await taking(deps, record);
	if (conflict) throw conflict;
	return record;
}

async function changed(
	deps: ApiDeps,
	current: EventSourceMappingRecord,
	input: Inputs["UpdateEventSourceMapping"],
): Promise<EventSourceMappingRecord> {
	const kind = kindOf(current);
	const given = settingsOf(input);
	checkMapping({ kind, arn: current.eventSourceArn, settings: { ...current.settings, ...given } });
	const moved = input.FunctionName === undefined ? null : await target(deps, input.FunctionName);
	const state = input.Enabled ?? current.state === "Enabled";
	const record: EventSourceMappingRecord = {
		...current,
		...(moved ? { functionName: moved.name, qualifier: moved.qualifier } : {}),
		state: state ? "Enabled" : "Disabled",
		stateTransitionReason: SOURCES[kind].reason,
		lastModified: new Date().toISOString(),
		settings: { ...changedSettings(kind, current.settings, given) },
	};
	const conflict = moved && (await taking(deps, record));
	if (conflict) throw conflict;
	return record;
}

/** The function that is to be called, which must be there, and so its version or alias. */
async function target({ config, store }: ApiDeps, text: string): Promise<FunctionName> {
	const wanted = parseFunctionName(text, undefined, config);
	const { name, qualifier } = wanted;
	const there =
		qualifier === null || qualifier === LATEST
			? await store.functions.get(name)
			: ((await store.aliases.get(name, qualifier)) ?? (await store.versions.get(name, qualifier)));
	if (there) return wanted;
	throw invalid("Function does not exist");
}

function onTheWay(before: State, after: State): State {
	if (before === after) return "Updating";
	return after === "Enabled" ? "Enabling" : "Disabling";
}

/** Mappings in one page at most, whatever `MaxItems` says (API reference). */
const MAX_PAGE = 100;

async function list({ config, store }: ApiDeps, input: Inputs["ListEventSourceMappings"]) {
	const { EventSourceArn, FunctionName, Marker, MaxItems } = input;
	const wanted = FunctionName === undefined ? null : parseFunctionName(FunctionName, undefined, config);
	const fits = (it: EventSourceMappingRecord) =>
		(wanted === null || (it.functionName === wanted.name && it.qualifier === wanted.qualifier)) &&
		(EventSourceArn === undefined || it.eventSourceArn === EventSourceArn);
	const limit = Math.min(MaxItems ?? MAX_PAGE, MAX_PAGE);
	const items: EventSourceMappingRecord[] = [];
	let after = Marker === undefined ? null : uuidIn(Marker);
	do {
		const page = await store.mappings.list(ACCOUNT_SCOPE, MAX_PAGE, after);
		items.push(...page.items.filter(fits));
		after = page.next;
	} while (after !== null && items.length <= limit);
	const shown = items.slice(0, limit);
	return { items: shown, next: items.length > limit ? markerOf(shown.at(-1)!.uuid) : null };
}

/** A marker is opaque to callers: the id after which the next page begins. */
function uuidIn(marker: string): string {
	const uuid = Buffer.from(marker, "base64url").toString();
	if (!/^[0-9a-f-]{36}$/.test(uuid)) throw invalid("The marker is none that ListEventSourceMappings gave.");
	return uuid;
}

/** As the service shows it: EventSourceMappingConfiguration. */
function shown({ config }: ApiDeps, record: EventSourceMappingRecord, state: State): object {
	const { uuid, functionName, qualifier, eventSourceArn, stateTransitionReason, settings } = record;
	const { lastProcessingResult } = SOURCES[kindOf(record)];
	return {
		UUID: uuid,
		EventSourceMappingArn: mappingArn(config, uuid),
		...(eventSourceArn === null ? {} : { EventSourceArn: eventSourceArn }),
		FunctionArn: functionArn(config, functionName, qualifier),
		...settings,
		LastModified: new Date(record.lastModified),
		...(lastProcessingResult === undefined ? {} : { LastProcessingResult: lastProcessingResult }),
		State: state,
		StateTransitionReason: stateTransitionReason,
	};
}

/** `arn:aws:lambda:REGION:ACCOUNT:event-source-mapping:UUID` */
export function mappingArn({ region, account }: { region: string; account: string }, uuid: string): string {
	return `arn:aws:lambda:${region}:${account}:event-source-mapping:${uuid}`;
}
