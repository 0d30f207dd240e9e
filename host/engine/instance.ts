/** One instance of a function version: its core instances, its meter, its handles; it serves one invocation at a time. */
import type { CompiledArtifact } from "./artifact.ts";
import { CoreLinker, LinkStopped } from "./core-link.ts";
import { failureOf } from "./failure.ts";
import type { FairQueue } from "./fair-queue.ts";
import { InstanceGuest, noInvocation } from "./guest.ts";
import { promising } from "./jspi.ts";
import { kindOf } from "./kinds/registry.ts";
import type { BoundExport, Call, CallResult } from "./kinds/types.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import { Meter } from "./meter.ts";
import { restore, type Snapshot } from "./snapshot.ts";
import { EngineBusy, type Failure, type FunctionSpec, type Outcome, type Task, type Usage } from "./types.ts";
import { kindsByName } from "./wasi/lookup.ts";

/** What all instances of a process share. */
export interface Shared {
	queue: FairQueue;
	memory: MemoryBudget;
}

/** Initialisation may take so long, ms (AWS: 10 s). */
export const INIT_TIMEOUT_MS = 10_000;

/** Initialisation trapped, took too long or too much. */
export class InitError extends Error {
	override name = "InitError";
	readonly failure: Failure;

	constructor(failure: Failure) {
		super(failure.errorMessage);
		this.failure = failure;
	}
}

const NOTHING = new Uint8Array();

type Output = (stream: 1 | 2, bytes: Uint8Array) => void;

export class Instance {
	readonly artifact: CompiledArtifact;
	private readonly meter: Meter;
	private readonly guest: InstanceGuest;
	private readonly linker: CoreLinker;
	private bound: BoundExport | undefined;
	private isOver = false;

	private constructor(artifact: CompiledArtifact, spec: FunctionSpec, shared: Shared, output?: Output) {
		this.artifact = artifact;
		this.meter = new Meter(shared.queue, shared.memory, spec.memoryBytes);
		this.guest = new InstanceGuest(spec, this.meter, noInvocation(output));
		this.linker = new CoreLinker(artifact, this.guest, this.meter);
	}

	/** Instantiates and initialises. Throws InitError, or EngineBusy. */
	static async initialise(
		artifact: CompiledArtifact,
		spec: FunctionSpec,
		shared: Shared,
		output?: Output,
	): Promise<Instance> {
		const instance = new Instance(artifact, spec, shared, output);
		instance.meter.begin(null, performance.now() + INIT_TIMEOUT_MS);
		const timer = setTimeout(() => instance.expireInit(), INIT_TIMEOUT_MS);
		try {
			await Promise.race([instance.runStarts(), instance.initExpired.promise]);
			return instance;
		} catch (error) {
			throw instance.initFailure(error);
		} finally {
			clearTimeout(timer);
		}
	}

	private readonly initExpired = Promise.withResolvers<never>();

	/** Initialisation waits for something, past its time. */
	private expireInit(): void {
		this.meter.stop({ kind: "timeout", message: "timed out" });
		this.linker.abandon();
		this.initExpired.reject(new LinkStopped());
	}

	/** Makes the next core instance, within the time, and gives way where many or large ones take long. */
	private async next(): Promise<ReturnType<CoreLinker["next"]>> {
		this.meter.enter();
		const made = this.linker.next();
		this.meter.leave();
		if (this.meter.hadItsTurn) await this.meter.turn();
		this.meter.look();
		if (this.meter.stopped !== null) throw new LinkStopped();
		return made;
	}

	private async runStarts(): Promise<void> {
		for (const _ of this.artifact.plan.instances) {
			const { meta, exports } = await this.next();
			if (meta.start === null) continue;
			this.meter.enter();
			await promising(exports[meta.start])();
			this.meter.leave();
			if (this.linker.fault !== undefined) throw this.linker.fault;
		}
	}

