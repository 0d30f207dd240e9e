/** One function's log: lines wait in memory for the disk, bounded, so that nobody waits for it. */
import type { FileHandle } from "node:fs/promises";
import { BATCH_BYTES, Batch } from "./batch.ts";
import type { LogFile } from "./file.ts";
import { Follower } from "./follower.ts";
import type { Gathering } from "./gathering.ts";
import { Budget, LINE_OVERHEAD } from "./limits.ts";

/** Who a line is from: an invocation. */
export interface Source {
	/** What it has waiting. */
	budget: Budget;
	/** The line that stands for lines which the disk did not take. */
	dropped(lines: number, bytes: number): string;
}

/** The log as it is at one moment; `live` goes on from there. */
export interface View {
	files: { handle: FileHandle; size: number }[];
	waiting: string[];
	live: Follower | null;
}

/** Bytes a write; so much is not kept waiting. */
const WRITE_BYTES = BATCH_BYTES;

export class FunctionLog {
	readonly #file: LogFile;
	readonly #budget: Budget;
	/** What all logs have together. */
	readonly total: Budget;
	readonly #followers = new Set<Follower>();
	/** What waits, in the order in which it is written. */
	#waiting: Batch[] = [];
	#waitingCost = 0;
	/** Who spoke last: words the line that stands for lost ones. */
	#speaker: Source | null = null;
	#lost = { lines: 0, bytes: 0 };
	readonly #gathering: Gathering;
	readonly #gathered = { write: () => this.#start() };
	#writing = false;
	/** Calls of `take` that are under way. */
	#taking = 0;
	#ended = false;
	/** Writes, views and the removal, one after the other. Never rejects. */
	#work: Promise<void>;

	/** `after`: what has to be done first, such as the removal of a deleted function of this name. */
	constructor(
		file: LogFile,
		limit: number,
		total: Budget,
		gathering: Gathering,
		after: Promise<void> = Promise.resolve(),
	) {
		this.#file = file;
		this.#gathering = gathering;
		this.#budget = new Budget(limit);
		this.total = total;
		this.#work = after;
	}

