/**
 * Keeps a worker in each slot: starts them, looks whether they live, and replaces those that do not. A spare process, which has
 * loaded its code and waits, makes that a matter of moments.
 */
import { join } from "node:path";
import type { Config } from "../config.ts";
import { WorkerProcess } from "./process.ts";
import { BEAT_MS, type ControlFunctions, type Load, type Peer } from "./protocol.ts";
import type { Port } from "./sockets.ts";

/** A worker that lived for so long, ms, is replaced at once; others after a pause that doubles. */
const LIVED_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
const MIB = 2 ** 20;
const NO_LOAD: Load = { running: 0, runnable: 0, memoryBytes: 0 };
/** The spare is made so long after it was last needed, ms: what serves comes first. */
const SPARE_AFTER_MS = 1000;

export interface SupervisorOptions {
	config: Config;
	ports: { byHost: Port; byPath: Port };
	/** Folder of the workers' sockets. */
	run: string;
	controlPath: string;
	/** What each worker may ask for. */
	functionsFor(worker: () => WorkerProcess): Omit<ControlFunctions, "beat">;
	/** A worker's process has begun, before it does anything; and it has ended. */
	joined(worker: WorkerProcess): void;
	left(worker: WorkerProcess): void;
	log(line: string): void;
}

interface Slot {
	worker: WorkerProcess | null;
	/** Early deaths in a row. */
	failures: number;
	timer: NodeJS.Timeout | undefined;
}

export class Supervisor {
	readonly #options: SupervisorOptions;
	readonly #slots: Slot[];
	readonly #waiting = new Set<() => void>();
	readonly #watching: NodeJS.Timeout;
	readonly #inherited: readonly number[];
	#spare: WorkerProcess | null = null;
	#spareTimer: NodeJS.Timeout | undefined;
	#nextId = 0;
	#closing = false;
	#lastCheck = performance.now();
	#lastPeers = "";

	constructor(options: SupervisorOptions) {
		this.#options = options;
		this.#slots = Array.from({ length: options.config.workers }, () => ({
			worker: null,
			failures: 0,
			timer: undefined,
		}));
		const { byHost, byPath } = options.ports;
		const slots = this.#slots.map((_, slot) => slot);
		this.#inherited = [...new Set([byHost, byPath].flatMap((port) => slots.map((slot) => port.descriptor(slot))))];
		this.#watching = setInterval(() => this.#check(), BEAT_MS);
	}

	/** Resolves when all workers listen. Rejects if one cannot. */
	async start(): Promise<void> {
		const first = await Promise.allSettled(this.#slots.map((_, slot) => this.#begin(slot)));
		for (const it of first) if (it.status === "rejected") throw it.reason;
	}

	/** Workers that listen. */
	get ready(): WorkerProcess[] {
		return this.all.filter((it) => it.ready);
	}

	/** All processes, those too that do not listen yet. */
	get all(): WorkerProcess[] {
		return this.#slots.flatMap(({ worker }) => worker ?? []);
	}

	get closing(): boolean {
		return this.#closing;
	}

	/** Resolves when a worker listens, at once if one does; false if none does after so long, ms. */
	async someReady(limitMs: number): Promise<boolean> {
		if (this.ready.length > 0 || this.#closing) return this.ready.length > 0;
		const { promise, resolve } = Promise.withResolvers<void>();
		const timer = setTimeout(resolve, limitMs);
		this.#waiting.add(resolve);
		await promise;
		this.#waiting.delete(resolve);
		clearTimeout(timer);
		return this.ready.length > 0;
	}

	/** Lets what runs in the workers finish, at most for so long, and ends them. */
	async close(graceMs: number): Promise<void> {
		this.#closing = true;
		for (const slot of this.#slots) clearTimeout(slot.timer);
		for (const wake of this.#waiting) wake();
		clearTimeout(this.#spareTimer);
		this.#spare?.kill("the host stops");
		// All first: one may have asked for what runs in another.
		await Promise.all(this.all.map((it) => it.drain(graceMs)));
		await Promise.all(this.all.map((it) => it.end()));
		clearInterval(this.#watching);
	}

	/** The grace time of `close` is over now. */
	hasten(): void {
		for (const worker of this.all) worker.hasten();
	}

	async #begin(index: number): Promise<void> {
		const { config, ports, controlPath, joined } = this.#options;
		const slot = this.#slots[index]!;
		const worker = this.#spare ?? this.#make();
		this.#spare = null;
		slot.worker = worker;
		joined(worker);
		void worker.ended.then((why) => this.#ended(slot, index, worker, why));
		const sockets = { byHost: ports.byHost.descriptor(index), byPath: ports.byPath.descriptor(index) };
		await worker.start({ config, slot: index, controlPath }, sockets);
		this.#tellPeers();
		for (const wake of this.#waiting) wake();
		this.#makeSpare();
	}

	#make(): WorkerProcess {
		const id = this.#nextId++;
		const own: ControlFunctions = {
			...this.#options.functionsFor(() => worker),
			beat: (load) => {
				worker.load = load;
				worker.watch.sign(performance.now());
			},
		};
		const path = join(this.#options.run, `worker-${id}.sock`);
		const worker: WorkerProcess = new WorkerProcess(id, path, this.#inherited, own);
		return worker;
	}

	/** Makes the spare, once nothing else has begun for a while. */
	#makeSpare(): void {
		clearTimeout(this.#spareTimer);
		this.#spareTimer = setTimeout(() => {
			if (this.#closing || this.#spare !== null) return;
			const spare = this.#make();
			this.#spare = spare;
			void spare.ended.then(() => {
				if (this.#spare === spare) this.#spare = null;
			});
		}, SPARE_AFTER_MS).unref();
	}

	#ended(slot: Slot, index: number, worker: WorkerProcess, why: string): void {
		slot.worker = null;
		this.#options.left(worker);
		if (this.#closing) return;
		this.#tellPeers();
		const lived = performance.now() - worker.startedAt;
		slot.failures = lived > LIVED_MS ? 0 : slot.failures + 1;
		// One death is answered at once, so that its place is empty for the time of a start.
		const pause = slot.failures < 2 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (slot.failures - 2), LONGEST_PAUSE_MS);
		const { running } = worker.load;
		this.#options.log(
			`Worker ${index} (process ${worker.pid}) is gone: ${why}, with ${running} invocations under way. Another takes its place${pause > 0 ? ` in ${pause} ms` : ""}`,
		);
		slot.timer = setTimeout(() => void this.#begin(index).catch(() => {}), pause);
	}

	#check(): void {
		const now = performance.now();
		const late = now - this.#lastCheck > 2 * BEAT_MS;
		this.#lastCheck = now;
		// Where this process was held up, signs of life wait to be read.
		if (late) return;
		for (const worker of [...this.all, ...(this.#spare ? [this.#spare] : [])]) {
			const verdict = worker.watch.verdict(now);
			if (verdict !== null) worker.kill(verdict);
		}
		this.#tellPeers();
	}

	/** Tells all workers how busy each is, if that has changed. */
	#tellPeers(): void {
		const peers = this.#slots.map(({ worker }, slot): Peer => {
			const ready = worker?.ready === true;
			return ready ? { slot, path: worker.path, ...worker.load } : { slot, path: null, ...NO_LOAD };
		});
		const text = peers
			.map(({ path, runnable, memoryBytes }) => `${path} ${runnable} ${Math.floor(memoryBytes / MIB)}`)
			.join();
		if (text === this.#lastPeers) return;
		this.#lastPeers = text;
		for (const worker of this.ready) worker.rpc.tell("peers", [peers]);
	}
}