	private initFailure(error: unknown): Error {
		const failure = failureOf(error, this.meter);
		this.end();
		if (failure.kind === "memory" && failure.errorMessage.startsWith("the host"))
			return new EngineBusy(failure.errorMessage);
		if (failure.kind === "timeout")
			failure.errorMessage = `initialisation took longer than ${INIT_TIMEOUT_MS / 1000} s`;
		return new InitError({ ...failure, kind: "init" });
	}

	/** An instance whose start functions have not run: what a snapshot is compared with, and put into. Throws as `initialise`. */
	static async blank(artifact: CompiledArtifact, spec: FunctionSpec, shared: Shared): Promise<Instance> {
		const instance = new Instance(artifact, spec, shared);
		instance.meter.begin(null, performance.now() + INIT_TIMEOUT_MS);
		try {
			for (const _ of artifact.plan.instances) await instance.next();
			return instance;
		} catch (error) {
			throw instance.initFailure(error);
		}
	}

	/** An instance that starts where initialisation ended. Throws EngineBusy. */
	static async restore(
		artifact: CompiledArtifact,
		spec: FunctionSpec,
		shared: Shared,
		snapshot: Snapshot,
	): Promise<Instance> {
		const instance = await Instance.blank(artifact, spec, shared);
		const done = restore(artifact, snapshot, instance.cores, (pages) => instance.meter.reserveGrowth(pages));
		if (!done) {
			instance.end();
			throw new EngineBusy("the host has no memory left");
		}
		instance.guest.handles.restore(snapshot.handles, kindsByName, instance.guest);
		return instance;
	}

	/** Exports of the core instances, in the plan's order: for snapshots. */
	get cores(): readonly WebAssembly.Exports[] {
		return this.linker.instances;
	}

	/** The handles that are live, for a snapshot; null if one cannot pass through it. */
	handleImage() {
		return this.guest.handles.image();
	}

	/** Bytes of its linear memories. */
	get memoryBytes(): number {
		return this.meter.memoryBytes;
	}

	/** It ended: it serves no more. */
	get over(): boolean {
		return this.isOver;
	}

	/** Ends the instance for good: its handles are given up, its memory goes back to the host. */
	end(): void {
		if (this.isOver) return;
		this.isOver = true;
		this.linker.ending = true;
		this.linker.abandon();
		this.guest.abort();
		this.guest.handles.clear();
		this.meter.dispose();
	}

	/** Serves one invocation. Afterwards `over` says whether it can serve another. `initMs` is what the caller waited for it. */
	async invoke(task: Task, initMs: number | null): Promise<Outcome> {
		const kind = kindOf(this.artifact.info.kind);
		const started = performance.now();
		const call = kind.begin(task);
		const deadline = started + task.timeoutMs;
		this.serve(task, call);
		this.meter.begin(task.spec.fuel, deadline, task.signal);
		const result = await this.settle(call, task, deadline);
		this.disarm();
		const usage = this.usage(started, initMs);
		const outcome = this.judge(result, usage, task);
		if (!outcome.ok && outcome.failure.kind !== "handled") call.abort?.(outcome.failure.errorMessage);
		this.guest.serve(noInvocation());
		if (!kind.reusable || this.meter.stopped !== null || this.isCrash(outcome)) this.end();
		return outcome;
	}

	private isCrash(outcome: Outcome): boolean {
		return !outcome.ok && outcome.failure.kind !== "handled" && outcome.failure.kind !== "response-too-large";
	}

	private serve(task: Task, call: Call): void {
		const output: Output = (stream, bytes) => {
			if (stream === 1 && call.stdout !== undefined) call.stdout(bytes);
			else task.output(stream, bytes);
		};
		this.guest.serve({ stdin: call.stdin ?? NOTHING, http: call.http, output });
	}

	/** The call's result, or what it threw, or that it was ended first. */
	private settle(call: Call, task: Task, deadline: number): Promise<CallResult | { thrown: unknown }> {
		return new Promise((resolve) => {
			this.interrupt = (kind, message) => {
				this.meter.stop({ kind, message });
				this.linker.abandon();
				this.guest.abort();
				resolve({ thrown: new LinkStopped() });
			};
			this.meter.onAside = () => this.arm(task, deadline);
			if (task.signal.aborted) this.cancel();
			else void this.run(call).then(resolve);
		});
	}

