/**
 * All that a snapshot made of an instance, as it lies in memory: what an instance is put back to, in place, after an
 * invocation (`restorer.ts`). A snapshot's own image holds differences from a fresh instance and cannot serve for that: data
 * segments have been written over. One serves all instances of a version, since all begin alike.
 */
import type { Artifact } from "./artifact.ts";
import { STEP, type Steps } from "./steps.ts";
import { isEmpty } from "./zeros.ts";

/** Granularity, bytes: pages that hold nothing are not kept. */
const PAGE = 4096;
const EMPTY = -1;

/** Where in an instance something is, by its hidden export. */
export type Place = readonly [instance: number, name: string];

/** What one memory held. */
export class MemoryImage {
	/** Bytes. */
	readonly size: number;
	/** The pages that held something, one behind the other. */
	private readonly pages: Buffer;
	/** Where each of the memory's pages begins there, or `EMPTY`. */
	private readonly starts: Float64Array;

	private constructor(size: number, pages: Buffer, starts: Float64Array) {
		this.size = size;
		this.pages = pages;
		this.starts = starts;
	}

	static *of(memory: WebAssembly.Memory): Steps<MemoryImage> {
		const bytes = Buffer.from(memory.buffer);
		const starts = new Float64Array(bytes.length / PAGE).fill(EMPTY);
		let filled = 0;
		for (const page of starts.keys()) {
			const at = page * PAGE;
			if (at % STEP === 0) yield;
			if (isEmpty(bytes, at, at + PAGE)) continue;
			starts[page] = filled;
			filled += PAGE;
		}
		const pages = Buffer.allocUnsafeSlow(filled);
		for (const [page, start] of starts.entries()) {
			if (start !== EMPTY) bytes.copy(pages, start, page * PAGE, (page + 1) * PAGE);
			if (start % STEP === 0) yield;
		}
		return new MemoryImage(bytes.length, pages, starts);
	}

	/** What it keeps, bytes. */
	get bytes(): number {
		return this.pages.length;
	}

	/** Writes what was between two offsets to the same place of a memory. */
	copyTo(target: Buffer, start: number, end: number): void {
		const { starts, pages } = this;
		for (let at = start; at < end; ) {
			let page = Math.floor(at / PAGE);
			const from = starts[page]!;
			const step = from === EMPTY ? 0 : PAGE;
			// As many pages in one go as are side by side in the image as well.
			let next = from;
			do next += step;
			while (++page * PAGE < end && starts[page] === next);
			const stop = Math.min(page * PAGE, end);
			if (from === EMPTY) target.fill(0, at, stop);
			else pages.copy(target, at, from + (at % PAGE), from + (at % PAGE) + stop - at);
			at = stop;
		}
	}
}

interface MemoryState {
	place: Place;
	image: MemoryImage;
}

interface GlobalState {
	place: Place;
	value: number | bigint;
}

type Instances = readonly WebAssembly.Exports[];

export class WholeImage {
	readonly memories: readonly MemoryState[];
	readonly globals: readonly GlobalState[];
	/** What it holds, bytes. */
	readonly bytes: number;
	/** All memories together, bytes. */
	readonly memoryBytes: number;

	private constructor(memories: MemoryState[], globals: GlobalState[]) {
		this.memories = memories;
		this.globals = globals;
		this.memoryBytes = memories.reduce((sum, it) => sum + it.image.size, 0);
		this.bytes = memories.reduce((sum, it) => sum + it.image.bytes, 0);
	}

	/** Of an instance of these modules that has not served yet (`canSnapshot`: all that can change can be seen). */
	static *take({ plan, metas }: Pick<Artifact, "plan" | "metas">, instances: Instances): Steps<WholeImage> {
		const memories: MemoryState[] = [];
		const globals: GlobalState[] = [];
		for (const [i, { module }] of plan.instances.entries()) {
			const meta = metas[module]!;
			for (const { export: name } of meta.memories)
				memories.push({ place: [i, name], image: yield* MemoryImage.of(memoryAt(instances, [i, name])) });
			for (const { export: name } of meta.globals)
				globals.push({ place: [i, name], value: globalAt(instances, [i, name]).value as number | bigint });
		}
		return new WholeImage(memories, globals);
	}
}

export function memoryAt(instances: Instances, [instance, name]: Place): WebAssembly.Memory {
	return instances[instance]![name] as WebAssembly.Memory;
}

export function globalAt(instances: Instances, [instance, name]: Place): WebAssembly.Global {
	return instances[instance]![name] as WebAssembly.Global;
}
