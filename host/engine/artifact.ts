/** A component made ready to run: its metered core modules and its link plan. */
import type { MeterMeta } from "./build/meter/types.ts";
import type { LinkPlan } from "./plan.ts";
import type { ArtifactInfo } from "./types.ts";

/** Changes whenever an artifact of before would run differently, or not at all: it is then built again from its code. */
export const ENGINE_VERSION = 10;

/** Functions of `pilot:function/preparation` and `snapshot` (`wit/world.wit`), as the link plan names them among its exports. */
export const HOOKS = ["prepare", "before-snapshot", "after-restore"] as const;

/** What the runtime must know of a core module. */
export interface ModuleMeta extends MeterMeta {
	/** The namespace under which the module imports the memories that it defined, and maps, by their hidden names; null if it defines them still. */
	memoryImports: string | null;
	/** What its data segments hold, bytes. */
	dataBytes: number;
}

export interface Artifact {
	version: number;
	info: ArtifactInfo;
	plan: LinkPlan;
	/** What was found in each core module, in the plan's order. */
	metas: ModuleMeta[];
}

/** An artifact whose core modules V8 has taken in; code is compiled as it is first called. */
export interface CompiledArtifact extends Artifact {
	modules: WebAssembly.Module[];
}
