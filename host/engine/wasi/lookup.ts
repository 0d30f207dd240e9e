/** Finds what the registry has, by the names that components use. */
import { compatible, interfaceName } from "../build/component/interface-name.ts";
import type { ResourceKind } from "../handles.ts";
import { interfaces } from "./registry.ts";
import type { HostFunction, HostInterface } from "./types.ts";

/** The WASI version that the host serves: any patch version of it. */
export const WASI_VERSION = "0.2";

const byName = new Map<string, HostInterface>(interfaces.map((it) => [it.name, it]));

/** What was looked up by an import's name: each instance asks again, some hundred times. Names are guests' words, so there is an end to them. */
const found = new Map<string, HostInterface>();
const MAX_FOUND = 1000;

/** The host's interface behind an import's name (`wasi:io/streams@0.2.3`); undefined if the host has none, or another version. */
export function hostInterface(importName: string): HostInterface | undefined {
	const known = found.get(importName);
	if (known !== undefined) return known;
	const { name, version } = interfaceName(importName);
	const host = compatible(version, WASI_VERSION) ? byName.get(name) : undefined;
	if (found.size >= MAX_FOUND) found.clear();
	if (host !== undefined) found.set(importName, host);
	return host;
}

export function hostFunction(importName: string, name: string): HostFunction | undefined {
	const functions = hostInterface(importName)?.functions;
	return functions !== undefined && Object.hasOwn(functions, name) ? functions[name] : undefined;
}

/** A resource of the host, by interface (without version) and name. */
export function resourceKind(interfaceName: string, name: string): ResourceKind<object> | undefined {
	const resources = byName.get(interfaceName)?.resources;
	return resources !== undefined && Object.hasOwn(resources, name) ? resources[name] : undefined;
}

/** All resource kinds by their full names, for snapshots. */
export const kindsByName: ReadonlyMap<string, ResourceKind<object>> = new Map(
	interfaces.flatMap((it) => Object.values(it.resources)).map((kind) => [kind.name, kind as ResourceKind<object>]),
);