	/** Whether output may come: before what is kept is full, or, where some `wasDropped`, not before it is half empty. */
	hasRoom(source: Source, wasDropped: boolean): boolean {
		const share = wasDropped ? 0.5 : 1;
		if (this.#ended) return true;
		return source.budget.hasRoom(share) && this.#budget.hasRoom(share) && this.total.hasRoom(share);
	}

	/** Adds a line of a guest's, to be written soon. False if there is no room. */
	append(line: string, source: Source): boolean {
		if (this.#ended) return true;
		const cost = line.length + LINE_OVERHEAD;
		if (!source.budget.take(cost)) return false;
		if (!this.#take(cost, false)) {
			source.budget.give(cost);
			return false;
		}
		this.#add(line, 1, cost, source.budget);
		this.#speaker = source;
		return true;
	}

	/** Adds lines of the host's own: `count` in one text. They may use the reserve; what has no room even there is counted. */
	appendOwn(text: string, count: number, speaker: Source): void {
		if (this.#ended) return;
		const cost = text.length + LINE_OVERHEAD;
		this.#speaker = speaker;
		if (this.#take(cost, true)) this.#add(text, count, cost, null);
		else this.#lose(count, Buffer.byteLength(text));
	}

	#add(text: string, lines: number, cost: number, budget: Budget | null): void {
		if (!this.#waiting.at(-1)?.add(text, lines, cost, budget)) {
			const batch = new Batch(this.#file.maxBytes);
			batch.add(text, lines, cost, budget);
			this.#waiting.push(batch);
		}
		this.#waitingCost += cost;
		if (this.#followers.size > 0) this.#follow(text.split("\n"));
		this.#schedule();
	}

	/**
	 * Takes whole lines that another process has gathered, within its own bounds; on disk when it resolves. Rejects if the disk
	 * does not take them.
	 */
	async take(lines: Buffer): Promise<void> {
		if (this.#ended) return;
		const { promise, resolve, reject } = Promise.withResolvers<void>();
		this.#taking++;
		this.#then(async () => {
			try {
				await this.#file.append(lines);
				// In the same step: a view has these lines in its file or from its follower.
				if (this.#followers.size > 0) this.#follow(lines.toString().split("\n").slice(0, -1));
				resolve();
			} finally {
				if (--this.#taking === 0) await this.#file.rest().catch(() => {});
			}
		}, reject);
		await promise;
	}

	/** Writes what waits now. */
	async flush(): Promise<void> {
		if (this.#waiting.length > 0 && !this.#writing && !this.#ended) this.#start();
		await this.#work;
	}

	#follow(lines: readonly string[]): void {
		for (const follower of this.#followers) for (const line of lines) follower.push(line);
	}

	/** The log now, and what comes after if `follow` is set. The caller closes the files and hands `live` to `leave`. */
	async view(follow: boolean): Promise<View> {
		const { promise, resolve, reject } = Promise.withResolvers<View>();
		this.#then(async () => {
			const files = await this.#file.view();
			// No line comes between these: what waits is not in the files, and what comes later goes to `live`.
			const live = follow && !this.#ended ? new Follower(this.total) : null;
			if (live) this.#followers.add(live);
			resolve({ files, waiting: this.#waiting.flatMap((it) => it.lines()), live });
		}, reject);
		return promise;
	}

	leave(follower: Follower): void {
		follower.close();
		this.#followers.delete(follower);
	}

	/** Writes what waits, and ends: lines that come later are ignored. */
	async close(): Promise<void> {
		this.#end();
		this.#then(() => this.#write());
		await this.#work;
	}

	/** Ends, and deletes the files. Rejects if they cannot be deleted. */
	async remove(): Promise<void> {
		this.#end();
		const { promise, resolve, reject } = Promise.withResolvers<void>();
		this.#then(async () => {
			for (const batch of this.#waiting.splice(0)) this.#release(batch);
			await this.#file.remove();
			resolve();
		}, reject);
		await promise;
	}

	/** Takes from the log's budget and from that of all, or from none. */
	#take(cost: number, essential: boolean): boolean {
		if (!this.#budget.take(cost, essential)) return false;
		if (this.total.take(cost, essential)) return true;
		this.#budget.give(cost);
		return false;
	}

	#release(batch: Batch): void {
		const { cost } = batch;
		batch.release();
		this.#budget.give(cost);
		this.total.give(cost);
		this.#waitingCost -= cost;
	}

	#end(): void {
		this.#ended = true;
		this.#gathering.remove(this.#gathered);
		for (const follower of this.#followers) follower.end();
		this.#followers.clear();
	}

	#schedule(): void {
		if (this.#writing) return;
		if (this.#waitingCost >= WRITE_BYTES) this.#start();
		else this.#gathering.add(this.#gathered);
	}

	#start(): void {
		this.#gathering.remove(this.#gathered);
		this.#writing = true;
		this.#then(() => this.#write());
	}

	#then(step: () => Promise<void>, failed: (error: unknown) => void = () => {}): void {
		this.#work = this.#work.then(step).catch(failed);
	}

	/**
	 * Writes all that waits. What comes meanwhile is gathered again, unless it is much: under load something always comes, and
	 * a write for every few lines would cost more than all that the lines are about.
	 */
	async #write(): Promise<void> {
		let left = this.#waiting.length;
		while (left > 0 || this.#waitingCost >= WRITE_BYTES || (this.#ended && this.#waiting.length > 0)) {
			await this.#writeBatch(this.#waiting.shift()!);
			left--;
		}
		await this.#file.rest();
		this.#writing = false;
		if (this.#waiting.length > 0 && !this.#ended) this.#schedule();
	}

	/** A disk that is full costs the log its lines, and nobody else anything. */
	async #writeBatch(batch: Batch): Promise<void> {
		const lost = this.#lost;
		this.#lost = { lines: 0, bytes: 0 };
		try {
			await this.#file.append(lost.lines > 0 ? this.#noted(lost, batch.bytes) : batch.bytes);
		} catch {
			this.#lose(lost.lines, lost.bytes);
			this.#lose(batch.lineCount, batch.textBytes);
			// The next write opens the file anew: its folder may be gone.
			await this.#file.close().catch(() => {});
		}
		this.#release(batch);
	}

	#noted({ lines, bytes }: { lines: number; bytes: number }, batch: Buffer): Buffer {
		return Buffer.concat([Buffer.from(`${this.#speaker!.dropped(lines, bytes)}\n`), batch]);
	}

	#lose(lines: number, bytes: number): void {
		this.#lost.lines += lines;
		this.#lost.bytes += bytes;
	}
}
