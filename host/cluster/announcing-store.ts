/** Control's store: what changes a function is known to all workers before the change is acknowledged. */
import { functionOfWrite, TABLE_NAMES } from "../store/tables.ts";
import type { RecordTable, RecordTables, Store, Write } from "../store/types.ts";

/**
 * The same store. `announce` resolves when nobody uses what was known of the function before; it is called after each change of the
 * function, its URLs, its triggers or its records, whether it went well or not.
 */
export function announcingStore(store: Store, announce: (functionName: string) => Promise<void>): Store {
	const { functions, urls, triggers } = store;
	async function change<T>(functionName: string, action: Promise<T>): Promise<T> {
		try {
			return await action;
		} finally {
			await announce(functionName);
		}
	}
	async function changeAll<T>(writes: readonly Write[], action: Promise<T>): Promise<T> {
		const names = new Set(writes.map(functionOfWrite).filter((name) => name !== null));
		try {
			return await action;
		} finally {
			await Promise.all([...names].map(announce));
		}
	}
	return {
		...store,
		...announcingTables(store, changeAll),
		together: (writes) => changeAll(writes, store.together(writes)),
		functions: {
			...functions,
			create: (record) => change(record.name, functions.create(record)),
			update: (record, expected) => change(record.name, functions.update(record, expected)),
			delete: (name) => change(name, functions.delete(name)),
		},
		urls: {
			...urls,
			create: (record) => change(record.functionName, urls.create(record)),
			update: (record) => change(record.functionName, urls.update(record)),
			delete: (name, qualifier) => change(name, urls.delete(name, qualifier)),
		},
		triggers: {
			...triggers,
			create: (record) => change(record.functionName, triggers.create(record)),
			async delete(id) {
				const trigger = await triggers.get(id);
				return trigger === null ? false : change(trigger.functionName, triggers.delete(id));
			},
		},
	};
}

type ChangeAll = <T>(writes: readonly Write[], action: Promise<T>) => Promise<T>;

function announcingTables(store: RecordTables, change: ChangeAll): RecordTables {
	const tables = TABLE_NAMES.map((name) => {
		const table = store[name] as RecordTable<object>;
		const write = (rest: object) => [{ table: name, ...rest } as Write];
		const announcing: RecordTable<object> = {
			...table,
			create: (record) => change(write({ op: "create", record }), table.create(record)),
			update: (record, expected) => change(write({ op: "update", record }), table.update(record, expected)),
			put: (record) => change(write({ op: "put", record }), table.put(record)),
			delete: (scope, key) => change(write({ op: "delete", scope, key }), table.delete(scope, key)),
		};
		return [name, announcing];
	});
	return Object.fromEntries(tables) as RecordTables;
}
