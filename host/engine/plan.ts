/**
 * A link plan: what to instantiate, in order, and where each core import comes from. Made once, when a component is
 * admitted; carried out for every instance. It is JSON, kept beside the artifact's core modules.
 */
import type { StringEncoding } from "./memory.ts";

/** A core item that an earlier instance of the plan exports. */
export interface CoreRef {
	instance: number;
	name: string;
}

/** How a function crosses between core and component level (canonopt). */
export interface CallOptions {
	encoding: StringEncoding;
	memory: CoreRef | null;
	realloc: CoreRef | null;
	postReturn: CoreRef | null;
}

export type Source =
	/** An export of an earlier instance: function, table, memory, global or tag. */
	| ({ from: "instance" } & CoreRef)
	/**
	 * A function of the host, by interface (without version) and name. `after`: how many instances there must be before it may be called;
	 * none unless given.
	 */
	| { from: "host"; interface: string; name: string; options: CallOptions; after?: number }
	/**
	 * A function that a later instance exports, of this signature (as `HostFunction.core`). It can be called once there are `after`
	 * instances; a call before that traps.
	 */
	| ({ from: "later"; core: string; after: number } & CoreRef)
	/** `resource.drop` of a host's resource. */
	| { from: "drop"; interface: string; resource: string }
	/** A resource type that the guest defines: its own handles. */
	| { from: "resource"; op: "new" | "rep" | "drop"; type: number }
	/** A function that always traps: the callee's whole body is `unreachable`. */
	| { from: "trap"; message: string };

export interface PlannedInstance {
	/** Index of the core module in the artifact. */
	module: number;
	imports: [namespace: string, name: string, source: Source][];
	/** Functions that run when it has started, as start functions do: those of modules that were left out. */
	starts?: CoreRef[];
}

/** A lifted function of the component's exports. */
export interface LiftedFunction extends CallOptions {
	func: CoreRef;
}

export interface LinkPlan {
	instances: PlannedInstance[];
	/** The functions of the export that the guest kind calls, by WIT name: `handle`, `run`. */
	exports: Record<string, LiftedFunction>;
	/** Destructors of guest-defined resource types; null where there is none. */
	destructors: (CoreRef | null)[];
}
