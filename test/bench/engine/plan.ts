/** What a program that measures an engine without a host around it is told on its standard input, and what it prints. */
import type { Isolation } from "../../../host/engine/types.ts";

export interface EnginePlan {
	/** The component. */
	code: string;
	/** What its event is, if it takes events. */
	event: string;
	/** Folder of artifacts and snapshots. */
	folder: string;
	/** `instances`: each invocation in a new instance; `isolation`: one after the other in the same. */
	measure: { kind: "instances"; count: number } | { kind: "isolation"; isolation: Isolation; seconds: number };
}

export interface EngineResult {
	/** Making the instance, or the whole invocation with all that isolation does before the next may begin, ms. */
	p50: number;
	p99: number;
	mean: number;
	/** Core time of the process for each, garbage collection and compilation included, ms. */
	cpu: number;
}
