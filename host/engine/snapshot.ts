/**
 * A snapshot: what initialisation left in an instance, so that another instance starts from there. Kept: the pages that
 * differ from a fresh instance's (a sparse image), mutable globals, and handles by description. Not everything passes:
 * tables that code wrote to, dropped segments, and globals that JavaScript cannot read have no snapshot; such instances
 * initialise one by one.
 */
import type { Artifact, CompiledArtifact } from "./artifact.ts";
import type { MeterMeta } from "./build/meter/types.ts";
import type { HandleImage } from "./handles.ts";
import { STEP, type Steps } from "./steps.ts";

/** Granularity of an image, bytes. */
const PAGE = 4096;
const WASM_PAGE = 65_536;

interface MemoryImage {
	/** Size of the memory, wasm pages. */
	pages: number;
	/** Runs of pages that differ from a fresh instance's: where they start in the memory, and how long they are, bytes. */
	runs: [start: number, length: number][];
}

/** The JSON part: the bytes of all runs, in order, follow it. */
interface Header {
	memories: MemoryImage[][];
	globals: (number | { i64: string })[][];
	handles: HandleImage[];
}

export interface Snapshot extends Header {
	/** The bytes of all runs, in order. */
	image: Uint8Array;
}

const NUMERIC = new Set(["i32", "i64", "f32", "f64"]);

/** Can an instance of these modules pass through a snapshot at all? */
export function canSnapshot({ plan, metas }: Pick<Artifact, "plan" | "metas">): boolean {
	return plan.instances.every(({ module }) => passes(metas[module]!));
}

function passes(meta: MeterMeta): boolean {
	if (meta.drops || meta.writesImportedTables || meta.tables.some((it) => it.written)) return false;
	return meta.globals.every((it) => NUMERIC.has(it.type)) && meta.memories.every((it) => !it.index64);
}

type Instances = readonly WebAssembly.Exports[];

function metasOf(artifact: CompiledArtifact): MeterMeta[] {
	return artifact.plan.instances.map(({ module }) => artifact.metas[module]!);
}

/** Largest image that is kept, bytes: it stays in memory as long as the function is used. Python's is 13 MB. */
const MAX_IMAGE = 256 * 2 ** 20;

/**
 * Takes the image of an initialised instance against a fresh one of the same artifact, whose start functions did not run.
 * Neither may change meanwhile. Null if it is too large to be kept.
 */
export function* capture(
	artifact: CompiledArtifact,
	initialised: Instances,
	fresh: Instances,
	handles: HandleImage[],
	maxImage = MAX_IMAGE,
): Steps<Snapshot | null> {
	const parts: Uint8Array[] = [];
	const metas = metasOf(artifact);
	const memories: MemoryImage[][] = [];
	for (const [i, meta] of metas.entries()) {
		const images: MemoryImage[] = [];
		for (const { export: name } of meta.memories)
			images.push(yield* memoryImage(memoryOf(initialised[i]!, name), memoryOf(fresh[i]!, name), parts));
		memories.push(images);
	}
	if (parts.reduce((sum, it) => sum + it.length, 0) > maxImage) return null;
	const globals = metas.map((meta, i) => meta.globals.map((it) => globalImage(globalOf(initialised[i]!, it.export))));
	return { memories, globals, handles, image: yield* joined(parts) };
}

function* joined(parts: readonly Uint8Array[]): Steps<Uint8Array> {
	const all = new Uint8Array(parts.reduce((sum, it) => sum + it.length, 0));
	let at = 0;
	for (const part of parts) {
		yield* copy(all, at, part);
		at += part.length;
	}
	return all;
}

function* copy(target: Uint8Array, start: number, bytes: Uint8Array): Steps<void> {
	for (let at = 0; at < bytes.length; at += STEP) {
		target.set(bytes.subarray(at, at + STEP), start + at);
		yield;
	}
}

function memoryOf(exports: WebAssembly.Exports, name: string): WebAssembly.Memory {
	return exports[name] as WebAssembly.Memory;
}

function globalOf(exports: WebAssembly.Exports, name: string): WebAssembly.Global {
	return exports[name] as WebAssembly.Global;
}

