/** Keys of the tables of records: what scope a record is in, its key there, and the function that it goes with. */
import type { TableName, Tables, Write } from "./types.ts";

export interface TableKeys<T> {
	/** The function that it goes with, which must be there, and whose end is its own; null for none. */
	functionOf(record: T): string | null;
	scopeOf(record: T): string;
	keyOf(record: T): string;
	/** What a scope is sorted by; the key unless given. */
	sortOf?(key: string): string;
	revisionOf?(record: T): string;
	/** Bytes that count towards the account's code storage. */
	codeBytesOf?(record: T): number;
}

/** Numbers in order: longer than any that is reached. */
const byNumber = (key: string): string => key.padStart(12, "0");
/** The same from the greatest on. */
const newestFirst = (key: string): string => String(10 ** 12 - Number(key)).padStart(13, "0");
/** The scope of what goes with no function. */
export const ACCOUNT_SCOPE = "";

/** A table a line. */
export const TABLE_KEYS: { readonly [Name in TableName]: TableKeys<Tables[Name]> } = {
	versions: {
		functionOf: (it) => it.name,
		scopeOf: (it) => it.name,
		keyOf: (it) => it.version,
		sortOf: byNumber,
		revisionOf: (it) => it.revisionId,
		codeBytesOf: (it) => it.codeSize,
	},
	aliases: {
		functionOf: (it) => it.functionName,
		scopeOf: (it) => it.functionName,
		keyOf: (it) => it.name,
		revisionOf: (it) => it.revisionId,
	},
	settings: { functionOf: (it) => it.functionName, scopeOf: (it) => it.functionName, keyOf: () => "" },
	policies: {
		functionOf: (it) => it.functionName,
		scopeOf: (it) => it.scope,
		keyOf: (it) => it.qualifier,
		revisionOf: (it) => it.revisionId,
	},
	provisioned: {
		functionOf: (it) => it.functionName,
		scopeOf: (it) => it.functionName,
		keyOf: (it) => it.qualifier,
	},
	versionSettings: {
		functionOf: (it) => it.functionName,
		scopeOf: (it) => it.functionName,
		keyOf: (it) => it.qualifier,
	},
	layers: {
		functionOf: () => null,
		scopeOf: () => ACCOUNT_SCOPE,
		keyOf: (it) => it.layerName,
		// Of two that publish at once, one takes the next number.
		revisionOf: (it) => it.revisionId,
	},
	layerVersions: {
		functionOf: () => null,
		scopeOf: (it) => it.layerName,
		keyOf: (it) => String(it.version),
		sortOf: newestFirst,
		codeBytesOf: (it) => it.codeSize,
	},
	codeSigningConfigs: { functionOf: () => null, scopeOf: () => ACCOUNT_SCOPE, keyOf: (it) => it.id },
	mappings: { functionOf: () => null, scopeOf: () => ACCOUNT_SCOPE, keyOf: (it) => it.uuid },
	eventInvoke: {
		functionOf: (it) => it.functionName,
		scopeOf: (it) => it.functionName,
		keyOf: (it) => it.qualifier,
		// Versions in order of their numbers, between `$LATEST` and the aliases.
		sortOf: (key) => (/^[0-9]+$/.test(key) ? byNumber(key) : key),
	},
	deadLetters: {
		functionOf: (it) => it.functionName,
		scopeOf: (it) => it.functionName,
		keyOf: (it) => it.id,
	},
	accessKeys: { functionOf: () => null, scopeOf: () => ACCOUNT_SCOPE, keyOf: (it) => it.id },
};

export const TABLE_NAMES = Object.keys(TABLE_KEYS) as TableName[];

/** In the place of a function's name where the change is one of keys, which everybody is to know of. */
export const KEYS_CHANGED = "";

/** The function whose look-ups a change makes stale; null if there is none. */
export function functionOfWrite(write: Write): string | null {
	if (write.table === "accessKeys") return KEYS_CHANGED;
	if (write.table === "functions") return write.record.name;
	if (write.op === "delete") return TABLES_BY_FUNCTION.has(write.table) ? write.scope : null;
	const keys: TableKeys<never> = TABLE_KEYS[write.table];
	return keys.functionOf(write.record as never);
}

/** Tables whose scope is a function's name. A policy's may be a layer's, which is then no function that anybody looks up. */
const TABLES_BY_FUNCTION: ReadonlySet<TableName> = new Set([
	"versions",
	"aliases",
	"settings",
	"policies",
	"provisioned",
	"versionSettings",
	"eventInvoke",
	"deadLetters",
]);
