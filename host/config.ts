/** Every setting of the host, its default and its JSON schema. */
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { Ajv } from "ajv";

export interface Config {
	/** The one folder that everything is kept in (`PILOT_DATA`, `--data`). */
	data: string;
	/** Address to listen on (`PILOT_HOST`, `--host`). Loopback only, until there is an access key. */
	host: string;
	/** File with the key of the access keys' secrets (`PILOT_KEY_FILE`): 32 bytes in base64. Unset, one is made in `data`. */
	keyFile?: string;
	/** API, page and function URLs by host name (`PILOT_PORT`, `--port`). 0 takes a free one. */
	port: number;
	/** Function URLs by path (`PILOT_URL_PORT`, `--url-port`). 0 takes a free one; unset is `port` + 1. */
	urlPort: number;
	/** Region in ARNs (`PILOT_REGION`). */
	region: string;
	/** Account in ARNs (`PILOT_ACCOUNT`). */
	account: string;
	/** An instance that served nothing for so long ends, ms (`PILOT_IDLE_MS`). */
	idleMs: number;
	/** Linear memory that all instances together may have, bytes (`PILOT_MEMORY_BUDGET`). */
	memoryBudget: number;
	/** Invocations at once over all functions (`PILOT_CONCURRENCY`). AWS's default is 1,000. */
	concurrency: number;
	/** Wait before the first retry of an asynchronous invocation that failed, ms; twice that before the second (`PILOT_ASYNC_BACKOFF_MS`). */
	asyncBackoffMs: number;
	/** A function's log is rotated at this size, bytes (`PILOT_LOG_BYTES`); one older file is kept. */
	logBytes: number;
	/** Processes that accept connections and run instances (`PILOT_WORKERS`, `--workers`); one a core unless given. With one, all runs in one process. */
	workers: number;
	/** Most that functions may keep in one file system, bytes (`PILOT_FILE_SYSTEM_BYTES`). */
	fileSystemBytes: number;
	/** How long running invocations may go on after SIGTERM or Ctrl-C, ms (`PILOT_GRACE_MS`). */
	graceMs: number;
}

const properties = {
	data: { type: "string", minLength: 1, default: ".pilot" },
	// An address, not a name: a name may mean another machine tomorrow.
	host: {
		type: "string",
		pattern: "^(localhost|[0-9]{1,3}([.][0-9]{1,3}){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)$",
		default: "127.0.0.1",
	},
	keyFile: { type: "string", minLength: 1 },
	port: { type: "integer", minimum: 0, maximum: 65535, default: 9000 },
	urlPort: { type: "integer", minimum: 0, maximum: 65535 },
	region: { type: "string", pattern: "^[a-z]{2}(-[a-z]+)+-[0-9]$", default: "us-east-1" },
	account: { type: "string", pattern: "^[0-9]{12}$", default: "000000000000" },
	idleMs: { type: "integer", minimum: 0, default: 300_000 },
	memoryBudget: { type: "integer", minimum: 1 << 20, default: 4 * 2 ** 30 },
	concurrency: { type: "integer", minimum: 1, default: 1000 },
	asyncBackoffMs: { type: "integer", minimum: 0, default: 60_000 },
	logBytes: { type: "integer", minimum: 4096, default: 16 * 2 ** 20 },
	fileSystemBytes: { type: "integer", minimum: 0, default: 2 ** 30 },
	workers: { type: "integer", minimum: 1, maximum: 64 },
	graceMs: { type: "integer", minimum: 0, default: 30_000 },
} as const;

/** The environment variable of each setting. */
export const VARIABLES: Readonly<Record<keyof Config, string>> = {
	data: "PILOT_DATA",
	host: "PILOT_HOST",
	keyFile: "PILOT_KEY_FILE",
	port: "PILOT_PORT",
	urlPort: "PILOT_URL_PORT",
	region: "PILOT_REGION",
	account: "PILOT_ACCOUNT",
	idleMs: "PILOT_IDLE_MS",
	memoryBudget: "PILOT_MEMORY_BUDGET",
	concurrency: "PILOT_CONCURRENCY",
	asyncBackoffMs: "PILOT_ASYNC_BACKOFF_MS",
	logBytes: "PILOT_LOG_BYTES",
	fileSystemBytes: "PILOT_FILE_SYSTEM_BYTES",
	workers: "PILOT_WORKERS",
	graceMs: "PILOT_GRACE_MS",
};

/** A setting is out of its range, or unknown. The message names it and says what it may be. */
export class ConfigError extends Error {
	override name = "ConfigError";
}

const schema = { type: "object", additionalProperties: false, properties };
const validate = new Ajv({ coerceTypes: true, useDefaults: true, allErrors: true }).compile<Config>(schema);

/** Settings from options given (strings or numbers), then the environment, then defaults. Throws ConfigError. */
export function loadConfig(options: Record<string, unknown>, environment: NodeJS.ProcessEnv = process.env): Config {
	const settings: Record<string, unknown> = {};
	for (const [key, variable] of Object.entries(VARIABLES)) {
		const value = options[key] ?? (environment[variable] || undefined);
		if (value !== undefined) settings[key] = value;
	}
	if (!validate(settings)) throw new ConfigError(validate.errors!.map((it) => explain(it, settings)).join("; "));
	const config = settings as unknown as Config;
	config.urlPort ??= config.port === 0 ? 0 : Math.min(config.port + 1, 65535);
	config.workers ??= Math.min(availableParallelism(), properties.workers.maximum);
	config.data = resolve(config.data);
	if (config.keyFile !== undefined) config.keyFile = resolve(config.keyFile);
	return config;
}

function explain(
	error: { instancePath: string; message?: string; params: object },
	settings: Record<string, unknown>,
): string {
	const key = error.instancePath.slice(1) as keyof Config;
	const allowed = "allowedValues" in error.params ? `: ${(error.params.allowedValues as string[]).join(", ")}` : "";
	return `${key} (${VARIABLES[key] ?? key}) is ${JSON.stringify(settings[key])}, but ${error.message}${allowed}`;
}
