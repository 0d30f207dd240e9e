/** Deploys a function: creates it, or changes what is different, and nothing if nothing is. */
import { mkdirSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { FunctionSettings } from "./build/project.ts";
import type { Client } from "./client.ts";
import { CliError } from "./errors.ts";
import {
	type Configuration,
	createFunction,
	ensureUrl,
	type FunctionConfiguration,
	getConfiguration,
	updateCode,
	updateConfiguration,
} from "./lambda.ts";
import { type FunctionView, viewFunction } from "./pilot-api.ts";
import { ensureTrigger } from "./triggers.ts";

export interface Deployment {
	name: string;
	/** SHA-256 of the code in base64. */
	sha256: string;
	/** Reads the code; called only if it has to be sent. */
	read(): Uint8Array;
	settings: FunctionSettings;
	/** The folder that a bucket's path starts from. */
	folder: string;
}

export interface Deployed {
	name: string;
	action: "created" | "updated" | "unchanged";
	/** The export that makes it a function, as the component names it. */
	world: string;
	/** Bytes of the component. */
	size: number;
	url: string;
	/** The same function for clients that do not resolve names under `localhost`. */
	urlByPath: string;
}

/** Resolves when the function can be called. Throws CliError. */
export async function deploy(client: Client, deployment: Deployment): Promise<Deployed> {
	const { name } = deployment;
	const existing = await getConfiguration(client, name);
	const action = existing ? await update(client, deployment, existing) : await create(client, deployment);
	await ensureUrl(client, name);
	const changed = await ensureTriggers(client, deployment);
	const view = await viewFunction(client, name);
	if (!view) throw new CliError(`${name} was deleted while it was deployed`);
	return { name, action: changed && action === "unchanged" ? "updated" : action, ...summaryOf(view) };
}

function summaryOf(view: FunctionView): Pick<Deployed, "world" | "size" | "url" | "urlByPath"> {
	const { world, size } = view.function.artifact;
	const { addresses } = view.urls.find((it) => it.qualifier === null) ?? {};
	return { world, size, url: addresses?.byName ?? addresses?.byId ?? "", urlByPath: addresses?.byPath ?? "" };
}

async function create(client: Client, { name, read, settings }: Deployment): Promise<"created"> {
	await createFunction(client, name, read(), configurationOf(settings));
	return "created";
}

async function update(
	client: Client,
	{ name, sha256, read, settings }: Deployment,
	existing: FunctionConfiguration,
): Promise<"updated" | "unchanged"> {
	const newCode = existing.CodeSha256 !== sha256;
	if (newCode) await updateCode(client, name, read());
	const changes = await differing(client, name, configurationOf(settings), existing);
	if (changes) await updateConfiguration(client, name, changes);
	return newCode || changes ? "updated" : "unchanged";
}

function configurationOf({ memory, timeout, fuel, isolation, init, env }: FunctionSettings): Configuration {
	return {
		...(memory !== undefined && { MemorySize: memory }),
		...(timeout !== undefined && { Timeout: timeout }),
		...(env !== undefined && { Environment: { Variables: env } }),
		...(fuel !== undefined && { FuelLimit: fuel }),
		...(isolation !== undefined && { Isolation: isolation }),
		...(init !== undefined && { SnapStart: { ApplyOn: init === "each" ? "None" : "PublishedVersions" } }),
	};
}

/** Null if all that is wanted is so already. */
async function differing(
	client: Client,
	name: string,
	wanted: Configuration,
	existing: FunctionConfiguration,
): Promise<Configuration | null> {
	const same =
		(wanted.MemorySize ?? existing.MemorySize) === existing.MemorySize &&
		(wanted.Timeout ?? existing.Timeout) === existing.Timeout &&
		(wanted.Environment === undefined ||
			sameRecord(wanted.Environment.Variables, existing.Environment?.Variables ?? {})) &&
		(wanted.SnapStart === undefined || wanted.SnapStart.ApplyOn === existing.SnapStart?.ApplyOn) &&
		(await sameOwnMembers(client, name, wanted));
	return same ? null : wanted;
}

/** Those that Lambda's reply has no members for. */
async function sameOwnMembers(client: Client, name: string, wanted: Configuration): Promise<boolean> {
	if (wanted.FuelLimit === undefined && wanted.Isolation === undefined) return true;
	const existing = (await viewFunction(client, name))?.function;
	const isolation = existing?.isolation ?? "reuse";
	return (wanted.FuelLimit ?? existing?.fuel) === existing?.fuel && (wanted.Isolation ?? isolation) === isolation;
}

function sameRecord(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
	const keys = Object.keys(a);
	return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key]);
}

async function ensureTriggers(client: Client, { name, settings, folder }: Deployment): Promise<boolean> {
	let changed = false;
	if (settings.schedule !== undefined) {
		changed = await ensureTrigger(client, name, "schedule", { expression: settings.schedule });
	}
	if (settings.bucket !== undefined) {
		const path = resolve(folder, settings.bucket);
		mkdirSync(path, { recursive: true });
		changed = (await ensureTrigger(client, name, "bucket", { bucket: basename(path), folder: path })) || changed;
	}
	return changed;
}
