/**
 * A function's modules as one script that QuickJS can run to its end.
 *
 * Two passes. The first joins the modules; the user's are reached by `import()`, so that the bundler keeps them as a
 * function that the runtime calls when it is time, not while the component is built. The second lowers `async` functions, the
 * user's and the bundler's own, to generators over the SDK's promises: QuickJS does not run the jobs of its own ones
 * while a synchronous export is on the stack.
 */
import { isBuiltin } from "node:module";
import { dirname, isAbsolute, resolve } from "node:path";
import { type OutputChunk, type Plugin, type RolldownLog, type RolldownOptions, rolldown } from "rolldown";
import { CliError } from "../errors.ts";
import { MODULES, RUNTIME, SDK_FOLDER } from "./sdk.ts";
import { sourceLines } from "./source-lines.ts";

/** Virtual modules. The second has no zero byte before its name: the bundler would make no source map of it. */
const ENTRY = "\0pilot:entry";
const JOINED = "pilot:joined";
/** The last edition of ECMAScript without async functions. */
const LOWERED = "es2016";

export interface Bundle {
	code: string;
	/** Absolute paths of all files that it was made from. */
	inputs: string[];
}

/** Bundles the module that exports `handler`, with its stack traces' table. Throws CliError that shows the place of the mistake. */
export async function bundle(entry: string, folder = dirname(entry)): Promise<Bundle> {
	const source = `import { serve } from ${JSON.stringify(RUNTIME)};
export const { preparation, textHandler } = serve(() => import(${JSON.stringify(entry)}));`;
	const joined = await generate({ id: ENTRY, source, options: { plugins: [modules(entry)] } });
	const lowered = await generate({
		id: JOINED,
		source: joined.code,
		map: joined.map && { ...joined.map, sources: absolute(joined.map) },
		options: { transform: { target: LOWERED }, plugins: [asyncHelper] },
	});
	const inputs = joined.moduleIds.filter((id) => isAbsolute(id));
	return { code: lowered.code + tableOf(lowered.map, folder, inputs), inputs };
}

/** The name is the SDK's (`runtime/stack.ts`). */
function tableOf(map: OutputChunk["map"], folder: string, inputs: readonly string[]): string {
	if (!map) return "";
	const users = new Set(inputs.filter((it) => !it.startsWith(SDK_FOLDER)));
	const table = sourceLines({ sources: absolute(map), mappings: map.mappings }, folder, (path) => users.has(path));
	return `\nglobalThis.__pilotSources = ${JSON.stringify(table)};\n`;
}

/** The bundler names sources from the folder that it would write to. */
const OUTPUT = "/";

function absolute(map: { sources: string[] }): string[] {
	return map.sources.map((it) => resolve(OUTPUT, it));
}

type Map = Pick<NonNullable<OutputChunk["map"]>, "sources" | "mappings" | "names" | "version">;

interface Pass {
	id: string;
	source: string;
	map?: Map | null;
	options: RolldownOptions;
}

async function generate({ id, source, map, options }: Pass): Promise<OutputChunk> {
	const mistakes: RolldownLog[] = [];
	try {
		await using build = await rolldown({
			...options,
			input: id,
			plugins: [virtual(id, source, map), options.plugins],
			external: [/^wasi:/],
			platform: "neutral",
			resolve: { mainFields: ["module", "main"], conditionNames: ["import", "default"] },
			onLog: (_level, log) => void mistakes.push(log),
		});
		const { output } = await build.generate({ format: "esm", codeSplitting: false, sourcemap: "hidden", dir: OUTPUT });
		refuse(mistakes);
		return output[0];
	} catch (error) {
		if (error instanceof CliError) throw error;
		throw new CliError(describe(error), { cause: error });
	}
}

function virtual(id: string, source: string, map?: Map | null): Plugin {
	return {
		name: "pilot:virtual",
		resolveId: (it) => (it === id ? id : null),
		load: (it) => (it === id ? { code: source, map, moduleType: "js" } : null),
	};
}

/** What lowered `async` functions are wrapped by: the SDK's own (`runtime/promise.ts`) in place of the bundler's, which makes more for each call. */
const asyncHelper: Plugin = {
	name: "pilot:async",
	transform: {
		filter: { id: /@oxc-project\+runtime.*\/asyncToGenerator\.js$/ },
		handler: () => `export default function asyncToGenerator(body) {
	return function () { return __pilotAsync(body.apply(this, arguments)); };
}`,
	},
};

/** Maps what the SDK has, refuses the rest of Node.js, and sees that the entry exports a handler. */
function modules(entry: string): Plugin {
	return {
		name: "pilot:modules",
		resolveId(specifier, importer) {
			const mapped = MODULES[isBuiltin(specifier) && !specifier.startsWith("node:") ? `node:${specifier}` : specifier];
			if (mapped) return mapped;
			if (!isBuiltin(specifier)) return null;
			const has = Object.keys(MODULES).filter((it) => it.startsWith("node:"));
			throw new CliError(
				`${importer} imports ${specifier}: functions have no such module (of Node.js: ${has.join(", ")})`,
			);
		},
		moduleParsed(module) {
			const star = module.exports.includes("*");
			if (module.id !== entry || star || module.exports.includes("handler")) return;
			throw new CliError(`${entry} does not export a function named handler`);
		},
	};
}

/** Of the bundler's warnings, those after which the function could not run. */
const FATAL = new Set(["UNRESOLVED_IMPORT", "MISSING_EXPORT", "IMPORT_IS_UNDEFINED"]);

function refuse(logs: readonly RolldownLog[]): void {
	const fatal = logs.find((it) => it.code && FATAL.has(it.code));
	if (fatal) throw new CliError(fatal.message);
}

/** What the bundler says of the first mistakes, without its own name and stack. */
function describe(error: unknown): string {
	const { errors } = error as { errors?: { message: string; cause?: unknown }[] };
	if (!errors?.length) return error instanceof Error ? error.message : String(error);
	const own = errors.map((it) => /(?:CliError|Error): (.*)/.exec(it.message)?.[1] ?? it.message);
	return own.slice(0, 3).join("\n");
}
