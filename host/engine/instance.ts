/** One instance of a function version: its core instances, its meter, its handles; it serves one invocation at a time. */
import type { CompiledArtifact, HOOKS } from "./artifact.ts";
import { CoreLinker, LinkStopped } from "./core-link.ts";
import { failureOf } from "./failure.ts";
import type { FairQueue } from "./fair-queue.ts";
import { InstanceGuest } from "./guest.ts";
import type { HandleImage } from "./handles.ts";
import { promising } from "./jspi.ts";
import { kindOf } from "./kinds/registry.ts";
import type { BoundExport, Call, CallResult, Kind } from "./kinds/types.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import { Meter } from "./meter.ts";
import { once } from "./once.ts";
import { postReturn } from "./post-return.ts";
import { Restorer } from "./restorer.ts";
import { restore, type Snapshot } from "./snapshot.ts";
import { runInTurns, type Steps } from "./steps.ts";
import {
	type CancelSignal,
	EngineBusy,
	type Failure,
	type FunctionSpec,
	type Outcome,
	type Task,
	type Usage,
} from "./types.ts";
import { kindsByName } from "./wasi/lookup.ts";
import type { WholeImage } from "./whole-image.ts";

/** What all instances of a process share. */
export interface Shared {
	queue: FairQueue;
	memory: MemoryBudget;
	/** Fuel between two looks at the clock; the meter's own, unless a test wants another. */
	slice?: number;
}

/** Initialisation may take so long, ms (AWS: 10 s). */
export const INIT_TIMEOUT_MS = 10_000;

/** Memory that is put back without giving way, bytes: 2 ms. */
const MAX_AT_ONCE = 24 * 2 ** 20;

/** Initialisation trapped, took too long or too much. */
export class InitError extends Error {
	override name = "InitError";
	readonly failure: Failure;

	constructor(failure: Failure) {
		super(failure.errorMessage);
		this.failure = failure;
	}
}

/** Who is told that an instance has served an invocation: its pool. */
interface Owner {
	done(instance: Instance): void;
}

/** Where an instance started, to be put back there. */
interface Origin {
	restorer: Restorer;
	/** Bytes of all memories. */
	memoryBytes: number;
	handles: readonly HandleImage[];
}

type Output = (stream: 1 | 2, bytes: Uint8Array) => void;

export class Instance {
	readonly artifact: CompiledArtifact;
	private readonly kind: Kind;
	private readonly meter: Meter;
	private readonly guest: InstanceGuest;
	private readonly linker: CoreLinker;
	private bound: BoundExport | undefined;
	private isOver = false;
	/** Its memories are worth being kept for another instance. */
	private readonly leavesMemories: boolean;
	/** Gets the instance back after each invocation. */
	owner: Owner | undefined;
	/** When it was last given back, on `performance.now()`'s clock: its pool's. */
	idleSince = 0;
	/** Whom it serves, where tenants are kept apart: nobody yet, or, if null, one without a name. Its pool's. */
	tenant: string | null | undefined;
	/** What `reset` puts it back to. */
	private origin: Origin | undefined;

	private constructor(
		artifact: CompiledArtifact,
		spec: FunctionSpec,
		shared: Shared,
		output?: Output,
		snapshot?: Snapshot,
	) {
		this.artifact = artifact;
		this.kind = kindOf(artifact.info);
		this.meter = new Meter(shared.queue, shared.memory, spec.memoryBytes, shared.slice);
		this.guest = new InstanceGuest(spec, this.meter, output && { output });
		const sizes = snapshot?.memories.map((its) => its.map((it) => it.pages));
		this.linker = new CoreLinker(artifact, this.guest, this.meter, shared.memory.stock, sizes);
		this.leavesMemories = leavesMemories(artifact, snapshot?.image.length ?? 0);
	}

	/** Instantiates and initialises. Throws InitError, or EngineBusy. */
	static async initialise(
		artifact: CompiledArtifact,
		spec: FunctionSpec,
		shared: Shared,
		output?: Output,
	): Promise<Instance> {
		const instance = new Instance(artifact, spec, shared, output);
		await instance.withinInitTime(() => instance.runStarts());
		return instance;
	}

	/** Runs what belongs to initialisation. What fails, or takes too long, ends the instance. Throws InitError, or EngineBusy. */
	private async withinInitTime(run: () => Promise<void>): Promise<void> {
		const expired = Promise.withResolvers<never>();
		const expire = (): void => {
			// It waits for something, past its time.
			this.meter.stop({ kind: "timeout", message: "timed out" });
			this.linker.abandon();
			expired.reject(new LinkStopped());
		};
		this.meter.begin(null, performance.now() + INIT_TIMEOUT_MS);
		const timer = setTimeout(expire, INIT_TIMEOUT_MS);
		try {
			await Promise.race([run(), expired.promise]);
		} catch (error) {
			throw this.initFailure(error);
		} finally {
			clearTimeout(timer);
		}
	}

