/** A component made ready to run: its metered core modules and its link plan. */
import type { MeterMeta } from "./build/meter/types.ts";
import type { LinkPlan } from "./plan.ts";
import type { ArtifactInfo } from "./types.ts";

/** Changes whenever an artifact of before would run differently, or not at all: it is then built again from its code. */
export const ENGINE_VERSION = 2;

export interface Artifact {
	version: number;
	info: ArtifactInfo;
	plan: LinkPlan;
	/** What the metering of each core module found, in the plan's order. */
	metas: MeterMeta[];
}

/** An artifact whose core modules V8 has taken in; code is compiled as it is first called. */
export interface CompiledArtifact extends Artifact {
	modules: WebAssembly.Module[];
}
