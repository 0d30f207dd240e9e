/** What a publication makes: the version's record, and what becomes of `$LATEST`'s. */
import { createHash, randomUUID } from "node:crypto";
import type { FunctionRecord, Store, VersionRecord } from "../store/types.ts";

/** The version that was published last, if it has the same code and configuration; else null. */
export async function sameVersion(
	store: Pick<Store, "versions">,
	record: FunctionRecord,
): Promise<VersionRecord | null> {
	if (!record.lastVersion) return null;
	const last = await store.versions.get(record.name, String(record.lastVersion));
	return last?.fingerprint === fingerprintOf(record) ? last : null;
}

/** The version that a publication makes of `$LATEST`. */
export function newVersion(record: FunctionRecord, description: string = record.description): VersionRecord {
	const version = String((record.lastVersion ?? 0) + 1);
	const id = randomUUID();
	const fingerprint = fingerprintOf(record);
	return { ...record, version, description, fingerprint, revisionId: id, updateId: id, tags: {} };
}

/** A new revision of a record with the same code, configuration and instances: its tags or its policy are others. */
export function sameInstances<T extends FunctionRecord>(record: T, revisionId: string = randomUUID()): T {
	return { ...record, updateId: record.updateId ?? record.revisionId, revisionId };
}

/** `$LATEST` after its publication: a new revision, as the service has it. */
export function published(record: FunctionRecord): FunctionRecord {
	return { ...sameInstances(record), lastVersion: (record.lastVersion ?? 0) + 1 };
}

/** Not code and configuration: no reason for another version. */
const BESIDE: ReadonlySet<string> = new Set([
	"revisionId",
	"updateId",
	"lastModified",
	"lastVersion",
	"fingerprint",
	"tags",
	"snapshot",
	"account",
	"region",
]);

/** The same for records with the same code and configuration. */
export function fingerprintOf(record: FunctionRecord): string {
	const members = Object.entries(record).filter(([name, value]) => !BESIDE.has(name) && value !== undefined);
	const text = JSON.stringify(members.sort(([a], [b]) => (a < b ? -1 : 1)));
	return createHash("sha256").update(text).digest("base64");
}
