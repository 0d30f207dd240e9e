/** The table of function URLs. */
import { AlreadyExists, Changed, type FunctionUrlRecord, type UrlStore } from "../types.ts";
import type { Committer } from "./commit.ts";

interface Row {
	record: string;
}

/** The table of function URLs as a UrlStore. */
export function urlStore(committer: Committer): UrlStore {
	const insert = committer.prepare(
		"INSERT INTO urls (id, function_name, qualifier, record) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
	);
	const byId = committer.prepare("SELECT record FROM urls WHERE id = ?");
	const byFunction = committer.prepare(
		"SELECT record FROM urls WHERE function_name = ? AND ifnull(qualifier, '') = ifnull(?, '')",
	);
	const list = committer.prepare("SELECT record FROM urls WHERE function_name = ? ORDER BY ifnull(qualifier, '')");
	const replace = committer.prepare(
		"UPDATE urls SET record = ? WHERE id = ? AND function_name = ? AND ifnull(qualifier, '') = ifnull(?, '')",
	);
	const remove = committer.prepare(
		"DELETE FROM urls WHERE function_name = ? AND ifnull(qualifier, '') = ifnull(?, '')",
	);
	return {
		create(record) {
			const { id, functionName, qualifier } = record;
			const json = JSON.stringify(record);
			return committer.change(() => {
				if (insert.run(id, functionName, qualifier, json).changes === 0)
					throw new AlreadyExists(`The function ${functionName} has a URL already`);
			});
		},
		async byId(id) {
			return parse(await committer.first<Row>(byId, id));
		},
		async byFunction(functionName, qualifier) {
			return parse(await committer.first<Row>(byFunction, functionName, qualifier));
		},
		async list(functionName) {
			const rows = await committer.all<Row>(list, functionName);
			return rows.map((row) => JSON.parse(row.record) as FunctionUrlRecord);
		},
		update(record) {
			const { id, functionName, qualifier } = record;
			const json = JSON.stringify(record);
			return committer.change(() => {
				if (replace.run(json, id, functionName, qualifier).changes === 0)
					throw new Changed(`The function ${functionName} has no URL ${id}`);
			});
		},
		delete(functionName, qualifier) {
			return committer.change(() => remove.run(functionName, qualifier).changes > 0);
		},
	};
}

function parse(row: Row | undefined): FunctionUrlRecord | null {
	return row ? (JSON.parse(row.record) as FunctionUrlRecord) : null;
}
