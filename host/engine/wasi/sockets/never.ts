import type { ResourceKind } from "../../handles.ts";
import type { HostFunction } from "../types.ts";

/**
 * The methods of a resource that no guest can hold. They are there because language runtimes import them whether they
 * are called or not; each call traps, since there is no handle that it could name. `methods` are core signatures by name.
 */
export function neverHeld<T extends object>(
	kind: ResourceKind<T>,
	methods: Record<string, string>,
): Record<string, HostFunction> {
	const resource = kind.name.slice(kind.name.indexOf("#") + 1);
	const functions = Object.entries(methods).map(([method, core]): [string, HostFunction] => [
		`[method]${resource}.${method}`,
		{ core, make: (guest) => (handle: number) => void guest.handles.get(kind, handle) },
	]);
	return Object.fromEntries(functions);
}

/** `func() -> result<…, error-code>`, whatever its ok type: the result never fits one value. */
export const QUERY = "ii->";
/** `func(value: u64) -> result<_, error-code>`. */
export const SET_U64 = "iIi->";
/** `func(value: u32 | u8 | bool | enum) -> result<_, error-code>`. */
export const SET_U32 = "iii->";
/** A socket, a network and an address (a variant of 12 values, since it is as long as IPv6 makes it), and a result. */
export const WITH_ADDRESS = "iiiiiiiiiiiiiii->";
