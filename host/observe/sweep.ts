/** Logs whose functions are gone: a host that ends between the deletion of a function and that of its log leaves it. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileName } from "./names.ts";

/**
 * Removes from `folder` the logs of all functions but these, so that a new function does not inherit the log of an old one
 * of its name. Only before the observer is used. Never throws: a log that stays does no more harm than before.
 */
export async function sweepLogs(folder: string, functionNames: readonly string[]): Promise<void> {
	const kept = new Set(functionNames.map(fileName));
	const files = await readdir(folder).catch(() => []);
	const left = files.filter((file) => /\.log$/.test(file) && !kept.has(file.replace(/(\.1)?\.log$/, "")));
	for (const file of left) await rm(join(folder, file), { force: true }).catch(() => {});
}
