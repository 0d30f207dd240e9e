/** One worker process, as control sees it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { WorkerGone } from "../errors.ts";
import { LAST_WORD_MS } from "../host.ts";
import { toChild } from "./channel.ts";
import type { Load, WorkerFunctions, WorkerStart } from "./protocol.ts";
import { type Functions, Rpc } from "./rpc.ts";
import { Watch } from "./watch.ts";

const MAIN = fileURLToPath(new URL("worker-main.ts", import.meta.url));
/** Descriptors that a child inherits come after its standard streams and its channel. */
const FIRST_DESCRIPTOR = 4;
/** A worker that does not listen after so long, ms, never will. */
const START_MS = 20_000;
/** What a worker takes to do as it was told, at most, ms; then it is made to end. */
const END_MS = 2000;

export class WorkerProcess {
	/** Of this process alone: the next one in its slot has another. */
	readonly id: number;
	/** Its socket, for requests that are handed over. */
	readonly path: string;
	/** -1 while it has none. */
	slot = -1;
	startedAt = performance.now();
	readonly rpc: Rpc<WorkerFunctions>;
	readonly watch: Watch;
	/** Resolves with why it ended, once all that it has sent is here. */
	readonly ended: Promise<string>;
	load: Load = { running: 0, runnable: 0, memoryBytes: 0 };
	/** It listens, and has not ended. */
	ready = false;
	readonly #child: ChildProcess;
	readonly #inherited: readonly number[];
	#cause: string | null = null;
	#timer: NodeJS.Timeout | undefined;

	/** Loads all that a worker is made of, and waits to be started. `inherited`: the sockets of all slots. */
	constructor(id: number, path: string, inherited: readonly number[], own: Functions) {
		this.id = id;
		this.path = path;
		this.#inherited = inherited;
		this.#child = spawn(process.execPath, [...process.execArgv.filter(isInherited), MAIN], {
			// Nothing of a worker's belongs to the output of a command.
			stdio: ["ignore", 2, 2, "ipc", ...inherited],
			serialization: "advanced",
		});
		this.rpc = new Rpc(toChild(this.#child), own);
		this.watch = new Watch(this.pid);
		this.ended = this.#end();
	}

	get pid(): number {
		return this.#child.pid ?? -1;
	}

	/** Resolves when it listens on two of the sockets. Rejects if it ends instead. */
	async start(
		start: Omit<WorkerStart, "ownPath" | "descriptors">,
		{ byHost, byPath }: { byHost: number; byPath: number },
	): Promise<void> {
		this.slot = start.slot;
		this.startedAt = performance.now();
		const timer = setTimeout(() => this.kill("it did not start"), START_MS);
		const there = (fd: number): number => FIRST_DESCRIPTOR + this.#inherited.indexOf(fd);
		const others = this.#inherited.filter((fd) => fd !== byHost && fd !== byPath).map(there);
		const descriptors = { byHost: there(byHost), byPath: there(byPath), others };
		try {
			await this.rpc.call("start", [{ ...start, ownPath: this.path, descriptors }]);
			this.ready = true;
		} finally {
			clearTimeout(timer);
		}
	}

	/** Ends it at once. */
	kill(cause: string): void {
		this.#cause ??= cause;
		this.#child.kill("SIGKILL");
	}

	/** Lets it finish what runs, for so long and what it takes to say so. Never rejects. */
	async drain(graceMs: number): Promise<void> {
		this.#limit(graceMs);
		await this.rpc.call("close", [graceMs]).catch(() => {});
		clearTimeout(this.#timer);
	}

	/** What runs is not waited for any longer. */
	hasten(): void {
		this.#limit(0);
		this.rpc.tell("hasten", []);
	}

	/** Ends it, once it has drained. */
	async end(): Promise<void> {
		this.#limit(0);
		await this.rpc.call("end", []).catch(() => {});
		if (this.#child.connected) this.#child.disconnect();
		await this.ended;
		clearTimeout(this.#timer);
	}

	#limit(graceMs: number): void {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.kill("it did not end"), graceMs + LAST_WORD_MS + END_MS);
	}

	async #end(): Promise<string> {
		const disconnected = this.#child.connected ? once(this.#child, "disconnect") : undefined;
		const { promise: exited, resolve } = Promise.withResolvers<string>();
		this.#child.once("error", (error) => resolve(error.message));
		this.#child.once("exit", (code, signal) => resolve(signal ?? `code ${code}`));
		const how = await exited;
		this.ready = false;
		// What it has sent before is still read.
		await disconnected;
		const why = this.#cause === null ? `it ended by itself, ${how}` : this.#cause;
		this.rpc.close(new WorkerGone(`The worker process ended: ${why}.`));
		return why;
	}
}

/** Options of V8 hold for workers too; what loads something into this process, or opens a debugger's port, does not. */
function isInherited(argument: string, index: number, all: readonly string[]): boolean {
	const loads =
		/^(--import|--require|-r|--loader|--experimental-loader|--inspect|--test|--watch|--eval|-e|--conditions)/;
	const value = index > 0 && !all[index]!.startsWith("-") && !all[index - 1]!.includes("=");
	return !value && !loads.test(argument) && argument !== "--expose-gc";
}
