/** What is set for a function as a whole: read, changed and written by one caller at a time. */
import { Changed, type FunctionSettingsRecord, type Store } from "../store/types.ts";

/** Who changes something, by function: whatever they see of the store, it is one. */
const turns = new Map<string, Promise<unknown>>();

/** Runs `work` when nobody else does for this key. Rejects as `work` does. */
export async function inTurnOf<T>(key: string, work: () => Promise<T>): Promise<T> {
	const done = (turns.get(key) ?? Promise.resolve()).then(work);
	const turn = done.catch(() => {});
	turns.set(key, turn);
	try {
		return await done;
	} finally {
		if (turns.get(key) === turn) turns.delete(key);
	}
}

/**
 * Changes settings of a function: `undefined` takes one away. On disk, and known to all, when it resolves. Throws Changed if there is no
 * such function.
 */
export function changeSettings(
	store: Pick<Store, "functions" | "settings">,
	functionName: string,
	changes: Partial<Omit<FunctionSettingsRecord, "functionName">>,
): Promise<FunctionSettingsRecord> {
	return inTurnOf(functionName, async () => {
		const current = await store.settings.get(functionName, "");
		const record = { ...current, ...changes, functionName };
		if (!(await store.functions.get(functionName))) throw new Changed(`There is no function ${functionName}`);
		await store.settings.put(record);
		return record;
	});
}
