/** Control's store: what changes a function is known to all workers before the change is acknowledged. */
import type { Store } from "../store/types.ts";

/**
 * The same store. `announce` resolves when nobody uses what was known of the function before; it is called after each change of the
 * function, its URLs or its triggers, whether it went well or not.
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
	return {
		...store,
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
