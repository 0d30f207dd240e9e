/**
 * What the host must not lose. Every method that changes something resolves only after the change is on disk, so what
 * was acknowledged survives `kill -9` and a power cut. All methods are asynchronous, since a store may be across a network.
 * Strings are well-formed, and bytes that were handed over are not changed until the promise is settled. Any method may
 * throw a StoreError (errors.ts) too.
 */
import type {
	AccessKeyRecord,
	AliasRecord,
	CodeSigningConfigRecord,
	EventSourceMappingRecord,
	FunctionRecord,
	FunctionSettingsRecord,
	LayerRecord,
	LayerVersionRecord,
	PolicyRecord,
	ProvisionedRecord,
	VersionRecord,
	VersionSettingsRecord,
} from "./records.ts";

export type * from "./records.ts";

/** The records that hang on functions and on the account, by the name of their table. `tables.ts` has their keys. */
export interface Tables {
	versions: VersionRecord;
	aliases: AliasRecord;
	settings: FunctionSettingsRecord;
	policies: PolicyRecord;
	provisioned: ProvisionedRecord;
	versionSettings: VersionSettingsRecord;
	layers: LayerRecord;
	layerVersions: LayerVersionRecord;
	codeSigningConfigs: CodeSigningConfigRecord;
	mappings: EventSourceMappingRecord;
	accessKeys: AccessKeyRecord;
	eventInvoke: EventInvokeRecord;
	deadLetters: DeadLetterRecord;
}

export type TableName = keyof Tables;

/** One change among several that are made together. */
export type Write =
	| { table: "functions"; op: "create"; record: FunctionRecord }
	| { table: "functions"; op: "update"; record: FunctionRecord; expected: string }
	| {
			[Name in TableName]:
				| { table: Name; op: "create" | "put"; record: Tables[Name] }
				| { table: Name; op: "update"; record: Tables[Name]; expected?: string }
				| { table: Name; op: "delete"; scope: string; key: string };
	  }[TableName];

/** A change to a table of records. */
export type TableWrite = Exclude<Write, { table: "functions" }>;

export interface CorsConfig {
	allowCredentials?: boolean;
	allowHeaders?: string[];
	allowMethods?: string[];
	allowOrigins?: string[];
	exposeHeaders?: string[];
	maxAge?: number;
}

/** A function URL. `id` is the first label of its host name: 32 characters of a-z and 2-7. */
export interface FunctionUrlRecord {
	id: string;
	functionName: string;
	qualifier: string | null;
	authType: "NONE" | "AWS_IAM";
	invokeMode: "BUFFERED" | "RESPONSE_STREAM";
	cors: CorsConfig | null;
	creationTime: string;
	lastModifiedTime: string;
}

/** How asynchronous invocations of a function end (`PutFunctionEventInvokeConfig`). */
export interface EventInvokeRecord {
	functionName: string;
	/** `$LATEST`, a number or an alias: it is for events that were accepted for it. */
	qualifier: string;
	/** 0 to 2. */
	maximumRetryAttempts: number | null;
	/** 60 to 21,600. */
	maximumEventAgeSeconds: number | null;
	/** ARN of the destination; null is none. */
	onSuccess: string | null;
	onFailure: string | null;
	lastModified: string;
}

/**
 * What became of an event whose end was to be told to what this host cannot reach: a queue, a topic, a bus or a bucket. It is kept here
 * instead, until somebody takes it or newer ones push it out.
 */
export interface DeadLetterRecord {
	functionName: string;
	/** In order of time. */
	id: string;
	/** ISO 8601. */
	createdAt: string;
	/** ARN of the queue, topic, bus or bucket. */
	target: string;
	/** How the event ended, as a destination's record names it. */
	condition: string;
	/** What was to be sent. */
	body: string;
	/** Beside it, to a dead-letter queue: `RequestID`, `ErrorCode`, `ErrorMessage`. */
	attributes?: Record<string, string>;
	/** The event, to be tried again. Its payload is base64. */
	event: { qualifier: string | null; payload: string; clientContext: string | null; tenantId?: string };
}

/** An event accepted for an asynchronous invocation, until it is done. */
export interface QueuedEvent {
	/** The invocation's request id; the same on every attempt. */
	id: string;
	functionName: string;
	qualifier: string | null;
	payload: Uint8Array;
	clientContext: string | null;
	traceId: string | null;
	/** The tenant that it is for, of those that the function keeps apart. */
	tenantId?: string;
	/** ms since the epoch. */
	acceptedAt: number;
	/** Attempts that were made and failed. */
	attempts: number;
	/** Not to be tried before, ms since the epoch. */
	dueAt: number;
	/** Where it came from, for loops through destinations: how many destinations it has passed. */
	hops: number;
}

/** An event source that the bus runs: a schedule, a bucket. `settings` belongs to the source's kind and is checked by its schema. */
export interface TriggerRecord {
	id: string;
	kind: string;
	functionName: string;
	enabled: boolean;
	settings: Record<string, unknown>;
	createdAt: string;
}

export interface Page<T> {
	items: T[];
	/** Pass as `after` for the next page; null at the end. */
	next: string | null;
}

/** Thrown by `create` when the key is taken. */
export class AlreadyExists extends Error {
	override name = "AlreadyExists";
}
/** Thrown when a record is not there, or no longer at the expected revision, or when what it hangs on is not there. */
export class Changed extends Error {
	override name = "Changed";
}

