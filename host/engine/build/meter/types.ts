/** A core module made ready to be metered, and what the runtime must know of it. */
export interface MeteredModule {
	bytes: Uint8Array;
	meta: MeterMeta;
}

/** What the rewrite added and found. JSON-serialisable: it is stored with the artifact. */
export interface MeterMeta {
	/** All hidden exports, and only those, begin with this. They are the host's alone: never offer them to a guest. */
	prefix: string;
	/** Export of the counter: a global `(mut i32)`, 0 at first; below 0 the guest asks for more. In fuel units. */
	fuel: string;
	/** Export of a funcref table for the host's entry points (see `CONTROL`), to be filled before anything runs. */
	control: string;
	/**
	 * Export of the depth of calls: a global `(mut i32)`, the bytes of stack that are left; null when nothing can recurse.
	 * It is as it was once a call from outside returned; after a trap it is not.
	 */
	stack: string | null;
	/** Export of the function that the start section named (the section is gone: call it once `control` is filled). */
	start: string | null;
	/** The memories that the module defines, in index order; each is exported under a hidden name. */
	memories: MemoryMeta[];
	/** The map of each of the module's memories, in index order, imported ones first; null if it marks nothing. */
	maps: MapMeta[] | null;
	/** The tables that the module defines, in index order, without `control`. */
	tables: TableMeta[];
	/** The mutable globals that the module defines, in index order, without the counter. */
	globals: GlobalMeta[];
	/** A table that the module imports is changed by its code (`table.set` and the like). */
	writesImportedTables: boolean;
	/** The module has `data.drop` or `elem.drop`: what they did cannot be undone. */
	drops: boolean;
	/** What the module's code uses beyond the MVP, sorted. */
	features: Feature[];
}

export interface MemoryMeta {
	export: string;
	index64: boolean;
	/** In pages of 64 KiB. */
	initialPages: number;
	maximumPages: number | null;
}

/** A memory that holds a byte for each page of another: 1 if it was written to (`marks.ts`). */
export interface MapMeta {
	export: string;
	/** The memory that it is of: which of the module's imports, or which of those that it defines. */
	imported?: number;
	defined?: number;
}

export interface TableMeta {
	export: string;
	/** The element type, as the text format writes it. */
	type: string;
	initial: number;
	maximum: number | null;
	/** The module's code has `table.set`, `grow`, `fill`, `copy` (to it) or `init` on this table. */
	written: boolean;
}

export interface GlobalMeta {
	export: string;
	/** The value type, as the text format writes it. */
	type: string;
}

export type Feature =
	| "bulk-memory"
	| "exceptions"
	| "gc"
	| "gc-alloc"
	| "legacy-exceptions"
	| "memory-grow"
	| "memory64"
	| "multi-memory"
	| "names-data"
	| "relaxed-simd"
	| "simd"
	| "table-grow"
	| "tail-call"
	| "threads"
	| "wide-arithmetic";

/** The module cannot be metered; the message says what it uses that is not supported, or where it is malformed. */
export class MeterError extends Error {
	override name = "MeterError";
}
