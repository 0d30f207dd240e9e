/** A guest for tests of host functions: a real memory with a bump allocator, a handle table, and nothing else of the engine. */
import { HandleTable, type ResourceKind } from "../handles.ts";
import { GuestMemory } from "../memory.ts";
import { interfaces } from "./registry.ts";
import type { CoreValue, Guest, HostFunction } from "./types.ts";

/** Thrown by the test guest's `exit`. */
export class TestExit extends Error {
	readonly status: number;

	constructor(status: number) {
		super(`exit ${status}`);
		this.status = status;
	}
}

const PAGE = 65_536;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

export class TestGuest {
	readonly guest: Guest;
	readonly wasm = new WebAssembly.Memory({ initial: 1 });
	readonly memory: GuestMemory;
	/** Bytes charged so far. */
	charged = 0;
	/** Calls of the guest's realloc so far. */
	allocations = 0;
	private readonly written: Record<1 | 2, Uint8Array[]> = { 1: [], 2: [] };
	private readonly controller = new AbortController();
	private top = 1024;

	constructor(overrides: Partial<Guest> = {}) {
		this.memory = new GuestMemory(this.wasm, (_old, _oldSize, align, size) => {
			this.allocations += 1;
			return this.room(size, align);
		});
		this.guest = {
			handles: new HandleTable(),
			env: [],
			args: [],
			mounts: [],
			signal: this.controller.signal,
			stdin: new Uint8Array(),
			http: undefined,
			mayReach: () => false,
			output: (stream, bytes) => void this.written[stream].push(bytes.slice()),
			charge: (bytes) => {
				this.charged += bytes;
			},
			exit: (status) => {
				throw new TestExit(status);
			},
			...overrides,
		};
	}

	/** Fresh zeroed room in the guest's memory, for a return area or an argument; grows the memory when it is full. */
	room(size = 64, align = 8): number {
		const at = Math.ceil(this.top / align) * align;
		this.top = at + size;
		const missing = this.top - this.wasm.buffer.byteLength;
		if (missing > 0) this.wasm.grow(Math.ceil(missing / PAGE));
		return at;
	}

	/**
	 * Calls a host function as a guest would: arguments are made i32 and i64 as its core signature says (so 2^32 - 1
	 * arrives as -1), and their number must fit. Gives what the function gives, perhaps a promise.
	 */
	call(interfaceName: string, functionName: string, ...args: CoreValue[]): unknown {
		const found = findFunction(interfaceName, functionName);
		const types = found.core.slice(0, found.core.indexOf("->"));
		if (types.length !== args.length) throw new Error(`${functionName} is ${found.core}, got ${args.length} arguments`);
		const values = args.map((value, i) => {
			if (types[i] === "I") return BigInt.asIntN(64, BigInt(value));
			return types[i] === "i" ? Number(value) | 0 : Number(value);
		});
		return found.make(this.guest, this.memory)(...values);
	}

	/** Calls a function whose last parameter is a return area; gives that area's address once it is written. */
	async result(interfaceName: string, functionName: string, ...args: CoreValue[]): Promise<number> {
		const area = this.room(128);
		await this.call(interfaceName, functionName, ...args, area);
		return area;
	}

	/** Puts a string or bytes in memory: pointer and length, as a lowered `string` or `list<u8>`. */
	put(content: string | Uint8Array): [pointer: number, length: number] {
		const bytes = typeof content === "string" ? encoder.encode(content) : content;
		const pointer = this.room(bytes.length, 1);
		this.memory.writable(pointer, bytes.length).set(bytes);
		return [pointer, bytes.length];
	}

	/** Puts 32-bit words in memory (a `list<borrow<…>>`): pointer and length. */
	putWords(words: readonly number[]): [pointer: number, length: number] {
		const pointer = this.room(words.length * 4, 4);
		for (const [i, word] of words.entries()) this.memory.setU32(pointer + i * 4, word);
		return [pointer, words.length];
	}

	/** A copy of the `list<u8>` whose pointer and length are at `pointer`. */
	bytesAt(pointer: number): Uint8Array {
		return this.memory.bytes(this.memory.getU32(pointer), this.memory.getU32(pointer + 4)).slice();
	}

	/** The string whose pointer and length are at `pointer`. */
	stringAt(pointer: number): string {
		return decoder.decode(this.bytesAt(pointer));
	}

	/** What the guest has written to stdout (1) or stderr (2). */
	output(stream: 1 | 2): string {
		return decoder.decode(Buffer.concat(this.written[stream]));
	}

	/** `resource.drop`, as the linker binds it. */
	drop<T extends object>(kind: ResourceKind<T>, handle: number): void {
		this.guest.handles.drop(kind, handle);
	}

	/** The invocation is over: `signal` is aborted. */
	abort(): void {
		this.controller.abort();
	}

	/** The instance ends: all handles are given up. */
	end(): void {
		this.abort();
		this.guest.handles.clear();
	}
}

/** A guest with nothing but what `overrides` gives it. */
export function testGuest(overrides: Partial<Guest> = {}): TestGuest {
	return new TestGuest(overrides);
}

function findFunction(interfaceName: string, functionName: string): HostFunction {
	const found = interfaces.find((it) => it.name === interfaceName)?.functions[functionName];
	if (found === undefined) throw new Error(`no ${interfaceName} ${functionName}`);
	return found;
}
