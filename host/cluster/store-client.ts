/** What a worker looks up: asked of control, and remembered until control says that it changed. */
import type { AccessKeyRecord, FunctionUrlRecord, Lookups, Page, Tables } from "../store/types.ts";
import type { ControlFunctions } from "./protocol.ts";
import type { Rpc } from "./rpc.ts";

/** Look-ups that are remembered at most; beyond it all are forgotten. Callers may make names up. */
const CAPACITY = 50_000;

export interface StoreClient extends Lookups {
	/** Forgets what it knows of a function, its URLs and its triggers. */
	forget(functionName: string): void;
	/** Changes with every change that it is told of. */
	generation(): number;
}

interface Remembered {
	/** The function's name in lower case: names that differ in case alone share a host name. */
	subject: string;
	value: unknown;
}

export function storeClient(control: Pick<Rpc<ControlFunctions>, "call">): StoreClient {
	const known = new Map<string, Remembered>();
	let generation = 0;

	async function look<T>(key: string, subjectOf: (value: T) => string, read: () => Promise<T>): Promise<T> {
		const found = known.get(key);
		if (found !== undefined) return found.value as T;
		const before = generation;
		const value = await read();
		// What is not there is not kept, nor what a change may have overtaken.
		if (isNothing(value) || before !== generation) return value;
		if (known.size >= CAPACITY) known.clear();
		known.set(key, { subject: subjectOf(value).toLowerCase(), value });
		return value;
	}

	/** Their scope is the function's name. */
	const records = <Name extends "versions" | "aliases" | "settings" | "policies">(table: Name) => ({
		get: (scope: string, key: string) =>
			look(
				`${table} ${scope} ${key}`,
				() => scope,
				() => control.call("recordOf", [table, scope, key]) as Promise<Tables[Name] | null>,
			),
	});
	const nameOf = (url: FunctionUrlRecord | null): string => url?.functionName ?? "";
	return {
		functions: {
			get: (name) =>
				look(
					`function ${name}`,
					() => name,
					() => control.call("functionOf", [name]),
				),
			sameLabel: (label) =>
				look(
					`label ${label}`,
					() => label,
					() => control.call("sameLabel", [label]),
				),
		},
		urls: {
			byId: (id) => look(`id ${id}`, nameOf, () => control.call("urlById", [id])),
			byFunction: (name, qualifier) =>
				look(`url ${name} ${qualifier ?? ""}`, nameOf, () => control.call("urlOf", [name, qualifier])),
		},
		triggers: { list: (name) => control.call("triggersOf", [name!]) },
		versions: records("versions"),
		aliases: records("aliases"),
		settings: records("settings"),
		policies: records("policies"),
		// The secrets are remembered by who opens them; no function's name is empty.
		accessKeys: {
			get: (scope, key) => control.call("recordOf", ["accessKeys", scope, key]) as Promise<AccessKeyRecord | null>,
			list: (scope, limit) =>
				control.call("recordsOf", ["accessKeys", scope ?? "", limit]) as Promise<Page<AccessKeyRecord>>,
		},
		generation: () => generation,
		forget(functionName) {
			generation++;
			const subject = functionName.toLowerCase();
			for (const [key, remembered] of known) if (remembered.subject === subject) known.delete(key);
		},
	};
}

function isNothing(value: unknown): boolean {
	return value === null || (Array.isArray(value) && value.length === 0);
}
