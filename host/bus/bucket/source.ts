/** Event source `bucket`: a folder as an S3 bucket, an event for each complete file. */
import { wait } from "../clock.ts";
import { defineSource, type SourceContext } from "../types.ts";
import { digest, Settling } from "./complete.ts";
import { objectCreatedEvent } from "./event.ts";
import { type Known, loadKnown } from "./known.ts";
import { type FileSeen, type Scan, scan } from "./scan.ts";
import { type AdmittedBucket, admitBucket, type BucketSettings, bucketSchema } from "./settings.ts";
import { createTreeWatcher } from "./watch.ts";
import { openForWriting } from "./writers.ts";

/** Files delivered at once: the store makes them durable together. */
const AT_ONCE = 16;
/** A burst of changes is one scan. */
const BURST_MS = 50;
/** Where some folder cannot be watched. */
const UNWATCHED_RESCAN_MS = 1000;

export const bucketSource = defineSource<BucketSettings>({
	kind: "bucket",
	schema: bucketSchema,
	admit: admitBucket,
	async start(settings, context) {
		const bucket = new Bucket(settings as AdmittedBucket, context);
		await bucket.start();
		return { stop: () => bucket.stop() };
	},
});

class Bucket {
	readonly #settings: AdmittedBucket;
	readonly #context: SourceContext;
	readonly #folder: Buffer;
	readonly #settling: Settling;
	readonly #watcher = createTreeWatcher(() => this.#hint());
	readonly #stopping = new AbortController();
	#known!: Known;
	#run: Promise<void> = Promise.resolve();
	/** Aborted by a change: ends the wait for the next scan. */
	#hinted = new AbortController();
	#scanMs = 0;
	#warned = false;

	constructor(settings: AdmittedBucket, context: SourceContext) {
		this.#settings = settings;
		this.#context = context;
		this.#folder = Buffer.from(settings.folder);
		this.#settling = new Settling(settings.settleMs);
	}

	/** Resolves when it is known what was there before: whatever comes from then on gets its event. */
	async start(): Promise<void> {
		this.#known = await loadKnown(this.#context, async () => (await this.#scan())?.files ?? new Map());
		this.#run = this.#loop();
	}

	async stop(): Promise<void> {
		this.#stopping.abort();
		this.#watcher.close();
		this.#hint();
		await this.#run;
	}

	#hint(): void {
		this.#hinted.abort();
	}

	async #loop(): Promise<void> {
		while (!this.#stopping.signal.aborted) {
			this.#hinted = new AbortController();
			await this.#round();
			await this.#pause();
		}
		this.#watcher.close();
	}

	/** Until a file may be ready, something changed, or it is time to look at everything again. */
	async #pause(): Promise<void> {
		const { clock } = this.#context;
		const next = this.#settling.nextAt();
		const rescanMs = this.#watcher.complete() ? this.#settings.rescanMs : UNWATCHED_RESCAN_MS;
		// A large folder is not looked at all the time, however busy it is.
		const least = Math.max(BURST_MS, 4 * this.#scanMs);
		const ms = next === null ? rescanMs : Math.min(rescanMs, next - clock.now());
		await wait(clock, least, this.#stopping.signal);
		// `stop` is a hint too.
		await wait(clock, ms - least, this.#hinted.signal);
	}

	async #scan(): Promise<Scan | null> {
		const began = performance.now();
		try {
			return await scan(this.#folder, this.#settings, (folder) => this.#watcher.add(folder));
		} catch (error) {
			// It may come back (a disk that is not mounted): nothing in it counts as deleted.
			this.#warnOnce(`folder ${this.#settings.folder} cannot be read`, error);
			return null;
		} finally {
			this.#watcher.prune();
			this.#scanMs = performance.now() - began;
		}
	}

	async #round(): Promise<void> {
		const seen = await this.#scan();
		if (!seen || this.#stopping.signal.aborted) return;
		try {
			const isGone = (key: string): boolean => !seen.files.has(key) && !seen.unread.some((it) => key.startsWith(it));
			this.#settling.forget(isGone);
			await this.#known.forget(isGone);
			await this.#deliverAll(seen);
			this.#warned = false;
		} catch (error) {
			// What was not accepted is still new to the next round.
			this.#warnOnce("an event could not be accepted; trying again", error);
		}
	}

	async #deliverAll({ files }: Scan): Promise<void> {
		const now = this.#context.clock.now();
		const ready = [...files.values()].filter((file) => {
			if (!this.#known.has(file)) return this.#settling.isQuiet(file, now);
			this.#settling.done(file.key);
			return false;
		});
		if (ready.length === 0) return;
		const open = await openForWriting(this.#folder);
		ready.sort((a, b) => (a.stats.ctimeNs < b.stats.ctimeNs ? -1 : 1));
		for (let start = 0; start < ready.length && !this.#stopping.signal.aborted; start += AT_ONCE) {
			await Promise.all(ready.slice(start, start + AT_ONCE).map((file) => this.#deliver(file, open)));
		}
	}

	async #deliver(file: FileSeen, open: ReadonlySet<string>): Promise<void> {
		const { clock, config, trigger } = this.#context;
		const etag = open.has(file.path.toString("latin1")) ? null : await digest(file);
		if (etag === null) {
			this.#settling.putOff(file, clock.now());
			return;
		}
		if (this.#stopping.signal.aborted) return;
		const { key } = file;
		const object = { key, size: Number(file.stats.size), etag, time: clock.now() };
		const again = this.#known.isSameContent(file, etag);
		const payload = again ? undefined : objectCreatedEvent(config, this.#settings.bucket, trigger.id, object);
		try {
			await this.#known.deliver(file, etag, payload);
			this.#settling.done(key);
		} catch (error) {
			this.#settling.putOff(file, clock.now());
			throw error;
		}
	}

	#warnOnce(message: string, cause: unknown): void {
		if (!this.#warned) this.#context.warn(message, cause);
		this.#warned = true;
	}
}
