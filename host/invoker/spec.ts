/** From a function's record to what the engine runs. */
import { createHash } from "node:crypto";
import type { Config } from "../config.ts";
import type { FunctionSpec, Isolation } from "../engine/types.ts";
import type { Mount } from "../engine/wasi/types.ts";
import type { FunctionRecord } from "../store/types.ts";
import { ownMounts } from "./content.ts";
import { environmentOf } from "./env.ts";
import { LATEST } from "./qualifiers.ts";

/**
 * The spec of a function's version. The same record, mounts and settings give the same id, also after a restart, so
 * that what the engine keeps on disk for a version is found again. The id holds the number of the update: any update of code or
 * configuration starts new instances, as Lambda does, even one that changes nothing that a guest can see.
 */
export function specOf(
	record: FunctionRecord,
	mounts: readonly Mount[],
	config: Pick<Config, "region" | "concurrency" | "data" | "fileSystemBytes">,
	version: string = LATEST,
): FunctionSpec {
	const spec = {
		digest: record.artifact.digest,
		kind: record.artifact.kind,
		memoryBytes: record.memoryMb * 2 ** 20,
		fuel: record.fuel,
		env: environmentOf(record, record.region ?? config.region, version),
		mounts: withOwn(ownMounts(record, config), mounts),
		isolation: isolationOf(record),
		init: record.init,
		maxInstances: config.concurrency,
	};
	const identity = JSON.stringify([record.name, record.updateId ?? record.revisionId, spec]);
	return { id: createHash("sha256").update(identity).digest("hex"), ...spec };
}

/** The function's own settings come before a bucket at the same place. */
function withOwn(own: readonly Mount[], others: readonly Mount[]): readonly Mount[] {
	if (own.length === 0) return others;
	const taken = new Set(own.map((it) => it.guest));
	return [...own, ...others.filter((it) => !taken.has(it.guest))];
}

/** Where nothing passes from one invocation to the next, nothing passes from one tenant to another. */
function isolationOf({ isolation, tenancy }: FunctionRecord): Isolation | undefined {
	if (isolation === "request") return isolation;
	return tenancy === undefined ? undefined : "tenant";
}
