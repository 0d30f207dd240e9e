/**
 * What a core module may consist of, checked before V8 sees it. V8's own limits are made for one page of a browser: within
 * them a few megabytes of code hold a worker for seconds at each instance, or end the whole process (canonical types
 * are never freed, and the two-millionth aborts). Figures in comments: most in a component of CPython, StarlingMonkey, QuickJS, Go.
 */
import { hash } from "node:crypto";
import { Reader } from "../binary/reader.ts";
import { AdmissionError } from "../types.ts";
import { noteTypes } from "./canonical-types.ts";
import { sectionOf } from "./core-imports.ts";
import { skipConstantExpression, skipValType } from "./meter/skip.ts";

/** Of all core modules of a component together. */
export const MAX_SHAPE = {
	/** 1,100. Each stays in V8's process-wide table for good. */
	types: 10_000,
	/** 2,300. Resolved one by one at each instance. */
	imports: 20_000,
	/** 13,400. 40 ns each at each instance. */
	functions: 300_000,
	/** 870. Mutable ones are exported, each an object at each instance: 900,000 held a worker for 1.5 s. */
	globals: 10_000,
	/** 4,200. */
	exports: 50_000,
	/** One each of C++ and longjmp. Each is an object at each instance. */
	tags: 1000,
	/** 15,000. */
	elements: 1_000_000,
	/**
	 * 11,000,000. V8 makes up to 25 bytes of a byte, all code of a process has 4 GiB, and the process ends where that is full. So one
	 * component cannot fill it.
	 */
	"bytes of code": 96 * 2 ** 20,
} as const;

/** Longest body of one function, bytes (CPython's longest has 430 KB): V8 compiles it at its first call, 20 ms a megabyte. */
export const MAX_BODY = 2 * 2 ** 20;
/** Most values that one exception carries. They lie in V8's heap; toolchains throw one pointer, or two. */
const MAX_TAG_VALUES = 16;

/** The type section's id. */
const TYPES = 1;

type Counted = keyof typeof MAX_SHAPE;

/**
 * Counts what the modules consist of, and notes their types: V8 is about to see them. Throws AdmissionError at the first
 * limit, BinaryError or MeterError where a module is malformed.
 */
export function checkShapes(modules: readonly Uint8Array[]): void {
	const shape = new Shape();
	for (const module of modules) shape.add(module);
	noteTypes(shape.types);
}

/** Keys of the types of a module that was admitted before. */
export function typesOf(module: Uint8Array): Set<number> {
	const shape = new Shape();
	const section = sectionOf(module, TYPES);
	if (section !== null) shape.typeSection(section);
	return shape.types;
}

class Shape {
	/** A number for each type (or recursion group) that V8 will keep. */
	readonly types = new Set<number>();
	private readonly counts: Record<Counted, number> = {
		types: 0,
		imports: 0,
		functions: 0,
		globals: 0,
		exports: 0,
		tags: 0,
		elements: 0,
		"bytes of code": 0,
	};
	/** How many parameters each type of the module has, if it is a function's. */
	private params: number[] = [];

	add(module: Uint8Array): void {
		this.params = [];
		const r = new Reader(module, 8);
		while (!r.done) {
			const id = r.byte();
			this.section(id, r.sub(r.u32()));
		}
	}

	private section(id: number, r: Reader): void {
		if (id === TYPES) this.typeSection(r);
		else if (id === 2) this.count("imports", r.u32());
		else if (id === 3) this.count("functions", r.u32());
		else if (id === 4) tables(r);
		else if (id === 6) this.count("globals", globals(r));
		else if (id === 7) this.count("exports", r.u32());
		else if (id === 9) this.elements(r);
		else if (id === 10) {
			this.count("bytes of code", r.end - r.pos);
			bodies(r);
		} else if (id === 13) this.tags(r);
	}

	private count(what: Counted, count: number): void {
		this.counts[what] += count;
		if (this.counts[what] > MAX_SHAPE[what]) throw tooMany(`over ${MAX_SHAPE[what]} ${what}`);
	}

	typeSection(r: Reader): void {
		const start = r.pos;
		for (let left = r.u32(); left > 0; left--) {
			const at = r.pos;
			const refers = this.group(r);
			// What a reference refers to is part of the type: then all types so far are.
			const bytes = r.bytes.subarray(refers ? start : at, r.pos);
			this.types.add(Number.parseInt(hash("sha1", bytes, "hex").slice(0, 12), 16));
		}
	}

