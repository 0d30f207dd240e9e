/**
 * Keeps a worker in each slot: starts them, looks whether they live, and replaces those that do not. A spare process, which has
 * loaded its code and waits, makes that a matter of moments.
 */
import { join } from "node:path";
import type { Config } from "../config.ts";
import { WorkerProcess } from "./process.ts";
import { BEAT_MS, type ControlFunctions, type Load, type Peer } from "./protocol.ts";
import type { Functions } from "./rpc.ts";
import type { Port } from "./sockets.ts";

/** A worker that lived for so long, ms, is replaced at once; others after a pause that doubles. */
const LIVED_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
const MIB = 2 ** 20;
const NO_LOAD: Load = { running: 0, runnable: 0, memoryBytes: 0 };
/** The spare is made so long after it was last needed, ms: what serves comes first. */
const SPARE_AFTER_MS = 1000;

/** What the processes need before control is there. */
export interface SupervisorOptions {
	workers: number;
	ports: { byHost: Port; byPath: Port };
	/** Folder of the workers' sockets, which is there when they start. */
	run: string;
}

/** What control gives to its workers. */
export interface Control {
	config: Config;
	/** Its socket. */
	path: string;
	/** What each worker may ask for. */
	functionsFor(worker: WorkerProcess): Omit<ControlFunctions, "beat">;
	/** A worker's process has begun, before it does anything; and it has ended. */
	joined(worker: WorkerProcess): void;
	left(worker: WorkerProcess): void;
	log(line: string): void;
}

/** A process, and what it may ask for. */
interface Made {
	worker: WorkerProcess;
	own: Functions;
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
	readonly #wanting = new Set<() => void>();
	readonly #watching: NodeJS.Timeout;
	readonly #inherited: readonly number[];
	/** Processes that have no slot yet: at first one for each, then a spare one. */
	readonly #waiting: Made[] = [];
	#control: Control | undefined;
	#spareTimer: NodeJS.Timeout | undefined;
	#nextId = 0;
	#closing = false;
	#lastCheck = performance.now();
	#lastPeers = "";

	/** Starts the processes, which load their code while control does. */
	constructor(options: SupervisorOptions) {
		this.#options = options;
		this.#slots = Array.from({ length: options.workers }, () => ({
			worker: null,
			failures: 0,
			timer: undefined,
		}));
		const { byHost, byPath } = options.ports;
		const slots = this.#slots.map((_, slot) => slot);
		this.#inherited = [...new Set([byHost, byPath].flatMap((port) => slots.map((slot) => port.descriptor(slot))))];
		for (let count = 0; count < options.workers; count++) this.#make();
		this.#watching = setInterval(() => this.#check(), BEAT_MS);
	}

	/** Resolves when all workers listen. Rejects if one cannot. */
	async start(control: Control): Promise<void> {
		this.#control = control;
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
		this.#wanting.add(resolve);
		await promise;
		this.#wanting.delete(resolve);
		clearTimeout(timer);
		return this.ready.length > 0;
	}

	/** Lets what runs in the workers finish, at most for so long, and ends them. */
	async close(graceMs: number): Promise<void> {
		this.#closing = true;
		for (const slot of this.#slots) clearTimeout(slot.timer);
		for (const wake of this.#wanting) wake();
		clearTimeout(this.#spareTimer);
		const waiting = this.#waiting.splice(0).map(({ worker }) => worker);
		for (const worker of waiting) worker.kill("the host stops");
		// All first: one may have asked for what runs in another.
		await Promise.all(this.all.map((it) => it.drain(graceMs)));
		await Promise.all([...this.all.map((it) => it.end()), ...waiting.map((it) => it.ended)]);
		clearInterval(this.#watching);
	}

	/** The grace time of `close` is over now. */
	hasten(): void {
		for (const worker of this.all) worker.hasten();
	}

	async #begin(index: number): Promise<void> {
		const { ports } = this.#options;
		const { config, path, functionsFor, joined } = this.#control!;
		const slot = this.#slots[index]!;
		const { worker, own } = this.#take();
		Object.assign(own, functionsFor(worker));
		slot.worker = worker;
		joined(worker);
		void worker.ended.then((why) => this.#ended(slot, index, worker, why));
		const sockets = { byHost: ports.byHost.descriptor(index), byPath: ports.byPath.descriptor(index) };
		await worker.start({ config, slot: index, controlPath: path }, sockets);
		this.#tellPeers();
		for (const wake of this.#wanting) wake();
		this.#makeSpare();
	}

	#take(): Made {
		if (this.#waiting.length === 0) this.#make();
		return this.#waiting.shift()!;
	}

	#make(): void {
		const id = this.#nextId++;
		// What it may ask for comes with its slot.
		const own: Functions = {
			beat(load: Load) {
				worker.load = load;
				worker.watch.sign(performance.now());
			},
		};
		const path = join(this.#options.run, `worker-${id}.sock`);
		const worker: WorkerProcess = new WorkerProcess(id, path, this.#inherited, own);
		const made = { worker, own };
		this.#waiting.push(made);
		void worker.ended.then(() => {
			const at = this.#waiting.indexOf(made);
			if (at >= 0) this.#waiting.splice(at, 1);
		});
	}

	/** Makes the spare, once nothing else has begun for a while. */
	#makeSpare(): void {
		clearTimeout(this.#spareTimer);
		this.#spareTimer = setTimeout(() => {
			if (!this.#closing && this.#waiting.length === 0) this.#make();
		}, SPARE_AFTER_MS).unref();
	}

	#ended(slot: Slot, index: number, worker: WorkerProcess, why: string): void {
		slot.worker = null;
		this.#control!.left(worker);
		if (this.#closing) return;
		this.#tellPeers();
		const lived = performance.now() - worker.startedAt;
		slot.failures = lived > LIVED_MS ? 0 : slot.failures + 1;
		// One death is answered at once, so that its place is empty for the time of a start.
		const pause = slot.failures < 2 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (slot.failures - 2), LONGEST_PAUSE_MS);
		const { running } = worker.load;
		this.#control!.log(
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
		for (const worker of [...this.all, ...this.#waiting.map((it) => it.worker)]) {
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
