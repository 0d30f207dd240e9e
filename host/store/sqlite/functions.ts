/** The table of functions. */
import { AlreadyExists, Changed, type FunctionRecord, type FunctionStore, type Write } from "../types.ts";
import type { Committer } from "./commit.ts";

interface Row {
	record: string;
}

/** A change to the table of functions. */
export type FunctionWrite = Extract<Write, { table: "functions" }>;

export interface Functions {
	table: FunctionStore;
	/** Makes a change, within a transaction. Throws AlreadyExists, Changed. */
	apply(write: FunctionWrite): void;
	/** Whether there is such a function, within a transaction. */
	exists(name: string): boolean;
}

/** The table of functions as a FunctionStore. */
export function functionStore(committer: Committer): Functions {
	const insert = committer.prepare(
		"INSERT INTO functions (name, sort_key, revision_id, code_size, record) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
	);
	const select = committer.prepare("SELECT record FROM functions WHERE name = ?");
	const replace = committer.prepare(
		"UPDATE functions SET revision_id = ?, code_size = ?, record = ? WHERE name = ? AND revision_id = ?",
	);
	const remove = committer.prepare("DELETE FROM functions WHERE name = ?");
	const removeEvents = committer.prepare("DELETE FROM queue WHERE function_name = ?");
	const page = committer.prepare("SELECT record FROM functions WHERE sort_key > ? ORDER BY sort_key LIMIT ?");
	const sameLabel = committer.prepare("SELECT name FROM functions WHERE name = ? COLLATE NOCASE ORDER BY sort_key");
	const totals = committer.prepare(
		`SELECT count(*) AS functions, coalesce(sum(code_size), 0)
			+ (SELECT coalesce(sum(code_size), 0) FROM records WHERE code_size > 0) AS codeBytes FROM functions`,
	);
	const exists = committer.prepare("SELECT 1 FROM functions WHERE name = ?");

	function apply(write: FunctionWrite): void {
		const { name, revisionId, codeSize } = write.record;
		const json = JSON.stringify(write.record);
		if (write.op === "create") {
			if (insert.run(name, sortKey(name), revisionId, codeSize, json).changes === 0)
				throw new AlreadyExists(`There is a function ${name} already`);
		} else if (replace.run(revisionId, codeSize, json, name, write.expected).changes === 0)
			throw new Changed(`The function ${name} is not there, or was changed meanwhile`);
	}

	const table: FunctionStore = {
		create: (record) => committer.change(() => apply({ table: "functions", op: "create", record })),
		async get(name) {
			const row = await committer.first<Row>(select, name);
			return row ? parse(row) : null;
		},
		update: (record, expected) => committer.change(() => apply({ table: "functions", op: "update", record, expected })),
		delete(name) {
			return committer.change(() => {
				removeEvents.run(name);
				return remove.run(name).changes > 0;
			});
		},
		async sameLabel(label) {
			const rows = await committer.all<{ name: string }>(sameLabel, label);
			return rows.map((row) => row.name);
		},
		async list(limit, after) {
			// One more than asked for tells whether there is a next page.
			const rows = await committer.all<Row>(page, sortKey(after ?? ""), limit + 1);
			const items = rows.slice(0, limit).map(parse);
			return { items, next: rows.length > limit ? (items.at(-1)?.name ?? null) : null };
		},
		async count() {
			const row = await committer.first<{ functions: number; codeBytes: number }>(totals);
			return { functions: row?.functions ?? 0, codeBytes: row?.codeBytes ?? 0 };
		},
	};
	return { table, apply, exists: (name) => exists.get(name) !== undefined };
}

function parse(row: Row): FunctionRecord {
	return JSON.parse(row.record) as FunctionRecord;
}

/** Bytes whose order is that of JavaScript's strings. */
function sortKey(name: string): Uint8Array {
	return Buffer.from(name, "utf16le").swap16();
}