	/** The function is told of its snapshot: interface `pilot:function/snapshot`. */
	get hasHooks(): boolean {
		const { exports } = this.artifact.plan;
		return exports["before-snapshot"] !== undefined || exports["after-restore"] !== undefined;
	}

	/**
	 * Lets the guest do ahead what all its instances may share. False if that failed, or if no snapshot is possible any more: then
	 * the instance is of no use. Throws EngineBusy.
	 */
	async prepare(): Promise<boolean> {
		try {
			await this.runHook("prepare");
		} catch (error) {
			if (error instanceof InitError) return false;
			throw error;
		}
		return this.handleImage() !== null;
	}

	/** Tells the guest that a snapshot of it is about to be taken. Throws InitError. */
	beforeSnapshot(): Promise<void> {
		return this.runHook("before-snapshot");
	}

	/** Calls a hook, if the function has it, with the time and under the rules of initialisation. */
	private async runHook(name: (typeof HOOKS)[number]): Promise<void> {
		const lifted = this.artifact.plan.exports[name];
		if (lifted === undefined) return;
		await this.withinInitTime(async () => {
			await this.runStart(this.linker.func(lifted.func));
			if (lifted.postReturn !== null) await this.runStart(this.linker.func(lifted.postReturn));
			if (this.meter.stopped !== null) throw new LinkStopped();
		});
		this.guest.rest();
	}

	/** Makes the next core instance. */
	private next(): ReturnType<CoreLinker["next"]> {
		this.meter.enter();
		const made = this.linker.next();
		this.meter.leave();
		return made;
	}

	/** Instances are made within the time, and give way where many or large ones take long. */
	private async giveWay(): Promise<void> {
		if (this.meter.hadItsTurn) await this.meter.turn();
		this.meter.look();
		if (this.meter.stopped !== null) throw new LinkStopped();
	}

	private async runStarts(): Promise<void> {
		for (const { starts = [] } of this.artifact.plan.instances) {
			const { meta, exports } = this.next();
			await this.giveWay();
			if (meta.start !== null) await this.runStart(exports[meta.start]);
			this.linker.settle();
			for (const ref of starts) await this.runStart(this.linker.func(ref));
		}
	}

