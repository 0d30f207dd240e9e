/**
 * Every method that changes something, with what it needs before and how to see afterwards whether it was done. The type
 * makes this table complete: a new method of a store is either a read, named below, or has a line here.
 */
import { TABLE_KEYS, TABLE_NAMES, type TableKeys } from "../tables.ts";
import type { QueuedEvent, RecordTable, Store, TableName, Write } from "../types.ts";
import { eventInvokeRecord, functionRecord, queuedEvent, TABLE_RECORDS, triggerRecord, urlRecord } from "./records.ts";

/** `torn`: part of one change is there, and part is not. */
export type State = "before" | "after" | "torn";

export interface Mutation {
	/** Makes what the change is made to. */
	prepare(store: Store, key: string): Promise<unknown>;
	act(store: Store, key: string): Promise<unknown>;
	/** Once `prepare` was done. */
	state(store: Store, key: string): Promise<State>;
}

interface Reads {
	functions: "get" | "list" | "count" | "sameLabel";
	urls: "byId" | "byFunction" | "list";
	queue: "due" | "nextDue" | "size";
	triggers: "get" | "list" | "checkpoint" | "checkpoints";
}
type Table = { [Family in keyof Reads]: Record<Exclude<keyof Store[Family], Reads[Family]>, Mutation> };

const nothing = async () => {};
const withFunction = (store: Store, key: string) => store.functions.create(functionRecord(key));
const NONE: ReadonlySet<string> = new Set();

async function queued(store: Store, id: string): Promise<QueuedEvent | undefined> {
	const all = await store.queue.due(Number.MAX_SAFE_INTEGER, 1_000_000, NONE);
	return all.find((event) => event.id === id);
}

/** After if all of `there` are, and none of `gone` is; before if it is the other way round. */
function state(there: readonly unknown[], gone: readonly unknown[] = []): State {
	const done = [...there.map(isThere), ...gone.map((it) => !isThere(it))];
	if (done.every((it) => it)) return "after";
	return done.some((it) => it) ? "torn" : "before";
}
const isThere = (value: unknown) => value !== null && value !== undefined && value !== false;

const TABLE: Table = {
	functions: {
		create: {
			prepare: nothing,
			act: withFunction,
			state: async (store, key) => state([await store.functions.get(key)]),
		},
		update: {
			prepare: withFunction,
			act: (store, key) => store.functions.update(functionRecord(key, { revisionId: "2", codeSize: 7 }), "revision-1"),
			state: async (store, key) => {
				const record = await store.functions.get(key);
				return state([record?.revisionId === "2", record?.codeSize === 7]);
			},
		},
		delete: {
			prepare: async (store, key) => {
				await withFunction(store, key);
				await store.urls.create(urlRecord(key, key));
				await store.eventInvoke.put(eventInvokeRecord(key));
				await store.triggers.create(triggerRecord(key, key));
				await store.queue.put(queuedEvent(key, { functionName: key }));
			},
			act: (store, key) => store.functions.delete(key),
			state: async (store, key) =>
				state(
					[],
					[
						await store.functions.get(key),
						await store.urls.byId(key),
						await store.eventInvoke.get(key, "$LATEST"),
						await store.triggers.get(key),
						await queued(store, key),
					],
				),
		},
	},
	urls: {
		create: {
			prepare: withFunction,
			act: (store, key) => store.urls.create(urlRecord(key, key)),
			state: async (store, key) => state([await store.urls.byId(key), await store.urls.byFunction(key, null)]),
		},
		update: {
			prepare: async (store, key) => {
				await withFunction(store, key);
				await store.urls.create(urlRecord(key, key));
			},
			act: (store, key) => store.urls.update(urlRecord(key, key, { authType: "AWS_IAM" })),
			state: async (store, key) => state([(await store.urls.byId(key))?.authType === "AWS_IAM"]),
		},
		delete: {
			prepare: async (store, key) => {
				await withFunction(store, key);
				await store.urls.create(urlRecord(key, key));
			},
			act: (store, key) => store.urls.delete(key, null),
			state: async (store, key) => state([], [await store.urls.byId(key)]),
		},
	},
	queue: {
		put: {
			prepare: nothing,
			act: (store, key) => store.queue.put(queuedEvent(key)),
			state: async (store, key) => state([await queued(store, key)]),
		},
		retry: {
			prepare: (store, key) => store.queue.put(queuedEvent(key)),
			act: (store, key) => store.queue.retry(key, 1, 61_000),
			state: async (store, key) => {
				const event = await queued(store, key);
				return state([event?.attempts === 1, event?.dueAt === 61_000]);
			},
		},
		finish: {
			prepare: async (store, key) => {
				await withFunction(store, key);
				await store.queue.put(queuedEvent(key));
			},
			act: (store, key) =>
				store.queue.finish(
					key,
					[queuedEvent(`${key}-next`, { hops: 1 })],
					[{ table: "deadLetters", op: "put", record: TABLE_RECORDS.deadLetters(key, "1") }],
				),
			state: async (store, key) =>
				state([await queued(store, `${key}-next`), await store.deadLetters.get(key, "1")], [await queued(store, key)]),
		},
	},
	triggers: {
		create: {
			prepare: withFunction,
			act: (store, key) => store.triggers.create(triggerRecord(key, key)),
			state: async (store, key) => state([await store.triggers.get(key)]),
		},
		delete: {
			prepare: async (store, key) => {
				await withFunction(store, key);
				await store.triggers.create(triggerRecord(key, key));
				await store.triggers.advance(key, "tick", "1");
			},
			act: (store, key) => store.triggers.delete(key),
			state: async (store, key) =>
				state([], [await store.triggers.get(key), await store.triggers.checkpoint(key, "tick")]),
		},
		advance: {
			prepare: async (store, key) => {
				await withFunction(store, key);
				await store.triggers.create(triggerRecord(key, key));
			},
			act: (store, key) => store.triggers.advance(key, "tick", "1", queuedEvent(key, { functionName: key })),
			state: async (store, key) => state([await store.triggers.checkpoint(key, "tick"), await queued(store, key)]),
		},
	},
};

