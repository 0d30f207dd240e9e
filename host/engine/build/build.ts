/** From code to artifact: admit, link, meter. Nothing of it is done again when a function is invoked, or after a restart. */
import { createHash } from "node:crypto";
import { type Artifact, ENGINE_VERSION, HOOKS } from "../artifact.ts";
import { BinaryError } from "../binary/reader.ts";
import type { LiftedFunction } from "../plan.ts";
import { canSnapshot } from "../snapshot.ts";
import { AdmissionError } from "../types.ts";
import { type Admitted, admit, invalidity } from "./admit.ts";
import { type FinishedModule, importMemories } from "./import-memories.ts";
import type { LinkedFunction } from "./link.ts";
import { mergeData } from "./merge-data.ts";
import { MeterError, type MeteredModule, type MeterOptions, meter } from "./meter/index.ts";
import { numberImports } from "./number-imports.ts";
import { pruneExports, usedExports } from "./prune-exports.ts";
import { withoutShims } from "./without-shims.ts";

/** What `build` makes: the artifact, and its metered core modules in the plan's order. */
export interface Built {
	artifact: Artifact;
	modules: Uint8Array[];
}

/** `sha256:` and the digest in hex: how an artifact is addressed. */
export function digestOf(code: Uint8Array): string {
	return `sha256:${createHash("sha256").update(code).digest("hex")}`;
}

export interface BuildOptions extends MeterOptions {
	/** Makes the plan smaller, and changes nothing in what it does. */
	simplify?: typeof withoutShims;
}

/**
 * Throws AdmissionError if the code cannot be a function. `tracked`: its modules mark what they write, so that an instance can be
 * put back; without effect on code that has no snapshot.
 */
export async function build(
	code: Uint8Array,
	{ tracked = false, simplify = withoutShims }: BuildOptions = {},
): Promise<Built> {
	const admitted = await admit(code);
	const { plan, modules } = simplify({ plan: planOf(admitted), modules: admitted.linked.modules });
	const used = usedExports(plan, modules.length);
	const meterAll = (options: MeterOptions): FinishedModule[] => modules.map((it) => meterModule(it, options));
	let metered = meterAll({ tracked });
	if (tracked && !canSnapshot({ plan, metas: metered.map((it) => it.meta) })) metered = meterAll({});
	const tablesGrow = metered.some((it) => it.meta.features.includes("table-grow"));
	const bytes = metered.map((it, i) => withExports(it, used[i]!, tablesGrow));
	const info = { digest: digestOf(code), kind: admitted.kind.name, world: admitted.world, size: code.length };
	const artifact: Artifact = {
		version: ENGINE_VERSION,
		info,
		plan,
		metas: metered.map((it) => it.meta),
	};
	return { artifact, modules: bytes };
}

function meterModule(bytes: Uint8Array, options: MeterOptions): FinishedModule {
	try {
		const metered = importMemories(withMergedData(meter(bytes, options)));
		// V8's garbage-collected heap is the whole process's: until it can be bounded for one guest, nothing allocates on it.
		if (metered.meta.features.includes("gc-alloc")) {
			throw new AdmissionError(
				"The component allocates garbage-collected objects (WasmGC), which cannot be bounded yet.",
			);
		}
		return { ...metered, bytes: numberImports(metered.bytes) };
	} catch (error) {
		if (error instanceof MeterError || error instanceof BinaryError) {
			throw new AdmissionError(`The component cannot be metered: ${error.message}.`);
		}
		throw error;
	}
}

/**
 * The module with the exports that others or the host refer to: V8 makes an object for each. The host asks for a table only where it may
 * have become longer.
 */
function withExports({ bytes, meta }: FinishedModule, used: ReadonlySet<string>, tablesGrow: boolean): Uint8Array {
	const unasked = new Set([meta.stack, ...(tablesGrow ? [] : meta.tables.map((it) => it.export))]);
	const isKept = (name: string): boolean => used.has(name) || (name.startsWith(meta.prefix) && !unasked.has(name));
	// To be exported may be what allows a function to be referred to: then all stay.
	for (const it of [pruneExports(bytes, isKept), bytes]) if (WebAssembly.validate(it as BufferSource)) return it;
	// It was valid before: what was added is too much for one of V8's limits, such as 7.6 MB a function.
	throw new AdmissionError(`The component is too large to be metered: ${invalidity(bytes)}`);
}

function withMergedData({ bytes, meta }: MeteredModule): MeteredModule {
	return meta.features.includes("names-data") ? { bytes, meta } : { bytes: mergeData(bytes), meta };
}

function planOf(admitted: Admitted): Artifact["plan"] {
	const { instances, destructors } = admitted.linked;
	const exports: Artifact["plan"]["exports"] = { [admitted.kind.function]: liftedOf(admitted.export) };
	for (const hook of HOOKS) {
		const found = admitted.hooks.get(hook);
		if (found !== undefined) exports[hook] = liftedOf(found);
	}
	return { instances, destructors, exports };
}

function liftedOf(found: LinkedFunction): LiftedFunction {
	if (found.source.from !== "instance")
		throw new AdmissionError("The component exports a function of the host's as its own.");
	return { ...found.options, func: { instance: found.source.instance, name: found.source.name } };
}
