/** A function's folder: its entry and its settings, from `pilot.json` or the member `pilot` of `package.json`. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { CliError, codeOf, messageOf } from "../errors.ts";

/** How the function is deployed, unless the command line says otherwise. */
export interface FunctionSettings {
	/** MB. */
	memory?: number;
	/** s. */
	timeout?: number;
	/** Units. */
	fuel?: number;
	/** What an invocation leaves for the next: all, or nothing. */
	isolation?: "reuse" | "request";
	/** How often initialisation runs: once a version, or in each instance. */
	init?: "once" | "each";
	env?: Record<string, string>;
	/** A cron expression, or `rate(5 minutes)`. */
	schedule?: string;
	/** A folder, from the project's own on. */
	bucket?: string;
	/** Arguments of a curl command that shows the function; `{url}` is its URL. */
	curl?: string;
}

export interface Project {
	/** Absolute. */
	folder: string;
	name: string;
	/** Absolute path of the module that exports `handler`. */
	entry: string;
	settings: FunctionSettings;
	/** Absolute path of the file with the settings. */
	manifest: string;
}

const ENTRIES = ["index.ts", "src/index.ts", "index.js", "src/index.js", "index.mjs"];

export const ISOLATIONS = ["reuse", "request"] as const;
export const INITS = ["once", "each"] as const;

/** What each setting may be; a setting that is not here is a mistake. */
const CHECKS: Record<string, { is(value: unknown): boolean; words: string }> = {
	name: { is: isText, words: "a text" },
	entry: { is: isText, words: "a path" },
	memory: { is: isCount, words: "a whole number of MB" },
	timeout: { is: isCount, words: "a whole number of seconds" },
	fuel: { is: isCount, words: "a whole number of units" },
	isolation: { is: (value) => ISOLATIONS.includes(value as never), words: ISOLATIONS.join(" or ") },
	init: { is: (value) => INITS.includes(value as never), words: INITS.join(" or ") },
	env: { is: isEnvironment, words: "an object of texts" },
	schedule: { is: isText, words: "a cron expression" },
	bucket: { is: isText, words: "a folder" },
	curl: { is: isText, words: "the arguments of a curl command" },
};

/** True for a folder that `readProject` can read. */
export function isProject(path: string): boolean {
	return existsSync(join(path, "pilot.json")) || existsSync(join(path, "package.json"));
}

/** Reads a project. Throws CliError that says what is missing or wrong. */
export function readProject(path: string): Project {
	const folder = resolve(path);
	const manifest = [join(folder, "pilot.json"), join(folder, "package.json")].find((it) => existsSync(it));
	if (!manifest) throw new CliError(`${path} is no function's project: it has no package.json and no pilot.json`);
	const json = readObject(manifest);
	const own = manifest.endsWith("pilot.json");
	const raw = own ? json : (json.pilot ?? {});
	const { name, entry, ...settings } = checkSettings(raw, manifest);
	return {
		folder,
		manifest,
		name: name ?? (own || !isText(json.name) ? basename(folder) : basename(json.name as string)),
		entry: findEntry(folder, entry ?? (own ? undefined : json.main)),
		settings,
	};
}

function readObject(path: string): Record<string, unknown> {
	try {
		const json: unknown = JSON.parse(readFileSync(path, "utf8"));
		if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
	} catch (error) {
		throw new CliError(`${path} cannot be read: ${messageOf(error)}`);
	}
	throw new CliError(`${path} is not a JSON object`);
}

function checkSettings(raw: unknown, path: string): FunctionSettings & { name?: string; entry?: string } {
	if (typeof raw !== "object" || raw === null) throw new CliError(`${path}: "pilot" is not an object`);
	for (const [key, value] of Object.entries(raw)) {
		const check = CHECKS[key];
		if (!check) throw new CliError(`${path}: unknown setting "${key}"; there are ${Object.keys(CHECKS).join(", ")}`);
		if (!check.is(value)) throw new CliError(`${path}: "${key}" is ${JSON.stringify(value)}, not ${check.words}`);
	}
	return { ...raw };
}

function findEntry(folder: string, named: unknown): string {
	const candidates = typeof named === "string" ? [named] : ENTRIES;
	const found = candidates.map((it) => join(folder, it)).find(isFile);
	if (found) return found;
	throw new CliError(
		`${folder} has no ${candidates.length > 1 ? "index.ts" : candidates[0]}, which exports the handler`,
	);
}

function isFile(path: string): boolean {
	try {
		return statSync(path).isFile();
	} catch (error) {
		if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return false;
		throw error;
	}
}

function isText(value: unknown): boolean {
	return typeof value === "string" && value.length > 0;
}

function isCount(value: unknown): boolean {
	return Number.isSafeInteger(value) && (value as number) > 0;
}

function isEnvironment(value: unknown): boolean {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
	return Object.values(value).every((it) => typeof it === "string");
}
