/**
 * All that a snapshot made of an instance, as it lies in memory: what an instance is put back to, in place, after an
 * invocation. A snapshot's own image holds differences from a fresh instance and cannot serve for that: data segments
 * have been written over. One serves all instances of a version, since all begin alike.
 */
import type { CompiledArtifact } from "./artifact.ts";
import { STEP, type Steps } from "./steps.ts";
import { CHUNK, isEmpty, scanOf } from "./zeros.ts";

/** Granularity, bytes: a page that holds anything is copied back, one that was empty is looked at. */
const PAGE = 4096;
/** Empty pages between two runs that are copied with them: one long copy costs less than two short ones. */
const BRIDGED = 4;

interface Run {
	start: number;
	bytes: Uint8Array;
}

interface MemoryState {
	memory: [instance: number, name: string];
	/** bytes. */
	size: number;
	runs: Run[];
	/** Where the empty pieces between the runs start and end. */
	empty: [start: number, end: number][];
}

interface GlobalState {
	global: [instance: number, name: string];
	value: number | bigint;
}

type Instances = readonly WebAssembly.Exports[];

export class WholeImage {
	private readonly memories: MemoryState[];
	private readonly globals: GlobalState[];
	/** What it holds, bytes. */
	readonly bytes: number;
	/** All memories together, bytes. */
	readonly memoryBytes: number;

	private constructor(memories: MemoryState[], globals: GlobalState[]) {
		this.memories = memories;
		this.globals = globals;
		this.memoryBytes = memories.reduce((sum, it) => sum + it.size, 0);
		this.bytes = memories.reduce((sum, it) => sum + it.runs.reduce((all, run) => all + run.bytes.length, 0), 0);
	}

	/** Of an instance of these modules that has not served yet (`canSnapshot`: all that can change can be seen). */
	static *take(artifact: CompiledArtifact, instances: Instances): Steps<WholeImage> {
		const memories: MemoryState[] = [];
		const globals: GlobalState[] = [];
		for (const [i, { module }] of artifact.plan.instances.entries()) {
			const meta = artifact.metas[module]!;
			for (const { export: name } of meta.memories) memories.push(yield* memoryState(instances, [i, name]));
			for (const { export: name } of meta.globals)
				globals.push({ global: [i, name], value: globalOf(instances, [i, name]).value as number | bigint });
		}
		return new WholeImage(memories, globals);
	}

	/** Puts an instance back. False if a memory has grown: no memory can shrink. */
	*restore(instances: Instances): Steps<boolean> {
		for (const { memory, size } of this.memories) {
			if (memoryOf(instances, memory).buffer.byteLength !== size) return false;
		}
		for (const state of this.memories) yield* restoreMemory(memoryOf(instances, state.memory), state);
		for (const { global, value } of this.globals) globalOf(instances, global).value = value;
		return true;
	}
}

function memoryOf(instances: Instances, [instance, name]: [number, string]): WebAssembly.Memory {
	return instances[instance]![name] as WebAssembly.Memory;
}

function globalOf(instances: Instances, [instance, name]: [number, string]): WebAssembly.Global {
	return instances[instance]![name] as WebAssembly.Global;
}

function* memoryState(instances: Instances, memory: [number, string]): Steps<MemoryState> {
	const bytes = Buffer.from(memoryOf(instances, memory).buffer);
	const spans = yield* filledSpans(bytes);
	const runs: Run[] = [];
	for (const [start, end] of spans) {
		for (let at = start; at < end; at += STEP) {
			runs.push({ start: at, bytes: new Uint8Array(bytes.subarray(at, Math.min(at + STEP, end))) });
			yield;
		}
	}
	return { memory, size: bytes.length, runs, empty: emptyPieces(spans, bytes.length) };
}

/** Where something is, in whole pages, neighbours and near ones together. */
function* filledSpans(bytes: Buffer): Steps<[start: number, end: number][]> {
	const spans: [number, number][] = [];
	for (let at = 0; at < bytes.length; at += PAGE) {
		if (at % STEP === 0) yield;
		if (isEmpty(bytes, at, at + PAGE)) continue;
		const last = spans.at(-1);
		if (last !== undefined && at - last[1] <= BRIDGED * PAGE) last[1] = at + PAGE;
		else spans.push([at, at + PAGE]);
	}
	return spans;
}

/** What lies between the spans, in pieces of at most `STEP`. */
function emptyPieces(spans: readonly [number, number][], size: number): [number, number][] {
	const pieces: [number, number][] = [];
	let at = 0;
	for (const [start, end] of [...spans, [size, size] as const]) {
		for (; at < start; at += STEP) pieces.push([at, Math.min(at + STEP, start)]);
		at = end;
	}
	return pieces;
}

/**
 * What held something is copied back unseen: comparing first costs more than it saves, measured on all guests but those
 * that are nearly all empty. What was empty is read first, and most of it still is: writing to it would make the kernel
 * give each page of it memory of its own.
 */
function* restoreMemory(memory: WebAssembly.Memory, { runs, empty }: MemoryState): Steps<void> {
	const bytes = new Uint8Array(memory.buffer);
	for (const run of runs) {
		bytes.set(run.bytes, run.start);
		yield;
	}
	const scan = scanOf(memory);
	for (const [start, end] of empty) {
		for (let at = scan(start, end); at < end; at = scan(at, end)) {
			const piece = Math.min(at + CHUNK, end);
			bytes.fill(0, at, piece);
			at = piece;
		}
		yield;
	}
}
