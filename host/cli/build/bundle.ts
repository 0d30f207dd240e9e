/**
 * A function's modules as one script that QuickJS can run to its end.
 *
 * Two passes. The first joins the modules; the user's are reached by `import()`, so that the bundler keeps them as a
 * function that runs at the first invocation, not while the component is built. The second lowers `async` functions, the
 * user's and the bundler's own, to generators over the SDK's promises: QuickJS does not run the jobs of its own ones
 * while a synchronous export is on the stack.
 */
import { isBuiltin } from "node:module";
import { type OutputChunk, type Plugin, type RolldownLog, type RolldownOptions, rolldown } from "rolldown";
import { CliError } from "../errors.ts";
import { MODULES, RUNTIME } from "./sdk.ts";

/** Virtual modules; no file can have these names. */
const ENTRY = "\0pilot:entry";
const JOINED = "\0pilot:joined";
/** The last edition of ECMAScript without async functions. */
const LOWERED = "es2016";

export interface Bundle {
	code: string;
	/** Absolute paths of all files that it was made from. */
	inputs: string[];
}

/** Bundles the module that exports `handler`. Throws CliError that shows the place of the mistake. */
export async function bundle(entry: string): Promise<Bundle> {
	const source = `import { serve } from ${JSON.stringify(RUNTIME)};
export const handler = serve(() => import(${JSON.stringify(entry)}));`;
	const joined = await generate(ENTRY, source, { plugins: [modules(entry)] });
	const lowered = await generate(JOINED, joined.code, { transform: { target: LOWERED } });
	return { code: lowered.code, inputs: joined.moduleIds.filter((id) => !id.startsWith("\0")) };
}

async function generate(id: string, source: string, options: RolldownOptions): Promise<OutputChunk> {
	const mistakes: RolldownLog[] = [];
	try {
		await using build = await rolldown({
			...options,
			input: id,
			plugins: [virtual(id, source), options.plugins],
			external: [/^wasi:/],
			platform: "neutral",
			resolve: { mainFields: ["module", "main"], conditionNames: ["import", "default"] },
			onLog: (_level, log) => void mistakes.push(log),
		});
		const { output } = await build.generate({ format: "esm", codeSplitting: false });
		refuse(mistakes);
		return output[0];
	} catch (error) {
		if (error instanceof CliError) throw error;
		throw new CliError(describe(error), { cause: error });
	}
}

function virtual(id: string, source: string): Plugin {
	return {
		name: "pilot:virtual",
		resolveId: (it) => (it === id ? id : null),
		load: (it) => (it === id ? { code: source, moduleType: "js" } : null),
	};
}

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
