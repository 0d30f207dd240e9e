/** `method` and `scheme` between their variants in a guest's memory and text. */
import type { GuestMemory } from "../../memory.ts";
import { Trap } from "../../trap.ts";

/** Cases of `method` in the order of the WIT; the next one is `other(string)`. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"] as const;
const METHOD_INDEX: ReadonlyMap<string, number> = new Map(METHODS.map((method, index) => [method, index]));
/** Cases of `scheme`; the next one is `other(string)`. */
const SCHEMES = ["http", "https"] as const;

/** Writes a `method`, 12 bytes: a discriminant, and a string at 4. Methods are case-sensitive: `get` is an `other`. */
export function writeMethod(memory: GuestMemory, area: number, method: string, other = false): void {
	const index = other ? undefined : METHOD_INDEX.get(method);
	if (index === undefined) memory.writeString(area + 4, method);
	memory.setU8(area, index ?? METHODS.length);
}

/** Lifts a flat `method`. */
export function liftMethod(
	memory: GuestMemory,
	discriminant: number,
	pointer: number,
	length: number,
): { method: string; other: boolean } {
	const method = METHODS[discriminant >>> 0];
	if (method !== undefined) return { method, other: false };
	if (discriminant >>> 0 > METHODS.length) throw new Trap(`method has no case ${discriminant >>> 0}`);
	return { method: memory.string(pointer, length), other: true };
}

/** Writes an `option<scheme>`, 16 bytes: a tag, the discriminant at 4, a string at 8. */
export function writeOptionScheme(memory: GuestMemory, area: number, scheme: string | undefined): void {
	memory.setU8(area, scheme === undefined ? 0 : 1);
	if (scheme === undefined) return;
	const index = scheme === "http" ? 0 : scheme === "https" ? 1 : SCHEMES.length;
	if (index === SCHEMES.length) memory.writeString(area + 8, scheme);
	memory.setU8(area + 4, index);
}

/** Lifts a flat `scheme`; `other` schemes keep their spelling. */
export function liftScheme(memory: GuestMemory, discriminant: number, pointer: number, length: number): string {
	const scheme = SCHEMES[discriminant >>> 0];
	if (scheme !== undefined) return scheme;
	if (discriminant >>> 0 > SCHEMES.length) throw new Trap(`scheme has no case ${discriminant >>> 0}`);
	return memory.string(pointer, length);
}
