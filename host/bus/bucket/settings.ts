/** What a bucket trigger may be set to. */
import { mkdir, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import { type AdmitContext, invalid } from "../types.ts";

export interface BucketSettings {
	/** The bucket's name, in events and under `/mnt`. */
	bucket: string;
	/** Absolute; kept with its links resolved. `DATA/buckets/NAME`, which is made, if it is not given. */
	folder?: string;
	/** Keys that begin and end so; empty is any. */
	prefix: string;
	suffix: string;
	/** How long a file must not have changed before it counts as complete, ms. */
	settleMs: number;
	/** A look at the whole folder at least so often, ms, should the system have told nothing. */
	rescanMs: number;
}

/** As kept. */
export type AdmittedBucket = BucketSettings & { folder: string };

export const bucketSchema = {
	type: "object",
	additionalProperties: false,
	required: ["bucket"],
	properties: {
		// S3's rules: 3 to 63 of these, no two dots in a row. The name becomes a path of the guest.
		bucket: { type: "string", pattern: "^(?!.*\\.\\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$" },
		folder: { type: "string", minLength: 1, maxLength: 4000 },
		prefix: { type: "string", maxLength: 1024, default: "" },
		suffix: { type: "string", maxLength: 1024, default: "" },
		settleMs: { type: "integer", minimum: 10, maximum: 60_000, default: 500 },
		rescanMs: { type: "integer", minimum: 100, maximum: 3_600_000, default: 30_000 },
	},
};

/** Resolves the folder. Throws ServiceError for one that is not there, or that a function must not see. */
export async function admitBucket(settings: BucketSettings, context: AdmitContext): Promise<AdmittedBucket> {
	const data = await realpath(context.config.data).catch(() => context.config.data);
	const folder = await resolveFolder(settings, join(data, "buckets"));
	checkApart(folder, data);
	for (const { kind, settings: other } of context.others) {
		if (kind === "bucket" && other.bucket === settings.bucket && other.folder !== folder) {
			throw invalid(`the function has a bucket ${settings.bucket} already, at ${String(other.folder)}`);
		}
	}
	return { ...settings, folder };
}

async function resolveFolder({ bucket, folder }: BucketSettings, buckets: string): Promise<string> {
	if (folder === undefined) {
		await mkdir(join(buckets, bucket), { recursive: true, mode: 0o700 });
		return realpath(join(buckets, bucket));
	}
	if (!isAbsolute(folder) || folder.includes("\0"))
		throw invalid(`folder ${JSON.stringify(folder)} must be an absolute path`);
	const resolved = await realpath(folder).catch(() => null);
	if (resolved === null || !(await stat(resolved)).isDirectory()) {
		throw invalid(`folder ${JSON.stringify(folder)} is not there, or is no folder`);
	}
	return resolved;
}

/** The data folder holds every function's code, environment and events: a bucket may only be one of those in `buckets`. */
function checkApart(folder: string, data: string): void {
	const bucketOfData = isWithin(join(data, "buckets"), folder) && folder !== join(data, "buckets");
	if (bucketOfData || (!isWithin(data, folder) && !isWithin(folder, data))) return;
	throw invalid(`folder ${JSON.stringify(folder)} overlaps the host's data folder`);
}

function isWithin(outer: string, inner: string): boolean {
	const path = relative(outer, inner);
	return path === "" || (!isAbsolute(path) && path.split("/")[0] !== "..");
}
