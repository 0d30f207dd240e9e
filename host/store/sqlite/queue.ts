/** The table of accepted events. */
import type { StatementSync } from "node:sqlite";
import { functionOfWrite } from "../tables.ts";
import { AlreadyExists, type QueuedEvent, type QueueStore, type TableWrite } from "../types.ts";
import type { Committer } from "./commit.ts";

/** What is not in `exclude` and `busy`, JSON arrays; SQLite reads the payloads of the chosen rows only. */
const NOT_EXCLUDED =
	"id NOT IN (SELECT value FROM json_each(?)) AND function_name NOT IN (SELECT value FROM json_each(?))";

/** The table of accepted events as a QueueStore. */
export function queueStore(
	committer: Committer,
	apply: (write: TableWrite) => void,
	exists: (functionName: string) => boolean,
): QueueStore {
	const insert = insertEvent(committer);
	const due = committer.prepare(
		`SELECT id, function_name AS functionName, qualifier, payload, client_context AS clientContext, trace_id AS traceId,
			tenant_id AS tenantId, accepted_at AS acceptedAt, attempts, due_at AS dueAt, hops
		FROM queue WHERE due_at <= ? AND ${NOT_EXCLUDED} ORDER BY due_at, seq LIMIT ?`,
	);
	const next = committer.prepare(`SELECT due_at AS dueAt FROM queue WHERE ${NOT_EXCLUDED} ORDER BY due_at LIMIT 1`);
	const again = committer.prepare("UPDATE queue SET attempts = ?, due_at = ? WHERE id = ?");
	const remove = committer.prepare("DELETE FROM queue WHERE id = ?");
	const size = committer.prepare("SELECT count(*) AS size FROM queue");
	return {
		put: (event) => committer.change(() => putEvent(insert, event)),
		async due(now, limit, exclude, busy) {
			const rows = await committer.all<Row>(due, now, list(exclude), list(busy), limit);
			return rows.map(eventOf);
		},
		async nextDue(exclude, busy) {
			const row = await committer.first<{ dueAt: number }>(next, list(exclude), list(busy));
			return row?.dueAt ?? null;
		},
		retry(id, attempts, dueAt) {
			return committer.change(() => {
				again.run(attempts, dueAt, id);
			});
		},
		finish(id, next = [], writes = []) {
			return committer.change(() => {
				if (remove.run(id).changes === 0) return;
				for (const event of next) putEvent(insert, event);
				for (const write of writes) {
					const functionName = functionOfWrite(write);
					if (functionName === null || exists(functionName)) apply(write);
				}
			});
		},
		async size() {
			return (await committer.first<{ size: number }>(size))?.size ?? 0;
		},
	};
}

type Row = Omit<QueuedEvent, "tenantId"> & { tenantId: string | null };

function eventOf({ tenantId, ...event }: Row): QueuedEvent {
	return tenantId === null ? event : { ...event, tenantId };
}

function list(set: ReadonlySet<string> = new Set()): string {
	return JSON.stringify([...set]);
}

/** The statement of `putEvent`. */
export function insertEvent(committer: Committer): StatementSync {
	return committer.prepare(
		`INSERT INTO queue (id, function_name, qualifier, client_context, trace_id, tenant_id, accepted_at, attempts, due_at,
			hops, payload)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
	);
}

/** Accepts an event, inside a change. Throws AlreadyExists. */
export function putEvent(insert: StatementSync, event: QueuedEvent): void {
	const { id, functionName, qualifier, clientContext, traceId, acceptedAt, attempts, dueAt, hops, payload } = event;
	const tenantId = event.tenantId ?? null;
	const { changes } = insert.run(
		...[id, functionName, qualifier, clientContext, traceId, tenantId, acceptedAt, attempts, dueAt, hops, payload],
	);
	if (changes === 0) throw new AlreadyExists(`There is an event ${id} already`);
}
