/** The tables of records that hang on functions and on the account: one table of SQLite for all of them. */
import type { SQLInputValue } from "node:sqlite";
import { TABLE_KEYS, TABLE_NAMES, type TableKeys } from "../tables.ts";
import {
	AlreadyExists,
	Changed,
	type Page,
	type RecordTable,
	type RecordTables,
	type TableName,
	type Tables,
	type TableWrite,
} from "../types.ts";
import type { Committer } from "./commit.ts";

interface Row {
	scope: string;
	key: string;
	record: string;
}

/** A change to one of these tables. */
export type RecordWrite = TableWrite;

export interface Records {
	tables: RecordTables;
	/** Makes a change, within a transaction. True if there was something to change. Throws AlreadyExists, Changed. */
	apply(write: RecordWrite): boolean;
}

/** The tables as RecordTables. `exists` tells, within a transaction, whether there is such a function. */
export function recordTables(committer: Committer, exists: (functionName: string) => boolean): Records {
	const apply = writer(committer, exists);
	const reads = reader(committer);
	const tables = Object.fromEntries(TABLE_NAMES.map((name) => [name, tableOf(name)])) as unknown as RecordTables;

	function tableOf<Name extends TableName>(table: Name): RecordTable<Tables[Name]> {
		type T = Tables[Name];
		const commit = (write: object) => committer.change(() => apply({ table, ...write } as RecordWrite));
		return {
			create: async (record) => void (await commit({ op: "create", record })),
			update: async (record, expected) => void (await commit({ op: "update", record, expected })),
			put: async (record) => void (await commit({ op: "put", record })),
			delete: (scope, key) => commit({ op: "delete", scope, key }),
			get: (scope, key) => reads.get<T>(table, scope, key),
			list: (scope, limit, after) =>
				scope === null ? reads.all<T>(table, limit, after) : reads.list<T>(table, scope, limit, after),
		};
	}

	return { tables, apply };
}

function writer(committer: Committer, exists: (functionName: string) => boolean) {
	const columns = "kind, scope, key, sort_key, function_name, revision_id, code_size, record";
	const insert = committer.prepare(
		`INSERT INTO records (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
	);
	const upsert = committer.prepare(`INSERT OR REPLACE INTO records (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
	const replace = committer.prepare(
		"UPDATE records SET revision_id = ?, code_size = ?, record = ? WHERE kind = ? AND scope = ? AND key = ? AND ifnull(?, revision_id) IS revision_id",
	);
	const remove = committer.prepare("DELETE FROM records WHERE kind = ? AND scope = ? AND key = ?");

	return (write: RecordWrite): boolean => {
		const { table } = write;
		if (write.op === "delete") return remove.run(table, write.scope, write.key).changes > 0;
		const row = rowOf(table, write.record);
		if (row.functionName !== null && !exists(row.functionName))
			throw new Changed(`There is no function ${row.functionName}`);
		const { scope, key, sort, functionName, revision, codeBytes, json } = row;
		const what = `${table} ${scope} ${key}`;
		const values: SQLInputValue[] = [table, scope, key, sort, functionName, revision, codeBytes, json];
		if (write.op === "put") upsert.run(...values);
		else if (write.op === "create") {
			if (insert.run(...values).changes === 0) throw new AlreadyExists(`There is one of ${what} already`);
		} else if (replace.run(revision, codeBytes, json, table, scope, key, expectedOf(write)).changes === 0)
			throw new Changed(`${what} is not there, or was changed meanwhile`);
		return true;
	};
}

function expectedOf(write: RecordWrite): string | null {
	return (write.op === "update" && write.expected) || null;
}

function rowOf(table: TableName, record: unknown) {
	const keys = TABLE_KEYS[table] as TableKeys<unknown>;
	const key = keys.keyOf(record);
	return {
		scope: keys.scopeOf(record),
		key,
		sort: sortKey(table, key),
		functionName: keys.functionOf(record),
		revision: keys.revisionOf?.(record) ?? null,
		codeBytes: keys.codeBytesOf?.(record) ?? 0,
		json: JSON.stringify(record),
	};
}

/** With a letter before it, so that an empty key comes after the place where a list begins. */
function sortKey(table: TableName, key: string): string {
	return `.${TABLE_KEYS[table].sortOf?.(key) ?? key}`;
}

/** Between scope and key in the place of a page; neither has it. */
const SEPARATOR = "\n";

function reader(committer: Committer) {
	const select = committer.prepare("SELECT record FROM records WHERE kind = ? AND scope = ? AND key = ?");
	const page = committer.prepare(
		"SELECT scope, key, record FROM records WHERE kind = ? AND scope = ? AND sort_key > ? ORDER BY sort_key LIMIT ?",
	);
	const pageOfAll = committer.prepare(
		"SELECT scope, key, record FROM records WHERE kind = ? AND (scope, sort_key) > (?, ?) ORDER BY scope, sort_key LIMIT ?",
	);

	/** One row more than asked for tells whether there is a next page. */
	function toPage<T>(rows: Row[], limit: number): Page<T> {
		const shown = rows.slice(0, limit);
		const last = shown.at(-1);
		return {
			items: shown.map(({ record }) => JSON.parse(record) as T),
			next: rows.length > limit && last ? last.scope + SEPARATOR + last.key : null,
		};
	}

	return {
		async get<T>(table: TableName, scope: string, key: string): Promise<T | null> {
			const row = await committer.first<Row>(select, table, scope, key);
			return row ? (JSON.parse(row.record) as T) : null;
		},
		async list<T>(table: TableName, scope: string, limit: number, after: string | null = null): Promise<Page<T>> {
			const key = after === null ? "" : sortKey(table, after.slice(after.indexOf(SEPARATOR) + 1));
			return toPage(await committer.all<Row>(page, table, scope, key, limit + 1), limit);
		},
		async all<T>(table: TableName, limit: number, after: string | null = null): Promise<Page<T>> {
			const [scope = "", key = ""] = after === null ? [] : after.split(SEPARATOR);
			const from = after === null ? "" : sortKey(table, key);
			return toPage(await committer.all<Row>(pageOfAll, table, scope, from, limit + 1), limit);
		},
	};
}
