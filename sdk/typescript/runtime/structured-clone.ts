/** `structuredClone` (html.spec.whatwg.org, 2.7) over the kinds of values that there are here. */

/** A deep copy; cycles and shared parts stay so. Throws DataCloneError for functions, symbols and the like. */
export function structuredClone<T>(value: T): T {
	return copy(value, new Map()) as T;
}

function copy(value: unknown, seen: Map<object, unknown>): unknown {
	if (typeof value === "function" || typeof value === "symbol") throw refuse(value);
	if (typeof value !== "object" || value === null) return value;
	if (seen.has(value)) return seen.get(value);
	const target = emptyLike(value);
	seen.set(value, target);
	fill(value, target, (it) => copy(it, seen));
	return target;
}

/** The copy of what has no parts; else an empty one of the same kind. */
function emptyLike(value: object): object {
	if (Array.isArray(value)) return new Array(value.length);
	if (value instanceof Date) return new Date(value);
	if (value instanceof RegExp) return new RegExp(value.source, value.flags);
	if (value instanceof Map) return new Map();
	if (value instanceof Set) return new Set();
	if (value instanceof ArrayBuffer) return value.slice(0);
	if (ArrayBuffer.isView(value)) return copyView(value);
	if (value instanceof Error) return Object.assign(new Error(value.message), { name: value.name, stack: value.stack });
	if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet) throw refuse(value);
	if (value instanceof Number || value instanceof String || value instanceof Boolean) return Object(value.valueOf());
	return {};
}

function copyView(value: ArrayBufferView): ArrayBufferView {
	const View = value.constructor as new (buffer: ArrayBufferLike, offset: number, length?: number) => ArrayBufferView;
	const length = "length" in value ? (value.length as number) : value.byteLength;
	return new View(value.buffer.slice(0), value.byteOffset, length);
}

function fill(from: object, to: object, part: (it: unknown) => unknown): void {
	if (from instanceof Map) for (const [key, it] of from) (to as Map<unknown, unknown>).set(part(key), part(it));
	else if (from instanceof Set) for (const it of from) (to as Set<unknown>).add(part(it));
	else if (Array.isArray(from) || isPlain(to)) {
		for (const key of Object.keys(from)) Reflect.set(to, key, part(Reflect.get(from, key)));
	}
}

function isPlain(value: object): boolean {
	return Object.getPrototypeOf(value) === Object.prototype;
}

function refuse(value: unknown): Error {
	return new DOMException(
		`${typeof value === "object" ? "Object" : String(value)} could not be cloned.`,
		"DataCloneError",
	);
}