	private async run(call: Call): Promise<CallResult | { thrown: unknown }> {
		try {
			return await call.run(this.bind());
		} catch (thrown) {
			return { thrown };
		} finally {
			this.meter.leave();
		}
	}

	/** Ends the invocation in progress without its guest; undefined between invocations. */
	private interrupt: ((kind: "timeout" | "cancelled", message: string) => void) | undefined;

	/** Ends the invocation that it serves, if any: the caller went away, or the host stops. */
	cancel(): void {
		this.interrupt?.("cancelled", "the caller went away");
	}

	/**
	 * The guest is put aside for the first time in this invocation: from now on a timer and the caller's signal have to watch
	 * over it. While it runs its meter does. Most invocations never get here, and a timer and a listener each cost a third
	 * of all that the engine does for one.
	 */
	private arm(task: Task, deadline: number): void {
		this.meter.onAside = undefined;
		const cancel = (): void => this.cancel();
		const expire = (): void => this.interrupt?.("timeout", "timed out");
		const timer = setTimeout(expire, Math.max(0, deadline - performance.now()));
		task.signal.addEventListener("abort", cancel, { once: true });
		this.watch = { timer, signal: task.signal, cancel };
		if (task.signal.aborted) cancel();
	}

	private watch: { timer: NodeJS.Timeout; signal: AbortSignal; cancel: () => void } | undefined;

	private disarm(): void {
		this.interrupt = undefined;
		this.meter.onAside = undefined;
		if (this.watch === undefined) return;
		clearTimeout(this.watch.timer);
		this.watch.signal.removeEventListener("abort", this.watch.cancel);
		this.watch = undefined;
	}

	private judge(result: CallResult | { thrown: unknown }, usage: Usage, task: Task): Outcome {
		if ("thrown" in result) return { ok: false, usage, failure: failureOf(result.thrown, this.meter) };
		const stop = this.meter.stopped;
		// A guest that caught what a host function threw, and returned before its next charge, is stopped all the same.
		if (stop !== null && stop.status === undefined)
			return { ok: false, usage, failure: failureOf(undefined, this.meter) };
		if (task.spec.fuel !== null && usage.fuel > task.spec.fuel) {
			this.meter.stop({ kind: "fuel", message: `used more than ${task.spec.fuel} fuel` });
			return { ok: false, usage, failure: failureOf(undefined, this.meter) };
		}
		return { ...result, usage };
	}

	private usage(started: number, initMs: number | null): Usage {
		const { cpuMs, fuel, memoryBytes } = this.meter;
		return { durationMs: performance.now() - started, initMs, cpuMs, fuel, memoryBytes };
	}

	private async postReturn(post: ((result: number) => Promise<unknown>) | null, result: number): Promise<void> {
		if (post === null) return;
		this.linker.mayLeave = false;
		await post(result);
		this.linker.mayLeave = true;
	}

	/** The guest's export with what a call of it needs; made at the first call. */
	private bind(): BoundExport {
		if (this.bound !== undefined) return this.bound;
		const kind = kindOf(this.artifact.info.kind);
		const lifted = this.artifact.plan.exports[kind.function];
		if (lifted === undefined) throw new Error(`the artifact has no export ${kind.function}`);
		const { meter } = this;
		const entered = (ref: { instance: number; name: string }) => {
			const fn = promising(this.linker.func(ref));
			return (...args: (number | bigint)[]): Promise<unknown> => {
				meter.enter();
				return fn(...args);
			};
		};
		const post = lifted.postReturn === null ? null : entered(lifted.postReturn);
		this.bound = {
			call: entered(lifted.func),
			memory: this.linker.memory(lifted),
			postReturn: (result) => this.postReturn(post, result),
			guest: this.guest,
		};
		return this.bound;
	}
}
