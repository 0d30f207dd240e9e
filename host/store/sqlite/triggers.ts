/** The tables of triggers and of what they remember. */
import { AlreadyExists, Changed, type TriggerRecord, type TriggerStore } from "../types.ts";
import type { Committer } from "./commit.ts";
import { insertEvent, putEvent } from "./queue.ts";

interface Row {
	id: string;
	kind: string;
	functionName: string;
	enabled: number;
	settings: string;
	createdAt: string;
}

const COLUMNS = "id, kind, function_name AS functionName, enabled, settings, created_at AS createdAt";

/** The tables of triggers as a TriggerStore. */
export function triggerStore(committer: Committer): TriggerStore {
	const insert = committer.prepare(
		`INSERT INTO triggers (id, kind, function_name, enabled, settings, created_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`,
	);
	const select = committer.prepare(`SELECT ${COLUMNS} FROM triggers WHERE id = ?`);
	const all = committer.prepare(`SELECT ${COLUMNS} FROM triggers ORDER BY seq`);
	const ofFunction = committer.prepare(`SELECT ${COLUMNS} FROM triggers WHERE function_name = ? ORDER BY seq`);
	const remove = committer.prepare("DELETE FROM triggers WHERE id = ?");
	return {
		create(record) {
			const { id, kind, functionName, enabled, createdAt } = record;
			const settings = JSON.stringify(record.settings);
			return committer.change(() => {
				if (insert.run(id, kind, functionName, enabled ? 1 : 0, settings, createdAt).changes === 0)
					throw new AlreadyExists(`There is a trigger ${id} already`);
			});
		},
		async get(id) {
			const row = await committer.first<Row>(select, id);
			return row ? parse(row) : null;
		},
		async list(functionName) {
			const rows = await (functionName === undefined
				? committer.all<Row>(all)
				: committer.all<Row>(ofFunction, functionName));
			return rows.map(parse);
		},
		delete(id) {
			return committer.change(() => remove.run(id).changes > 0);
		},
		...checkpoints(committer),
	};
}

function checkpoints(committer: Committer): Pick<TriggerStore, "checkpoint" | "checkpoints" | "advance"> {
	const select = committer.prepare("SELECT value FROM checkpoints WHERE trigger_id = ? AND key = ?");
	const all = committer.prepare("SELECT key, value FROM checkpoints WHERE trigger_id = ? ORDER BY key");
	const trigger = committer.prepare("SELECT 1 FROM triggers WHERE id = ?");
	const set = committer.prepare(
		`INSERT INTO checkpoints (trigger_id, key, value) VALUES (?, ?, ?)
		ON CONFLICT (trigger_id, key) DO UPDATE SET value = excluded.value`,
	);
	const unset = committer.prepare("DELETE FROM checkpoints WHERE trigger_id = ? AND key = ?");
	const insert = insertEvent(committer);
	return {
		async checkpoint(triggerId, key) {
			return (await committer.first<{ value: string }>(select, triggerId, key))?.value ?? null;
		},
		async checkpoints(triggerId) {
			const rows = await committer.all<{ key: string; value: string }>(all, triggerId);
			return new Map(rows.map(({ key, value }) => [key, value]));
		},
		advance(triggerId, key, value, event) {
			return committer.change(() => {
				if (trigger.get(triggerId) === undefined) throw new Changed(`There is no trigger ${triggerId}`);
				if (value === null) unset.run(triggerId, key);
				else set.run(triggerId, key, value);
				if (event) putEvent(insert, event);
			});
		},
	};
}

function parse(row: Row): TriggerRecord {
	const settings = JSON.parse(row.settings) as Record<string, unknown>;
	return { ...row, enabled: row.enabled !== 0, settings };
}
