/** `wasi:http/types.fields`: header and trailer fields, apart from how a guest calls them. */
import type { HttpFields } from "../../http.ts";
import { Trap } from "../../trap.ts";
import type { HeldBytes } from "./budget.ts";
import { isFieldValue, isToken } from "./syntax.ts";

/** Most bytes of one fields resource, counted as wasmtime does (its `DEFAULT_FIELD_SIZE_LIMIT`). */
export const MAX_FIELDS_BYTES = 128 * 1024;
/** What a field counts beside its name and value: wasmtime counts its own structures, 32 and 40 bytes. */
export const FIELD_OVERHEAD = 72;

/**
 * Fields that belong to the connection or to the host, not to the guest: it neither sees nor sets them. The list of
 * wasmtime 49, which lets `te` pass since gRPC needs it. `host` reaches the guest as the authority.
 */
const FORBIDDEN: ReadonlySet<string> = new Set([
	"connection",
	"keep-alive",
	"proxy-authenticate",
	"proxy-authorization",
	"proxy-connection",
	"transfer-encoding",
	"upgrade",
	"host",
	"http2-settings",
]);

/** Cases of `header-error`, by their discriminants. */
export const HEADER_ERROR = { invalidSyntax: 0, forbidden: 1, immutable: 2 } as const;
/** Undefined is success. */
export type HeaderError = (typeof HEADER_ERROR)[keyof typeof HEADER_ERROR] | undefined;

export interface FieldName {
	/** In lower case. */
	text: string;
	forbidden: boolean;
}

const MAX_NAME = 65_535;
const CACHED_LENGTH = 64;
const CACHED_NAMES = 1024;
const known = new Map<string, FieldName>();

/** The name of a field as the guest spells it; undefined if it is none. Programs use few names, so the short ones are kept. */
export function fieldName(raw: string): FieldName | undefined {
	const found = known.get(raw);
	if (found !== undefined) return found;
	if (raw.length > MAX_NAME || !isToken(raw)) return undefined;
	const text = raw.toLowerCase();
	const name = { text, forbidden: FORBIDDEN.has(text) };
	if (raw.length <= CACHED_LENGTH && known.size < CACHED_NAMES) known.set(raw, name);
	return name;
}

/** The value as it is kept; undefined if it is none. A content-length must be digits, and loses its leading zeros. */
function fieldValue(name: string, value: string): string | undefined {
	if (!isFieldValue(value)) return undefined;
	return name === "content-length" ? canonicalLength(value) : value;
}

const MAX_U64 = 2n ** 64n - 1n;

function canonicalLength(value: string): string | undefined {
	if (value.length > 20 || !/^[0-9]+$/.test(value)) return undefined;
	const length = BigInt(value);
	return length <= MAX_U64 ? String(length) : undefined;
}

export class Fields {
	private list: HttpFields;
	private immutable: boolean;
	private size = 0;
	/** Counts what a guest's own fields take; those of a request or response are the host's anyway. */
	private readonly held: HeldBytes | undefined;

	private constructor(list: HttpFields, held: HeldBytes | undefined) {
		this.list = list;
		this.immutable = held === undefined;
		this.held = held;
	}

	/** New and empty, for the guest to fill. */
	static mutable(held: HeldBytes): Fields {
		return new Fields([], held);
	}

	/** What came from outside: immutable, and without the fields that a guest must not see. Shared by all its handles. */
	static incoming(list: HttpFields): Fields {
		return new Fields(
			list.filter(([name]) => !FORBIDDEN.has(name)),
			undefined,
		);
	}

	/** Name and value pairs in their order; not to be changed. */
	get entries(): Readonly<HttpFields> {
		return this.list;
	}

	/** Bytes, as the limit counts them. */
	get bytes(): number {
		return this.size;
	}

	/** Another handle of fields that no longer change. */
	share(): Fields {
		return new Fields(this.list, undefined);
	}

	/** The value of content-length; undefined if there is none. Only digits get in, and only up to 2^64 - 1. */
	get contentLength(): number | undefined {
		const found = this.list.find((entry) => entry[0] === "content-length");
		return found === undefined ? undefined : Number(found[1]);
	}

	/** From now on it is the headers of a message, or its trailers. */
	freeze(): this {
		this.immutable = true;
		return this;
	}

	/** A copy that can be changed. */
	clone(held: HeldBytes): Fields {
		const copy = Fields.mutable(held);
		for (const [name, value] of this.list) copy.add(name, value);
		return copy;
	}

	/** Nothing more is held for the guest. */
	release(): void {
		this.held?.give(this.size);
		this.size = 0;
	}

	has(name: string): boolean {
		return this.list.some((entry) => entry[0] === name);
	}

	get(name: string): string[] {
		return this.list.filter((entry) => entry[0] === name).map((entry) => entry[1]);
	}

	/** Adds a value. The checks come in wasmtime's order: name (undefined is none), forbidden, value, immutable. */
	append(name: FieldName | undefined, rawValue: string): HeaderError {
		if (name === undefined) return HEADER_ERROR.invalidSyntax;
		if (name.forbidden) return HEADER_ERROR.forbidden;
		const value = fieldValue(name.text, rawValue);
		if (value === undefined) return HEADER_ERROR.invalidSyntax;
		if (this.immutable) return HEADER_ERROR.immutable;
		this.add(name.text, value);
		return undefined;
	}

	/** Replaces all values of a name, in place of the first; none removes it. */
	set(name: FieldName | undefined, rawValues: readonly string[]): HeaderError {
		if (name === undefined) return HEADER_ERROR.invalidSyntax;
		if (name.forbidden) return HEADER_ERROR.forbidden;
		if (this.immutable) return HEADER_ERROR.immutable;
		const values: string[] = [];
		for (const rawValue of rawValues) {
			const value = fieldValue(name.text, rawValue);
			if (value === undefined) return HEADER_ERROR.invalidSyntax;
			values.push(value);
		}
		this.replace(name.text, values);
		return undefined;
	}

	delete(name: FieldName | undefined): HeaderError {
		if (name === undefined) return HEADER_ERROR.invalidSyntax;
		if (name.forbidden) return HEADER_ERROR.forbidden;
		if (this.immutable) return HEADER_ERROR.immutable;
		this.replace(name.text, []);
		return undefined;
	}

	private add(name: string, value: string): void {
		this.grow(cost(name, value));
		this.list.push([name, value]);
	}

	private replace(name: string, values: readonly string[]): void {
		const first = this.list.findIndex((entry) => entry[0] === name);
		const rest = this.list.filter((entry) => entry[0] !== name);
		const removed = this.list.reduce((sum, entry) => (entry[0] === name ? sum + cost(...entry) : sum), 0);
		this.grow(values.reduce((sum, value) => sum + cost(name, value), 0) - removed);
		rest.splice(first === -1 ? rest.length : first, 0, ...values.map((value): [string, string] => [name, value]));
		this.list = rest;
	}

	/** Traps when the fields grow too large, as wasmtime does: `header-error` has no case for it in 0.2. */
	private grow(bytes: number): void {
		if (this.size + bytes > MAX_FIELDS_BYTES) throw new Trap(`header fields of more than ${MAX_FIELDS_BYTES} bytes`);
		this.held?.take(bytes);
		this.size += bytes;
	}
}

function cost(name: string, value: string): number {
	return name.length + value.length + FIELD_OVERHEAD;
}
