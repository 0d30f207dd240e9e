/**
 * The store as one account's caller sees it: what others made is not there, and what this one makes bears its account and region.
 * Names stay unique in the host: one that another account has is taken.
 */
import { ServiceError } from "../errors.ts";
import { TABLE_KEYS, TABLE_NAMES, type TableKeys } from "../store/tables.ts";
import {
	Changed,
	type FunctionRecord,
	type Page,
	type RecordTable,
	type RecordTables,
	type Store,
	type TableName,
	type Write,
} from "../store/types.ts";

/** Whose view it is. */
export interface View {
	account: string;
	region: string;
	/** The account of what bears none. */
	ownAccount: string;
	/** Sees everything, whoever made it: nobody needs a key, or it is this machine's user. */
	all: boolean;
}

type Owned = { account?: string };

export function accountStore(store: Store, view: View): Store {
	const { functions, urls, triggers } = store;
	const isOwn = (record: Owned): boolean => view.all || (record.account ?? view.ownAccount) === view.account;
	const mine = async (name: string): Promise<boolean> => {
		// A policy's scope may be a layer's, which no function is called.
		if (view.all || name.includes(":")) return true;
		const record = await functions.get(name);
		return record !== null && isOwn(record);
	};
	const stamp = (record: FunctionRecord): FunctionRecord => ({
		...record,
		account: view.account,
		region: view.region,
	});
	const own = async <T>(name: string, read: () => Promise<T>, otherwise: T): Promise<T> =>
		(await mine(name)) ? read() : otherwise;
	const change = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
		if (await mine(name)) return act();
		throw new Changed(`There is no function ${name}`);
	};

	return {
		...store,
		...ownTables(store, view, isOwn, mine),
		async together(writes) {
			const made = new Set(
				writes.flatMap((it) => (it.table === "functions" && it.op === "create" ? [it.record.name] : [])),
			);
			const all = await Promise.all(writes.map((it) => checked(it, made)));
			return store.together(all.filter((it) => it !== null));
		},
		functions: {
			...functions,
			create: (record) => functions.create(stamp(record)),
			async get(name) {
				const record = await functions.get(name);
				return record && isOwn(record) ? record : null;
			},
			update: (record, expected) => change(record.name, () => functions.update(record, expected)),
			delete: (name) => own(name, () => functions.delete(name), false),
			list: (limit, after) => filtered((count, from) => functions.list(count, from), isOwn, limit, after),
		},
		urls: {
			...urls,
			create: (record) => change(record.functionName, () => urls.create(record)),
			byFunction: (name, qualifier) => own(name, () => urls.byFunction(name, qualifier), null),
			list: (name) => own(name, () => urls.list(name), []),
			update: (record) => change(record.functionName, () => urls.update(record)),
			delete: (name, qualifier) => own(name, () => urls.delete(name, qualifier), false),
		},
		triggers: {
			...triggers,
			list: (name) => (name === undefined ? triggers.list() : own(name, () => triggers.list(name), [])),
		},
	};

	/** `made`: functions that are created with it. */
	async function checked(write: Write, made: ReadonlySet<string>): Promise<Write | null> {
		if (write.table === "functions") {
			if (write.op === "create") return { ...write, record: stamp(write.record) };
			return change(write.record.name, async () => write);
		}
		const keys = TABLE_KEYS[write.table] as TableKeys<object>;
		if (write.op === "delete") {
			const { scope, key } = write;
			if (isAccountTable(write.table))
				return refuseOthers(store[write.table] as RecordTable<Owned>, scope, key, isOwn, write);
			// A deletion of what is not there is none.
			return (await mine(scope)) ? write : null;
		}
		if (!isAccountTable(write.table)) {
			const name = keys.scopeOf(write.record);
			if (!made.has(name)) return change(name, async () => write);
			// What a version is made of has no account yet.
			return write.table === "versions"
				? ({ ...write, record: stamp(write.record as FunctionRecord) } as Write)
				: write;
		}
		const record = { ...write.record, account: view.account };
		const [scope, key] = [keys.scopeOf(record), keys.keyOf(record)];
		return refuseOthers(store[write.table] as RecordTable<Owned>, scope, key, isOwn, { ...write, record } as Write);
	}
}

