/** How an operation on a descriptor becomes a host function: its value, its refusal or the system's error in the return area. */
import type { ResourceKind } from "../../handles.ts";
import type { GuestMemory } from "../../memory.ts";
import { abandoned } from "../io/wait.ts";
import type { CoreValue, Guest, HostFunction } from "../types.ts";
import { type Descriptor, descriptorKind } from "./descriptor.ts";
import { codeOf, FsError, numberOf } from "./errors.ts";
import type { Result } from "./results.ts";

/** Longest path, in the guest's code units: Linux's PATH_MAX. */
const MAX_PATH = 4096;
/** What marks a length of UTF-16 code units in a `latin1+utf16` string. */
const UNITS = 0x7fffffff;

/** What an operation sees of its call. */
export interface Call {
	guest: Guest;
	memory: GuestMemory;
}

type Body<S, T, A extends CoreValue[]> = (call: Call, self: S, ...args: A) => T;

/** A method of `descriptor` that asks the system. Its arguments are those between the handle and the return area. */
export function method<T, A extends CoreValue[]>(
	core: string,
	result: Result<T>,
	body: Body<Descriptor, Promise<T>, A>,
): HostFunction {
	return methodOf(descriptorKind, core, result, body);
}

/** A method of any resource that asks the system. */
export function methodOf<S extends object, T, A extends CoreValue[]>(
	kind: ResourceKind<S>,
	core: string,
	result: Result<T>,
	body: Body<S, Promise<T>, A>,
): HostFunction {
	return {
		core,
		suspends: true,
		make:
			(guest, memory) =>
			(handle: number, ...rest: CoreValue[]) => {
				const area = rest.pop() as number;
				const self = guest.handles.get(kind, handle);
				const { signal } = guest;
				// Either sign says that nobody waits for the answer. The guest cannot drop the handle: it is suspended.
				const over = () => signal.aborted || !holds(guest, kind, handle, self);
				return settle({ guest, memory }, area, result, over, async () => body({ guest, memory }, self, ...(rest as A)));
			},
	};
}

/** A method of `descriptor` that answers at once. */
export function quick<T, A extends CoreValue[]>(
	core: string,
	result: Result<T>,
	body: Body<Descriptor, T, A>,
): HostFunction {
	return {
		core,
		make:
			(guest, memory) =>
			(handle: number, ...rest: CoreValue[]) => {
				const area = rest.pop() as number;
				const self = guest.handles.get(descriptorKind, handle);
				const call = { guest, memory };
				try {
					const value = body(call, self, ...(rest as A));
					writeOk(call, area, result, value);
				} catch (error) {
					writeError(call, area, result, error);
				}
			},
	};
}

function holds<S extends object>(guest: Guest, kind: ResourceKind<S>, handle: number, self: S): boolean {
	try {
		return guest.handles.get(kind, handle) === self;
	} catch {
		return false;
	}
}

/** Writes what an operation gives. If the invocation or the instance is `over` by then, the guest stays suspended for good. */
async function settle<T>(
	call: Call,
	area: number,
	result: Result<T>,
	over: () => boolean,
	run: () => Promise<T>,
): Promise<void> {
	let value: T;
	try {
		value = await run();
	} catch (error) {
		if (over()) return abandoned();
		return writeError(call, area, result, error);
	}
	if (over()) {
		result.discard?.(value);
		return abandoned();
	}
	writeOk(call, area, result, value);
}

function writeOk<T>({ guest, memory }: Call, area: number, result: Result<T>, value: T): void {
	try {
		memory.setU8(area, 0);
		result.write(guest, memory, area + result.payload, value);
	} catch (error) {
		result.discard?.(value);
		throw error;
	}
}

function writeError<T>({ memory }: Call, area: number, result: Result<T>, error: unknown): void {
	const code = codeOf(error);
	memory.setU8(area, 1);
	memory.setU8(area + result.payload, numberOf(code));
}

/** A path as the guest gave it. */
export function pathOf({ guest, memory }: Call, pointer: number, units: number): string {
	const length = units & UNITS;
	if (length > MAX_PATH) throw new FsError("name-too-long");
	guest.charge(length);
	return memory.string(pointer, units);
}

/** A length or offset as the guest gave it (u64), which Linux takes up to 2^63 - 1 and Node up to 2^53 - 1. */
export function sizeOf(value: bigint): number {
	const unsigned = BigInt.asUintN(64, value);
	if (unsigned > BigInt(Number.MAX_SAFE_INTEGER)) throw new FsError("overflow");
	return Number(unsigned);
}
