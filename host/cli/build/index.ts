/** `build`: a project to a component, or to the one that was built before. */
import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Output, readCached, writeCached } from "./cache.ts";
import type { Project } from "./project.ts";
import { WIT } from "./sdk.ts";

/** Raised when a change of the builder itself makes older outputs wrong. */
const FORMAT = 5;
/** A link to the host's own folder: `**` does not follow it. */
const FUNCTION_WORLD = "deps/function/*.wit";

export interface Built extends Output {
	/** False if nothing had changed, and nothing was done. */
	fresh: boolean;
}

/**
 * The component of a project, in its folder `dist`. `onStart` is called if there is work to do, before it is done. The
 * bundler and the componentizer are loaded only then: they take longer than everything else at a second start.
 */
export async function build(project: Project, onStart: () => void = () => undefined): Promise<Built> {
	const record = join(project.folder, "dist", "build.json");
	const tools = toolVersions();
	const cached = readCached(record, tools);
	if (cached) return { ...cached, fresh: false };
	onStart();
	const [{ bundle }, { toComponent }] = await Promise.all([import("./bundle.ts"), import("./componentize.ts")]);
	const readAt = Date.now();
	const { code, inputs } = await bundle(project.entry, project.folder);
	const component = await toComponent(code);
	const files = [project.manifest, ...inputs, ...witFiles()];
	const output = writeCached(record, { tools, files, readAt }, `${project.name}.wasm`, component);
	return { ...output, fresh: true };
}

function witFiles(): string[] {
	return globSync(["**/*.wit", FUNCTION_WORLD], { cwd: WIT }).map((it) => join(WIT, it));
}

function toolVersions(): string {
	const versions = ["componentize-qjs", "rolldown"].map((name) => `${name} ${versionOf(name)}`);
	return [`format ${FORMAT}`, ...versions].join(", ");
}

function versionOf(name: string): string {
	const path = createRequire(import.meta.url).resolve(`${name}/package.json`);
	return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