/** Tables of what belongs to an account itself. Keys are the host's. */
function isAccountTable(name: TableName): boolean {
	return name === "layers" || name === "layerVersions" || name === "codeSigningConfigs" || name === "mappings";
}

async function refuseOthers<T>(
	table: RecordTable<Owned>,
	scope: string,
	key: string,
	isOwn: (it: Owned) => boolean,
	then: T,
): Promise<T> {
	const there = await table.get(scope, key);
	if (there === null || isOwn(there)) return then;
	throw new ServiceError("ResourceConflictException", "Another account of this host has one of this name.");
}

function ownTables(
	store: Store,
	view: View,
	isOwn: (record: Owned) => boolean,
	mine: (functionName: string) => Promise<boolean>,
): RecordTables {
	const tables = TABLE_NAMES.map((name) => {
		const table = store[name] as unknown as RecordTable<object>;
		if (name === "accessKeys") return [name, table];
		const keys = TABLE_KEYS[name] as TableKeys<object>;
		return [name, isAccountTable(name) ? accountTable(table, keys, view, isOwn) : functionTable(table, keys, mine)];
	});
	return Object.fromEntries(tables) as RecordTables;
}

function accountTable(
	table: RecordTable<object>,
	keys: TableKeys<object>,
	view: View,
	isOwn: (record: Owned) => boolean,
): RecordTable<object> {
	const write = (record: object, act: (stamped: object) => Promise<void>) =>
		refuseOthers(table as RecordTable<Owned>, keys.scopeOf(record), keys.keyOf(record), isOwn, null).then(() =>
			act({ ...record, account: view.account }),
		);
	const get = async (scope: string, key: string) => {
		const record = await table.get(scope, key);
		return record && isOwn(record) ? record : null;
	};
	return {
		get,
		create: (record) => write(record, (it) => table.create(it)),
		put: (record) => write(record, (it) => table.put(it)),
		update: (record, expected) => write(record, (it) => table.update(it, expected)),
		delete: async (scope, key) => ((await get(scope, key)) === null ? false : table.delete(scope, key)),
		list: (scope, limit, after) => filtered((count, from) => table.list(scope, count, from), isOwn, limit, after),
	};
}

function functionTable(
	table: RecordTable<object>,
	keys: TableKeys<object>,
	mine: (functionName: string) => Promise<boolean>,
): RecordTable<object> {
	const change = async (record: object, act: () => Promise<void>): Promise<void> => {
		if (!(await mine(keys.scopeOf(record)))) throw new Changed(`There is no function ${keys.scopeOf(record)}`);
		return act();
	};
	const empty: Page<object> = { items: [], next: null };
	return {
		get: async (scope, key) => ((await mine(scope)) ? table.get(scope, key) : null),
		create: (record) => change(record, () => table.create(record)),
		put: (record) => change(record, () => table.put(record)),
		update: (record, expected) => change(record, () => table.update(record, expected)),
		delete: async (scope, key) => ((await mine(scope)) ? table.delete(scope, key) : false),
		list: async (scope, limit, after) =>
			scope === null || (await mine(scope)) ? table.list(scope, limit, after) : empty,
	};
}

/** A page of those that are own; as many pages are read as that takes. */
async function filtered<T extends object>(
	read: (limit: number, after: string | null) => Promise<Page<T>>,
	isOwn: (record: Owned) => boolean,
	limit: number,
	after: string | null = null,
): Promise<Page<T>> {
	const items: T[] = [];
	let from = after;
	for (;;) {
		// What is missing at most: the place of the next page is that of the last one shown.
		const page: Page<T> = await read(limit - items.length, from);
		items.push(...page.items.filter((it) => isOwn(it)));
		if (page.next === null || items.length >= limit) return { items, next: page.next };
		from = page.next;
	}
}
