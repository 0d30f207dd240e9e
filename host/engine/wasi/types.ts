/** What the host's interfaces are made of: core-level functions, bound to a guest and to the memory of one import. */
import type { HandleTable, ResourceKind } from "../handles.ts";
import type { HttpExchange } from "../http.ts";
import type { GuestMemory } from "../memory.ts";

/** A folder of the host that a guest sees. */
export interface Mount {
	/** The folder on the host, absolute. */
	host: string;
	/** Where the guest sees it: an absolute path such as `/mnt/bucket`. */
	guest: string;
	readOnly: boolean;
	/** Most bytes that guests may keep in it; no bound unless given. */
	maxBytes?: number;
}

/**
 * What host functions know of the instance that calls them. One an instance, for its whole life; what belongs to the
 * invocation (`output`, `stdin`, `signal`, `http`) changes from one to the next.
 */
export interface Guest {
	readonly handles: HandleTable;
	readonly env: readonly (readonly [string, string])[];
	readonly args: readonly string[];
	readonly mounts: readonly Mount[];
	/** Aborted when the invocation is over, timed out or cancelled: end all I/O that serves it. */
	readonly signal: AbortSignal;
	/** What `wasi:cli/stdin` reads. */
	readonly stdin: Uint8Array;
	/** The HTTP exchange that is being served; undefined outside one. */
	readonly http: HttpExchange | undefined;
	/** May the guest send a request there? Asked before a connection is made. `authority` is `host` or `host:port`. */
	mayReach(scheme: string, authority: string): boolean;
	/** The guest's output: 1 is stdout, 2 is stderr. Copies what it keeps; never blocks. */
	output(stream: 1 | 2, bytes: Uint8Array): void;
	/** Charges fuel for what a call does beyond its base, which the linker charges. `bytes` are the bytes it moved. */
	charge(bytes: number): void;
	/** `wasi:cli/exit`: ends the instance with this status. Throws. */
	exit(status: number): never;
}

/** A core value: i32, f32, f64 are numbers, i64 is a bigint. */
export type CoreValue = number | bigint;
// A core function's parameters depend on its `core` signature, which admission has checked against the guest's.
// biome-ignore lint/suspicious/noExplicitAny: parameters are checked at admission, not by this type.
export type CoreFunction = (...args: any[]) => unknown;

export interface HostFunction {
	/**
	 * The core signature after canonical lowering: parameters, `->`, results; `i` i32, `I` i64, `f` f32, `F` f64.
	 * A result that does not fit one value is written to a pointer that comes last: `(i32, i32) -> result<u64, error>`
	 * is `"iii->"`. Admission refuses a component whose import has another.
	 */
	core: string;
	/** It may give a promise: linked as a Suspending import. Those that never block are linked plain, which is faster. */
	suspends?: boolean;
	/** Binds the function to a guest and the memory that its import was lowered with. */
	make(guest: Guest, memory: GuestMemory): CoreFunction;
}

/** One WASI interface, any 0.2.x: one folder, one line in `registry.ts`. */
export interface HostInterface {
	/** Package and interface, without version: `wasi:io/streams`. */
	name: string;
	/** Functions by their WIT name: `get-stdout`, `[method]output-stream.write`, `[static]…`, `[constructor]…`. */
	functions: Record<string, HostFunction>;
	/** Resources by their WIT name; the linker binds `resource.drop` to the handle table by them. */
	// biome-ignore lint/suspicious/noExplicitAny: a list of kinds of different values.
	resources: Record<string, ResourceKind<any>>;
}
