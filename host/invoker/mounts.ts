/** Which folders a function sees: those of its bucket triggers. */
import type { Mount } from "../engine/wasi/types.ts";
import type { TriggerRecord } from "../store/types.ts";

/** Where a guest finds a bucket. */
export function bucketPath(bucket: string): string {
	return `/mnt/${bucket}`;
}

/**
 * The mounts of a function with these triggers: each bucket once, read-only, in order of its path. A disabled trigger
 * gives none, as it gives no events. The bus has checked the settings; a record that is not a bucket's is passed over.
 */
export function mountsOf(triggers: readonly TriggerRecord[]): Mount[] {
	const byPath = new Map<string, Mount>();
	for (const { kind, enabled, settings } of triggers) {
		const { bucket, folder } = settings;
		if (kind !== "bucket" || !enabled || typeof bucket !== "string" || typeof folder !== "string") continue;
		const guest = bucketPath(bucket);
		byPath.set(guest, { host: folder, guest, readOnly: true });
	}
	return [...byPath.values()].sort((a, b) => (a.guest < b.guest ? -1 : 1));
}