/** The changes to a table of records. */
function mutationsOf(name: TableName): Record<"create" | "update" | "put" | "delete", Mutation> {
	const keys = TABLE_KEYS[name] as TableKeys<object>;
	const recordOf = (key: string): object => TABLE_RECORDS[name](key, name === "layerVersions" ? "1" : key);
	const changed = (key: string): object => ({ ...recordOf(key), mark: "changed" });
	const table = (store: Store): RecordTable<object> => store[name];
	const place = (key: string) => [keys.scopeOf(recordOf(key)), keys.keyOf(recordOf(key))] as const;
	const read = (store: Store, key: string) => table(store).get(...place(key)) as Promise<{ mark?: string } | null>;
	const there = async (store: Store, key: string) => {
		await withFunction(store, key);
		await table(store).create(recordOf(key));
	};
	const isChanged = async (store: Store, key: string) => state([(await read(store, key))?.mark === "changed"]);
	return {
		create: {
			prepare: withFunction,
			act: (store, key) => table(store).create(recordOf(key)),
			state: async (store, key) => state([await read(store, key)]),
		},
		update: { prepare: there, act: (store, key) => table(store).update(changed(key)), state: isChanged },
		put: { prepare: there, act: (store, key) => table(store).put(changed(key)), state: isChanged },
		delete: {
			prepare: there,
			act: (store, key) => table(store).delete(...place(key)),
			state: async (store, key) => state([], [await read(store, key)]),
		},
	};
}

/** A publication: the version and the function's new count of versions. */
const TOGETHER: Mutation = {
	prepare: async (store, key) => {
		await withFunction(store, key);
		await store.aliases.create(TABLE_RECORDS.aliases(key, "old"));
	},
	act: (store, key) => {
		const record = functionRecord(key, { lastVersion: 1, revisionId: "2" });
		const writes: Write[] = [
			{ table: "functions", op: "update", record, expected: "revision-1" },
			{ table: "versions", op: "create", record: { ...record, version: "1" } },
			{ table: "aliases", op: "delete", scope: key, key: "old" },
		];
		return store.together(writes);
	},
	state: async (store, key) =>
		state(
			[(await store.functions.get(key))?.lastVersion === 1, await store.versions.get(key, "1")],
			[await store.aliases.get(key, "old")],
		),
};

/** By name, such as `queue.put`. */
export const MUTATIONS: ReadonlyMap<string, Mutation> = new Map([
	...Object.entries(TABLE).flatMap(([family, methods]) =>
		Object.entries(methods).map(([method, mutation]) => [`${family}.${method}`, mutation] as const),
	),
	...TABLE_NAMES.flatMap((name) =>
		Object.entries(mutationsOf(name)).map(([method, mutation]) => [`${name}.${method}`, mutation] as const),
	),
	["together", TOGETHER],
]);
