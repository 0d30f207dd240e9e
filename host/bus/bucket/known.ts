/** Which version of each file has had its event: in the store, so that a restart neither loses nor repeats one. */
import type { BigIntStats } from "node:fs";
import type { SourceContext } from "../types.ts";
import type { FileSeen } from "./scan.ts";

/** Holds what was in the folder when the trigger was made, all in one value. No file's key has a space. */
const BASELINE = " baseline";

export interface Known {
	/** True if this version needs no event, by what `lstat` says. */
	has(file: FileSeen): boolean;
	/** True if only the inode is new (a copy that kept its time) and the content is the one delivered. */
	isSameContent(file: FileSeen, etag: string): boolean;
	/** Remembers a version, with its event if it has one, in one transaction. */
	deliver(file: FileSeen, etag: string, payload?: Uint8Array): Promise<void>;
	/** Forgets the files that are gone; `isGone` is asked for each key. */
	forget(isGone: (key: string) => boolean): Promise<void>;
}

/** Size and time change with the content; the inode with a file that was moved over another. */
function version({ size, mtimeNs, ino }: BigIntStats): string {
	return `${size}:${mtimeNs}:${ino}`;
}

/**
 * Reads what is remembered. With a new trigger, `look` tells what is in the folder already: that gets no events, as with
 * S3, which notifies of what comes after.
 */
export async function loadKnown(context: SourceContext, look: () => Promise<Map<string, FileSeen>>): Promise<Known> {
	const checkpoints = await context.checkpoints();
	const baseline = await loadBaseline(checkpoints, context, look);
	const delivered = new Map([...checkpoints].filter(([key]) => key !== BASELINE));

	return {
		has({ key, stats }) {
			const value = delivered.get(key) ?? baseline.get(key);
			return value === version(stats) || (value?.startsWith(`${version(stats)}:`) ?? false);
		},
		isSameContent({ key, stats }, etag) {
			const [size, mtimeNs, , known] = delivered.get(key)?.split(":") ?? [];
			return size === String(stats.size) && mtimeNs === String(stats.mtimeNs) && known === etag;
		},
		async deliver({ key, stats }, etag, payload) {
			const value = `${version(stats)}:${etag}`;
			await context.advance(key, value, payload);
			delivered.set(key, value);
		},
		async forget(isGone) {
			const gone = [...delivered.keys()].filter(isGone);
			await Promise.all(gone.map((key) => context.advance(key, null)));
			for (const key of gone) delivered.delete(key);
			const early = [...baseline.keys()].filter(isGone);
			if (early.length === 0) return;
			for (const key of early) baseline.delete(key);
			await context.advance(BASELINE, JSON.stringify([...baseline]));
		},
	};
}

async function loadBaseline(
	checkpoints: Map<string, string>,
	context: SourceContext,
	look: () => Promise<Map<string, FileSeen>>,
): Promise<Map<string, string>> {
	const kept = checkpoints.get(BASELINE);
	if (kept !== undefined) return new Map(JSON.parse(kept) as [string, string][]);
	const files = await look();
	const baseline = new Map(Array.from(files.values(), ({ key, stats }) => [key, version(stats)]));
	await context.advance(BASELINE, JSON.stringify([...baseline]));
	return baseline;
}
