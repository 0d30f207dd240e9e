/** Bounds what guests may keep in a mount that they write to: bytes of its files, and a block for each entry. */
import { lstat, opendir } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import type { Mount } from "../types.ts";
import type { OpenHandle } from "./handle.ts";

/** Bytes that a file, folder or link counts for beside what it holds: empty ones fill a disk, too. */
export const ENTRY = 4096;
/** After this part of the bound was written, the folder is measured again: other processes write to it as well. */
const PART = 16;
/** Longest time that a measure is believed while there are writes, and shortest time between two, ms. */
const OLD = 10_000;
const YOUNG = 1000;

/** The bound of one folder in this process. Over all processes it is kept but for what they write between two measures. */
export class Quota {
	private readonly folder: string;
	private readonly max: number;
	private used = 0;
	/** Reserved since the last measure. */
	private since = 0;
	private measuredAt = Number.NEGATIVE_INFINITY;
	private rest = YOUNG;
	private measuring: Promise<void> | null = null;

	constructor(folder: string, max: number) {
		this.folder = folder;
		this.max = max;
	}

	/** Takes room for so many bytes. Throws EDQUOT if there is none. */
	async reserve(bytes: number): Promise<void> {
		const age = performance.now() - this.measuredAt;
		const full = this.used + bytes > this.max;
		if (age > OLD || (this.since > this.max / PART && age > this.rest) || (full && age > this.rest))
			await this.measure();
		if (this.used + bytes > this.max) throw exceeded();
		this.used += bytes;
		this.since += bytes;
	}

	/** Room for what is written to a file from an offset on, as far as the file grows by it. */
	async reserveFor({ file }: OpenHandle, end: number): Promise<void> {
		const { size } = await file.stat();
		if (end > size) await this.reserve(end - size);
	}

	/** So many bytes are gone. */
	release(bytes: number): void {
		this.used = Math.max(0, this.used - bytes);
	}

	private measure(): Promise<void> {
		this.measuring ??= this.add().finally(() => {
			this.measuring = null;
		});
		return this.measuring;
	}

	private async add(): Promise<void> {
		const from = performance.now();
		this.since = 0;
		this.used = await bytesIn(this.folder);
		this.measuredAt = performance.now();
		// Measuring takes a tenth of the time at most.
		this.rest = Math.max(YOUNG, 10 * (this.measuredAt - from));
	}
}

async function bytesIn(folder: string): Promise<number> {
	let bytes = 0;
	// What disappears meanwhile is not there any more.
	const entries = await opendir(folder).catch(() => []);
	for await (const entry of entries) {
		const path = join(folder, entry.name);
		bytes +=
			ENTRY +
			(entry.isDirectory()
				? await bytesIn(path)
				: await lstat(path).then(
						(it) => it.size,
						() => 0,
					));
	}
	return bytes;
}

/** As the system says it of a disk. */
function exceeded(): Error {
	return Object.assign(new Error("EDQUOT: disk quota exceeded"), { code: "EDQUOT", errno: -constants.errno.EDQUOT });
}

const quotas = new Map<string, Quota>();

/** The bound of a mount, shared by all guests of this process that have it; undefined if it has none. */
export function quotaOf({ host, maxBytes }: Mount): Quota | undefined {
	if (maxBytes === undefined) return undefined;
	const key = `${maxBytes} ${host}`;
	let quota = quotas.get(key);
	if (quota === undefined) {
		quota = new Quota(host, maxBytes);
		quotas.set(key, quota);
	}
	return quota;
}
