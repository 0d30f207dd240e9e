/** Keeps a worker in each slot: starts them, looks whether they live, and replaces those that do not. */
import { join } from "node:path";
import type { Config } from "../config.ts";
import { WorkerProcess } from "./process.ts";
import { BEAT_MS, type ControlFunctions, type Peer, type WorkerStart } from "./protocol.ts";
import type { Port } from "./sockets.ts";

/** A worker that lived for so long, ms, is replaced at once; others after a pause that doubles. */
const LIVED_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

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
		const { config, ports, run, controlPath, functionsFor, joined } = this.#options;
		const slot = this.#slots[index]!;
		const id = this.#nextId++;
		const start: WorkerStart = {
			config,
			slot: index,
			controlPath,
			ownPath: join(run, `worker-${id}.sock`),
			descriptors: { byHost: ports.byHost.descriptor(index), byPath: ports.byPath.descriptor(index) },
		};
		const own: ControlFunctions = {
			...functionsFor(() => worker),
			beat: (load) => {
				worker.load = load;
				worker.watch.sign(performance.now());
			},
		};
		const worker: WorkerProcess = new WorkerProcess(id, start, own);
		slot.worker = worker;
		joined(worker);
		void worker.ended.then((why) => this.#ended(slot, index, worker, why));
		await worker.start(start);
		this.#tellPeers();
		for (const wake of this.#waiting) wake();
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
		for (const worker of this.ready) {
			const verdict = worker.watch.verdict(now);
			if (verdict !== null) worker.kill(verdict);
		}
		this.#tellPeers();
	}

	/** Tells all workers how busy each is, if that has changed. */
	#tellPeers(): void {
		const peers = this.#slots.map(({ worker }, slot): Peer => {
			const ready = worker?.ready === true;
			return ready ? { slot, path: worker.path, ...worker.load } : { slot, path: null, running: 0, runnable: 0 };
		});
		const text = peers.map(({ path, runnable }) => `${path} ${runnable}`).join();
		if (text === this.#lastPeers) return;
		this.#lastPeers = text;
		for (const worker of this.ready) worker.rpc.tell("peers", [peers]);
	}
}
