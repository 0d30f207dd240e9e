/** When a file is complete: it has not changed for a while, nobody has it open for writing, and it did not change while it was read. */
import { createHash } from "node:crypto";
import { type BigIntStats, constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileSeen } from "./scan.ts";

/** Everything that a change of the content or the file changes. */
export function signature({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
	return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

/** Longest time between two looks at a file that somebody holds open, ms. */
const LONGEST_WAIT_MS = 10_000;

interface Waiting {
	signature: string;
	/** ms since the epoch. */
	readyAt: number;
	waitMs: number;
}

/** Keeps, for files that are not complete yet, when to look again. */
export class Settling {
	readonly #waiting = new Map<string, Waiting>();
	readonly #settleMs: number;

	constructor(settleMs: number) {
		this.#settleMs = settleMs;
	}

	/** True if the file has not changed for the settle time. Its change time counts, so that one that came long ago need not wait. */
	isQuiet({ key, stats }: FileSeen, now: number): boolean {
		const changed = Number(stats.ctimeMs);
		const seen = this.#waiting.get(key);
		if (seen?.signature === signature(stats)) return now >= seen.readyAt;
		// A time to come is another machine's clock (a network share): then the time of our own look counts.
		const since = Math.min(changed, now);
		const readyAt = since + this.#settleMs;
		this.#waiting.set(key, { signature: signature(stats), readyAt, waitMs: this.#settleMs });
		return now >= readyAt;
	}

	/** It was quiet, but cannot be delivered now: later, and later still the next time. */
	putOff({ key, stats }: FileSeen, now: number): void {
		const waitMs = Math.min((this.#waiting.get(key)?.waitMs ?? this.#settleMs) * 2, LONGEST_WAIT_MS);
		this.#waiting.set(key, { signature: signature(stats), readyAt: now + waitMs, waitMs });
	}

	done(key: string): void {
		this.#waiting.delete(key);
	}

	/** Forgets the files that `isGone`. */
	forget(isGone: (key: string) => boolean): void {
		for (const key of [...this.#waiting.keys()]) if (isGone(key)) this.#waiting.delete(key);
	}

	/** When the next file may be ready; null if none is waited for. */
	nextAt(): number | null {
		let next: number | null = null;
		for (const { readyAt } of this.#waiting.values()) if (next === null || readyAt < next) next = readyAt;
		return next;
	}
}

/** The MD5 of a file, or null if it changed, went or cannot be read. */
export async function digest({ path, stats }: FileSeen): Promise<string | null> {
	// Neither a link nor a pipe that took the file's place is opened or waited for.
	const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
	const file = await open(path, flags).catch(() => null);
	if (!file) return null;
	try {
		const same = async (): Promise<boolean> => signature(await file.stat({ bigint: true })) === signature(stats);
		if (!(await same())) return null;
		const hash = createHash("md5");
		for await (const chunk of file.createReadStream({ autoClose: false, highWaterMark: 1 << 18 }))
			hash.update(chunk as Buffer);
		return (await same()) ? hash.digest("hex") : null;
	} catch {
		return null;
	} finally {
		await file.close();
	}
}
