/** The table of event invoke configurations. */
import type { EventInvokeRecord, EventInvokeStore } from "../types.ts";
import type { Committer } from "./commit.ts";

/** The table of event invoke configurations as an EventInvokeStore. */
export function eventInvokeStore(committer: Committer): EventInvokeStore {
	const upsert = committer.prepare(
		"INSERT INTO event_invoke (function_name, record) VALUES (?, ?) ON CONFLICT (function_name) DO UPDATE SET record = excluded.record",
	);
	const select = committer.prepare("SELECT record FROM event_invoke WHERE function_name = ?");
	const remove = committer.prepare("DELETE FROM event_invoke WHERE function_name = ?");
	return {
		put(record) {
			const json = JSON.stringify(record);
			return committer.change(() => {
				upsert.run(record.functionName, json);
			});
		},
		async get(functionName) {
			const row = await committer.first<{ record: string }>(select, functionName);
			return row ? (JSON.parse(row.record) as EventInvokeRecord) : null;
		},
		delete(functionName) {
			return committer.change(() => remove.run(functionName).changes > 0);
		},
	};
}