/** A table of records of one kind. Each is found by its scope (a function, a layer, or nothing) and its key within it. */
export interface RecordTable<T> {
	/** Throws AlreadyExists, and Changed if there is no such function. */
	create(record: T): Promise<void>;
	get(scope: string, key: string): Promise<T | null>;
	/** Replaces a record that is there, and still at `expectedRevision` if that is given. Throws Changed. */
	update(record: T, expectedRevision?: string): Promise<void>;
	/** Creates or replaces. Throws Changed if there is no such function. */
	put(record: T): Promise<void>;
	/** False if there was none. */
	delete(scope: string, key: string): Promise<boolean>;
	/**
	 * Those of a scope in order (versions by number, layer versions from the newest on, all others by key), or of all scopes for null.
	 * `after` is the `next` of a page, or, within a scope, a key.
	 */
	list(scope: string | null, limit: number, after?: string | null): Promise<Page<T>>;
}

export interface FunctionStore {
	/** Throws AlreadyExists. */
	create(record: FunctionRecord): Promise<void>;
	get(name: string): Promise<FunctionRecord | null>;
	/** Replaces a record that is still at `expectedRevision`. Throws Changed. */
	update(record: FunctionRecord, expectedRevision: string): Promise<void>;
	/** Removes the function and all that hangs on it (URL, event invoke config, triggers, queued events). False if there was none. */
	delete(name: string): Promise<boolean>;
	/** Names that are the same host name as `label`: equal but for the case of ASCII letters (RFC 4343). */
	sameLabel(label: string): Promise<string[]>;
	/** By name in order of code units. */
	list(limit: number, after?: string | null): Promise<Page<FunctionRecord>>;
	/** `codeBytes`: of all versions, and of layers. */
	count(): Promise<{ functions: number; codeBytes: number }>;
}

export interface UrlStore {
	/** Throws AlreadyExists if the function (and qualifier) has one or the id is taken, Changed if there is no such function. */
	create(record: FunctionUrlRecord): Promise<void>;
	byId(id: string): Promise<FunctionUrlRecord | null>;
	byFunction(functionName: string, qualifier: string | null): Promise<FunctionUrlRecord | null>;
	/** By qualifier, null first. */
	list(functionName: string): Promise<FunctionUrlRecord[]>;
	/** Throws Changed if the function (and qualifier) has no URL of this id. */
	update(record: FunctionUrlRecord): Promise<void>;
	delete(functionName: string, qualifier: string | null): Promise<boolean>;
}

export interface QueueStore {
	/** On disk when it resolves: the caller is told 202 only then. Throws AlreadyExists for an id that is queued. */
	put(event: QueuedEvent): Promise<void>;
	/** Up to `limit` events due at `now`, oldest due first (then oldest accepted), that are not in `exclude`, and not of a
	 * function in `busy`. */
	due(now: number, limit: number, exclude: ReadonlySet<string>, busy?: ReadonlySet<string>): Promise<QueuedEvent[]>;
	/** When the next such event falls due; null if there is none. */
	nextDue(exclude: ReadonlySet<string>, busy?: ReadonlySet<string>): Promise<number | null>;
	/** A failed attempt: try again at `dueAt`. Nothing happens if the event is gone. */
	retry(id: string, attempts: number, dueAt: number): Promise<void>;
	/** Done with the event, for good or ill; and in the same transaction accepts the destinations' events and makes the writes, if there are any
	 * (but no write for a function that is gone). Nothing happens if the event is gone, so a second call is harmless. Throws AlreadyExists
	 * for a `next` whose id is queued. */
	finish(id: string, next?: readonly QueuedEvent[], writes?: readonly TableWrite[]): Promise<void>;
	size(): Promise<number>;
}

export interface TriggerStore {
	/** Throws AlreadyExists, and Changed if there is no such function. */
	create(record: TriggerRecord): Promise<void>;
	get(id: string): Promise<TriggerRecord | null>;
	/** In order of creation. */
	list(functionName?: string): Promise<TriggerRecord[]>;
	/** Its checkpoints go along. */
	delete(id: string): Promise<boolean>;
	/** What a source remembers between restarts (the last tick, the files delivered), by key. */
	checkpoint(triggerId: string, key: string): Promise<string | null>;
	checkpoints(triggerId: string): Promise<Map<string, string>>;
	/** Sets the checkpoint and accepts the event that goes with it, in one transaction; null removes it.
	 * Throws Changed if there is no such trigger, AlreadyExists for an event whose id is queued; then neither is done. */
	advance(triggerId: string, key: string, value: string | null, event?: QueuedEvent): Promise<void>;
}

/** What is looked up to serve a request. */
export interface Lookups {
	functions: Pick<FunctionStore, "get" | "sameLabel">;
	urls: Pick<UrlStore, "byId" | "byFunction">;
	triggers: Pick<TriggerStore, "list">;
	versions: Pick<RecordTable<VersionRecord>, "get">;
	aliases: Pick<RecordTable<AliasRecord>, "get">;
	settings: Pick<RecordTable<FunctionSettingsRecord>, "get">;
	policies: Pick<RecordTable<PolicyRecord>, "get">;
	accessKeys: Pick<RecordTable<AccessKeyRecord>, "get" | "list">;
}

export interface Store extends RecordTables {
	functions: FunctionStore;
	urls: UrlStore;
	queue: QueueStore;
	triggers: TriggerStore;
	/** Makes all of the changes or none of them. Throws as each would alone; a deletion of what is not there is none. */
	together(writes: readonly Write[]): Promise<void>;
	close(): Promise<void>;
}

export type RecordTables = { [Name in TableName]: RecordTable<Tables[Name]> };