	private async runStart(start: unknown): Promise<void> {
		this.meter.enter();
		await promising(start)();
		this.meter.leave();
		if (this.linker.fault !== undefined) throw this.linker.fault;
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
	static async blank(
		artifact: CompiledArtifact,
		spec: FunctionSpec,
		shared: Shared,
		snapshot?: Snapshot,
		output?: Output,
	): Promise<Instance> {
		const instance = new Instance(artifact, spec, shared, output, snapshot);
		instance.meter.begin(null, performance.now() + INIT_TIMEOUT_MS);
		try {
			for (const _ of artifact.plan.instances) {
				instance.next();
				if (instance.meter.hadItsTurn) await instance.giveWay();
				instance.linker.settle();
			}
			await instance.giveWay();
			return instance;
		} catch (error) {
			throw instance.initFailure(error);
		}
	}

	/**
	 * An instance that starts where initialisation ended, and has been told so. If it is to be put back there after each
	 * invocation, `image` gives what that takes. Throws EngineBusy, or InitError where its hook fails.
	 */
	static async restore(
		artifact: CompiledArtifact,
		spec: FunctionSpec,
		shared: Shared,
		snapshot: Snapshot,
		image?: (instance: Instance) => Promise<WholeImage>,
		output?: Output,
	): Promise<Instance> {
		const instance = await Instance.blank(artifact, spec, shared, snapshot, output);
		const mayGrow = (pages: number): boolean => instance.meter.reserveGrowth(pages);
		if (!(await instance.inTurns(restore(artifact, snapshot, instance.cores, mayGrow)))) {
			instance.end();
			throw new EngineBusy("the host has no memory left");
		}
		instance.guest.handles.restore(snapshot.handles, kindsByName, instance.guest);
		if (image !== undefined) instance.returnTo(await image(instance), snapshot.handles);
		await instance.runHook("after-restore");
		return instance;
	}

	/** From now on it is put back to this image, which it is the same as. */
	private returnTo(image: WholeImage, handles: readonly HandleImage[]): void {
		const restorer = new Restorer(image, this.cores, (memory) => this.linker.mapOf(memory));
		this.origin = { restorer, memoryBytes: image.memoryBytes, handles };
	}

	private inTurns<T>(steps: Steps<T>): Promise<T> {
		return runInTurns(steps, () => this.meter.turn());
	}

	/** `reset` needs no wait: there is no hook to run, and no memory that would hold the worker for long. */
	get resetsAtOnce(): boolean {
		if (this.origin === undefined) return true;
		return this.origin.memoryBytes <= MAX_AT_ONCE && this.artifact.plan.exports["after-restore"] === undefined;
	}

	/**
	 * Puts it back, in place, to where its snapshot left it: nothing passes from one invocation to the next. If it cannot be
	 * (a memory has grown, or it has no snapshot), it ends, and the answer is false. Only where `resetsAtOnce`.
	 */
	reset(): boolean {
		if (this.origin === undefined || this.isOver) return this.ended();
		return this.reborn(this.origin.restorer.restore());
	}

	/** As `reset`, for any instance: in turns, and with the guest's hook. */
	async resetInTurns(): Promise<boolean> {
		if (this.origin === undefined || this.isOver) return this.ended();
		if (!this.reborn(await this.inTurns(this.origin.restorer.restoreInSteps()))) return false;
		try {
			await this.runHook("after-restore");
			return !this.isOver;
		} catch {
			// The hook failed, which ended the instance; a caller learns of it when the next one is made.
			return false;
		}
	}

	/** What the guest held is given up without its destructors: they are part of what is undone. */
	private reborn(isRestored: boolean): boolean {
		if (!isRestored || this.isOver) return this.ended();
		this.guest.handles.restore(this.origin!.handles, kindsByName, this.guest);
		return true;
	}

	private ended(): false {
		this.end();
		return false;
	}

	/** Exports of the core instances, in the plan's order: for snapshots. */
	get cores(): readonly WebAssembly.Exports[] {
		return this.linker.instances;
	}

	/** The handles that are live, for a snapshot; null if one cannot pass through it, or if the guest used the network. */
	handleImage() {
		return this.guest.usedNetwork ? null : this.guest.handles.image();
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
		// One that was stopped may still have a stack, or a host function at work, that would touch them.
		const quiet = this.meter.stopped === null;
		this.linker.abandon();
		this.guest.abort();
		this.guest.handles.clear();
		this.meter.dispose(quiet);
		if (quiet && this.leavesMemories) this.linker.returnMemories();
	}

	/** What it serves now: one invocation at a time. */
	private task: Task | undefined;
	private call: Call | undefined;
	private startedAt = 0;
	private initMs: number | null = null;

	/**
	 * Serves one invocation. Afterwards `over` says whether it can serve another. `initMs` is what the caller waited for it.
	 * Everything between here and the outcome is on the warm path: the promise that V8 gives for the guest's stack is the
	 * only one but the outcome's.
	 */
	invoke(task: Task, initMs: number | null): Promise<Outcome> {
		let returned: Promise<unknown>;
		try {
			returned = this.start(task, initMs);
		} catch (thrown) {
			returned = Promise.reject(thrown);
		}
		return returned.then(this.onReturn, this.onThrow);
	}

	private start(task: Task, initMs: number | null): Promise<unknown> {
		this.startedAt = performance.now();
		this.task = task;
		this.initMs = initMs;
		const call = this.kind.begin(task);
		this.call = call;
		this.guest.serve(call, task);
		this.meter.begin(task.spec.fuel, this.startedAt + task.timeoutMs, task.signal);
		this.meter.onAside = this.onAside;
		if (task.signal.aborted) this.cancel();
		this.meter.enter(this.startedAt);
		return call.start(this.bind());
	}

	private readonly onReturn = (result: unknown): Outcome | Promise<Outcome> => {
		let finished: CallResult | Promise<CallResult>;
		try {
			finished = this.call!.finish(this.bind(), result);
		} catch (thrown) {
			return this.onThrow(thrown);
		}
		return finished instanceof Promise ? finished.then(this.conclude, this.onThrow) : this.conclude(finished);
	};

	private readonly onThrow = (thrown: unknown): Outcome => {
		const status = this.guest.exitStatus;
		if (status !== undefined && this.call?.exited !== undefined) return this.conclude(this.call.exited(status));
		return this.conclude({ ok: false, failure: failureOf(thrown, this.meter) });
	};

	/** The invocation is over, with what came of it. */
	private readonly conclude = (result: CallResult): Outcome => {
		const now = performance.now();
		let outcome: Outcome | undefined;
		try {
			this.meter.leave(now);
			this.disarm();
			outcome = this.judge(result, now);
			if (!outcome.ok && outcome.failure.kind !== "handled") this.call?.abort?.(outcome.failure.errorMessage);
			return outcome;
		} finally {
			this.rest(outcome, now);
		}
	};

	/** Gives itself back; ends, if it cannot serve another. */
	private rest(outcome: Outcome | undefined, now: number): void {
		this.task = undefined;
		this.call = undefined;
		this.guest.rest();
		if (!this.isReusable(outcome)) this.end();
		this.idleSince = now;
		this.owner?.done(this);
	}

	private isReusable(outcome: Outcome | undefined): boolean {
		if (outcome === undefined || this.meter.stopped !== null || !this.kind.reusable) return false;
		return outcome.ok || outcome.failure.kind === "handled" || outcome.failure.kind === "response-too-large";
	}

	/** Ends the invocation that it serves, if any: the caller went away, or the host stops. */
	cancel(): void {
		this.interrupt("cancelled", "the caller went away");
	}

	/** The guest goes on into a trap, if it waits for something; so the call is over soon. */
	private interrupt(kind: "timeout" | "cancelled", message: string): void {
		if (this.task === undefined) return;
		this.meter.stop({ kind, message });
		this.linker.abandon();
		this.guest.abort();
	}

	/**
	 * The guest is put aside for the first time in this invocation: from now on a timer and the caller's signal have to watch
	 * over it. While it runs its meter does. Most invocations never get here, and a timer and a listener each cost a third
	 * of all that the engine does for one.
	 */
	private readonly onAside = (): void => {
		this.meter.onAside = undefined;
		const task = this.task!;
		const cancel = (): void => this.cancel();
		const expire = (): void => this.interrupt("timeout", "timed out");
		const left = this.startedAt + task.timeoutMs - performance.now();
		this.watch = { timer: setTimeout(expire, Math.max(0, left)), signal: task.signal, cancel };
		task.signal.addEventListener("abort", cancel);
		if (task.signal.aborted) cancel();
	};

	private watch: { timer: NodeJS.Timeout; signal: CancelSignal; cancel: () => void } | undefined;

	private disarm(): void {
		this.meter.onAside = undefined;
		if (this.watch === undefined) return;
		clearTimeout(this.watch.timer);
		this.watch.signal.removeEventListener("abort", this.watch.cancel);
		this.watch = undefined;
	}

	private judge(result: CallResult, now: number): Outcome {
		const usage = this.usage(now);
		const { fuel } = this.task!.spec;
		if (fuel !== null && usage.fuel > fuel) this.meter.stop({ kind: "fuel", message: `used more than ${fuel} fuel` });
		const stop = this.meter.stopped;
		// A guest that caught what a host function threw, and returned before its next charge, is stopped all the same.
		if (stop !== null && stop.status === undefined)
			return { ok: false, usage, failure: failureOf(undefined, this.meter) };
		return result.ok ? { ok: true, payload: result.payload, usage } : { ok: false, failure: result.failure, usage };
	}

	private usage(now: number): Usage {
		const { cpuMs, fuel, memoryBytes } = this.meter;
		return { durationMs: now - this.startedAt, initMs: this.initMs, cpuMs, fuel, memoryBytes };
	}

	/** The guest's export with what a call of it needs; made at the first call. */
	private bind(): BoundExport {
		if (this.bound !== undefined) return this.bound;
		const lifted = this.artifact.plan.exports[this.kind.function];
		if (lifted === undefined) throw new Error(`the artifact has no export ${this.kind.function}`);
		const call = promising(this.linker.func(lifted.func)) as BoundExport["call"];
		const post = lifted.postReturn === null ? null : this.linker.func(lifted.postReturn);
		this.bound = {
			call,
			memory: this.linker.memory(lifted),
			postReturn: post === null ? () => undefined : postReturn(post, this.linker, this.meter),
			guest: this.guest,
		};
		return this.bound;
	}
}

/** Memories that are worth being cleared for another instance: small ones, and those of which so much holds something from the start. */
const SMALL = 2 * 2 ** 20;
const DENSE = 1 / 16;

function leavesMemories(artifact: CompiledArtifact, imageBytes: number): boolean {
	const { size, filled } = memoriesOf(artifact);
	return size <= SMALL || filled + imageBytes >= size * DENSE;
}

/** What the memories of an instance have at its start, and how much of it is data, bytes. Each new instance asks. */
const memoriesOf = once(({ metas, plan }: CompiledArtifact) => {
	let filled = 0;
	let size = 0;
	for (const { module } of plan.instances) {
		filled += metas[module]!.dataBytes;
		for (const { initialPages } of metas[module]!.memories) size += initialPages * 65_536;
	}
	return { size, filled };
});
