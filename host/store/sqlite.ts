/** The embedded store: one SQLite file in the data folder, by Node's own `node:sqlite`. */
import { Committer } from "./sqlite/commit.ts";
import { openDatabase } from "./sqlite/database.ts";
import { functionStore } from "./sqlite/functions.ts";
import { queueStore } from "./sqlite/queue.ts";
import { recordTables } from "./sqlite/records.ts";
import { triggerStore } from "./sqlite/triggers.ts";
import { urlStore } from "./sqlite/urls.ts";
import type { Store } from "./types.ts";

/**
 * Opens the store in `folder`, which is made if it is not there (0700), and holds it alone until `close` or until the
 * process ends, however it ends. Throws StoreBusy if another host holds it, StoreFull and StoreError.
 */
export async function openSqliteStore(folder: string): Promise<Store> {
	const db = openDatabase(folder);
	const committer = new Committer(db);
	const functions = functionStore(committer);
	const records = recordTables(committer, functions.exists);
	return {
		...records.tables,
		functions: functions.table,
		together: (writes) =>
			committer.change(() => {
				for (const write of writes) {
					if (write.table === "functions") functions.apply(write);
					else records.apply(write);
				}
			}),
		urls: urlStore(committer),
		queue: queueStore(committer, records.apply, functions.exists),
		triggers: triggerStore(committer),
		async close() {
			committer.close();
		},
	};
}