	/** One type, or one recursion group. Does it name other types by index? */
	private group(r: Reader): boolean {
		if (r.bytes[r.pos] !== 0x4e) return this.type(r);
		r.byte();
		for (let left = r.u32(); left > 0; left--) this.type(r);
		return true;
	}

	private type(r: Reader): boolean {
		this.count("types", 1);
		let form = r.byte();
		const isSub = form === 0x50 || form === 0x4f;
		if (isSub) {
			r.vec((it) => it.u32());
			form = r.byte();
		}
		let params = 0;
		let refers = isSub;
		if (form === 0x60) {
			params = r.u32();
			refers = values(r, params) || refers;
			refers = values(r, r.u32()) || refers;
		} else if (form === 0x5f) for (let left = r.u32(); left > 0; left--) refers = field(r) || refers;
		else if (form === 0x5e) refers = field(r) || refers;
		else r.fail(`unsupported type form 0x${form.toString(16)}`);
		this.params.push(params);
		return refers;
	}

	private tags(r: Reader): void {
		const count = r.u32();
		this.count("tags", count);
		for (let left = count; left > 0; left--) {
			r.byte();
			if ((this.params[r.u32()] ?? 0) > MAX_TAG_VALUES) throw tooMany(`exceptions of over ${MAX_TAG_VALUES} values`);
		}
	}

	/** Entries are counted where their count stands; what they are is for V8 to check. */
	private elements(r: Reader): void {
		for (let left = r.u32(); left > 0; left--) {
			const flags = r.u32();
			if ((flags & 3) === 2) r.u32();
			if ((flags & 1) === 0) skipExpression(r);
			const isExpressions = (flags & 4) !== 0;
			if ((flags & 3) !== 0) isExpressions ? valueType(r) : r.byte();
			const count = r.u32();
			this.count("elements", count);
			for (let entry = 0; entry < count; entry++) isExpressions ? skipExpression(r) : r.u32();
		}
	}
}

function tooMany(what: string): AdmissionError {
	return new AdmissionError(`The component's core modules have ${what}.`);
}

/** A value type; is it a reference to a type by index? */
function valueType(r: Reader): boolean {
	const at = r.pos;
	r.take(skipValType(r.bytes, at) - at);
	const [form, heap] = [r.bytes[at]!, r.bytes[at + 1]!];
	return (form === 0x63 || form === 0x64) && (heap >= 0x80 || heap < 0x40);
}

function values(r: Reader, count: number): boolean {
	let refers = false;
	for (let left = count; left > 0; left--) refers = valueType(r) || refers;
	return refers;
}

/** A field of a struct, or an array's element: a value type or i8 or i16, and whether it is mutable. */
function field(r: Reader): boolean {
	const form = r.bytes[r.pos];
	const isPacked = form === 0x78 || form === 0x77;
	if (isPacked) r.byte();
	const refers = !isPacked && valueType(r);
	r.byte();
	return refers;
}

function skipExpression(r: Reader): void {
	r.take(skipConstantExpression(r.bytes, r.pos, r.end, () => {}) - r.pos);
}

/** Exceptions lie in V8's heap, which is the whole process's: where one may be kept for long, a guest could fill it. */
function notException(r: Reader): void {
	const at = r.pos;
	valueType(r);
	const type = r.bytes[at] === 0x63 || r.bytes[at] === 0x64 ? r.bytes[at + 1] : r.bytes[at];
	if (type === 0x69) throw tooMany("tables or globals of exceptions (exnref), which cannot be bounded");
}

function tables(r: Reader): void {
	for (let left = r.u32(); left > 0; left--) {
		const isInitialised = r.bytes[r.pos] === 0x40;
		if (isInitialised) r.take(2);
		notException(r);
		const flags = r.byte();
		r.u64();
		if (flags & 1) r.u64();
		if (isInitialised) skipExpression(r);
	}
}

function globals(r: Reader): number {
	const count = r.u32();
	for (let left = Math.min(count, MAX_SHAPE.globals); left > 0; left--) {
		notException(r);
		r.byte();
		skipExpression(r);
	}
	return count;
}

function bodies(r: Reader): void {
	for (let left = r.u32(); left > 0; left--) {
		const length = r.u32();
		if (length > MAX_BODY) throw tooMany(`a function of ${length} bytes, over the limit of ${MAX_BODY}`);
		r.take(length);
	}
}