function* memoryImage(memory: WebAssembly.Memory, fresh: WebAssembly.Memory, parts: Uint8Array[]): Steps<MemoryImage> {
	const bytes = Buffer.from(memory.buffer);
	const base = Buffer.from(fresh.buffer);
	const runs: MemoryImage["runs"] = [];
	for (let start = 0; start < bytes.length; start += PAGE) {
		if (start % STEP === 0) yield;
		if (samePage(bytes, base, start)) continue;
		const last = runs.at(-1);
		if (last !== undefined && last[0] + last[1] === start) last[1] += PAGE;
		else runs.push([start, PAGE]);
	}
	for (const [start, length] of runs) parts.push(bytes.subarray(start, start + length));
	return { pages: bytes.length / WASM_PAGE, runs };
}

const ZEROS = Buffer.alloc(PAGE);

function samePage(bytes: Buffer, base: Buffer, start: number): boolean {
	const page = bytes.subarray(start, start + PAGE);
	return page.equals(start < base.length ? base.subarray(start, start + PAGE) : ZEROS);
}

function globalImage(global: WebAssembly.Global): number | { i64: string } {
	const value = global.value as number | bigint;
	return typeof value === "bigint" ? { i64: value.toString() } : value;
}

/** Puts an image into a fresh instance, whose start functions did not run. False if its memories cannot have that size. */
export function* restore(
	artifact: CompiledArtifact,
	snapshot: Snapshot,
	instances: Instances,
	mayGrow: (pages: number) => boolean,
): Steps<boolean> {
	let offset = 0;
	for (const [i, meta] of metasOf(artifact).entries()) {
		for (const [j, { export: name }] of meta.memories.entries()) {
			const { pages, runs } = snapshot.memories[i]![j]!;
			const memory = memoryOf(instances[i]!, name);
			if (!growTo(memory, pages, mayGrow)) return false;
			offset = yield* copyRuns(new Uint8Array(memory.buffer), runs, snapshot.image, offset);
		}
		meta.globals.forEach(({ export: name }, j) => {
			globalOf(instances[i]!, name).value = globalValue(snapshot.globals[i]![j]!);
		});
	}
	return true;
}

function growTo(memory: WebAssembly.Memory, pages: number, mayGrow: (pages: number) => boolean): boolean {
	const missing = pages - memory.buffer.byteLength / WASM_PAGE;
	if (missing <= 0) return true;
	if (!mayGrow(missing)) return false;
	memory.grow(missing);
	return true;
}

function* copyRuns(target: Uint8Array, runs: MemoryImage["runs"], image: Uint8Array, offset: number): Steps<number> {
	let from = offset;
	for (const [start, length] of runs) {
		yield* copy(target, start, image.subarray(from, from + length));
		from += length;
	}
	return from;
}

function globalValue(image: number | { i64: string }): number | bigint {
	return typeof image === "number" ? image : BigInt(image.i64);
}

/**
 * As one file, in two pieces: the header's length and the header; the image. NaN and the infinities have no JSON: globals of
 * f32 and f64 are sent as text.
 */
export function encodeSnapshot(snapshot: Snapshot): [head: Buffer, image: Uint8Array] {
	const { image, ...header } = snapshot;
	const json = Buffer.from(
		JSON.stringify(header, (_key, value) =>
			isOdd(value) ? { f: Object.is(value, -0) ? "-0" : String(value) } : value,
		),
	);
	const length = Buffer.alloc(4);
	length.writeUInt32LE(json.length);
	return [Buffer.concat([length, json]), image];
}

function isOdd(value: unknown): boolean {
	return typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0));
}

/** Reads what `encodeSnapshot` wrote. Throws on anything else. */
export function decodeSnapshot(bytes: Buffer): Snapshot {
	const end = 4 + bytes.readUInt32LE(0);
	const header = JSON.parse(bytes.toString("utf8", 4, end), (_key, value) => {
		return typeof value === "object" && value !== null && typeof value.f === "string" ? Number(value.f) : value;
	}) as Header;
	return { ...header, image: bytes.subarray(end) };
}
