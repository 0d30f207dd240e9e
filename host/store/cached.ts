/**
 * A store whose look-ups of functions and URLs are answered from memory while nothing changed. For a store that this
 * process alone writes to: every change goes through here, and empties what was remembered. What is given out is shared:
 * a record is replaced, never changed.
 */
import { TABLE_NAMES } from "./tables.ts";
import type { RecordTable, RecordTables, Store } from "./types.ts";

/** Look-ups that are remembered at most; beyond it all are forgotten. Callers may make names up. */
const CAPACITY = 20_000;
/** Pages of functions that are remembered: reading and parsing fifty records is most of what listing them costs. */
const PAGES = 300;
/** Records in a page that is remembered. Who reads more at once reads all, once. */
const LARGEST_PAGE = 50;

/** Remembers what asynchronous look-ups gave, until `forget`. */
class Memo {
	private readonly found = new Map<string, unknown>();
	private readonly capacity: number;
	private readonly also: Memo | undefined;
	/** Changes with every change. */
	generation = 0;

	/** `also` forgets when it does. */
	constructor(capacity: number, also?: Memo) {
		this.capacity = capacity;
		this.also = also;
	}

	forget(): void {
		this.generation++;
		this.found.clear();
		this.also?.forget();
	}

	async look<T>(key: string, read: () => Promise<T>): Promise<T> {
		const known = this.found.get(key);
		if (known !== undefined) return known as T;
		const { generation } = this;
		const value = await read();
		// What is not there is not kept, nor what a change may have overtaken.
		if (isNothing(value) || generation !== this.generation) return value;
		if (this.found.size >= this.capacity) this.found.clear();
		this.found.set(key, value);
		return value;
	}
}

function isNothing(value: unknown): boolean {
	return value === null || (Array.isArray(value) && value.length === 0);
}

type Method = (...args: never[]) => Promise<unknown>;

/** `methods` of a table, each emptying the memo before it changes something and once it has. */
function forgetting<T extends object, K extends keyof T>(memo: Memo, table: T, names: readonly K[]): Pick<T, K> {
	const wrap = (method: Method) => {
		return async (...args: never[]): Promise<unknown> => {
			memo.forget();
			try {
				return await method(...args);
			} finally {
				memo.forget();
			}
		};
	};
	return Object.fromEntries(names.map((name) => [name, wrap(table[name] as Method)])) as Pick<T, K>;
}

/** The tables of records, with their records remembered. */
function rememberedTables(memo: Memo, store: RecordTables): RecordTables {
	const remembered = TABLE_NAMES.map((name) => {
		const table = store[name] as RecordTable<object>;
		const changes = forgetting(memo, table, ["create", "update", "put", "delete"]);
		const get: typeof table.get = (scope, key) => memo.look(`${name} ${scope} ${key}`, () => table.get(scope, key));
		return [name, { ...table, ...changes, get }];
	});
	return Object.fromEntries(remembered) as RecordTables;
}

/** A store that tells when something changed. */
export interface CachedStore extends Store {
	/** A number that is another one after every change of a function or a URL, and already while it is made. */
	generation(): number;
}

/** The same store with remembered look-ups. */
export function cachedStore(store: Store): CachedStore {
	const { functions, urls } = store;
	const pages = new Memo(PAGES);
	const memo = new Memo(CAPACITY, pages);
	return {
		...store,
		...rememberedTables(memo, store),
		...forgetting(memo, store as Pick<Store, "together">, ["together"]),
		generation: () => memo.generation,
		functions: {
			...functions,
			...forgetting(memo, functions, ["create", "update", "delete"]),
			get: (name) => memo.look(`function ${name}`, () => functions.get(name)),
			list: (limit, after) =>
				limit > LARGEST_PAGE
					? functions.list(limit, after)
					: pages.look(`${limit} ${after ?? ""}`, () => functions.list(limit, after)),
			sameLabel: (label) => memo.look(`label ${label}`, () => functions.sameLabel(label)),
		},
		urls: {
			...urls,
			...forgetting(memo, urls, ["create", "update", "delete"]),
			byId: (id) => memo.look(`id ${id}`, () => urls.byId(id)),
			byFunction: (name, qualifier) =>
				memo.look(`url ${name} ${qualifier ?? ""}`, () => urls.byFunction(name, qualifier)),
		},
	};
}
