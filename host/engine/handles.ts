import { Trap } from "./trap.ts";
import type { Guest } from "./wasi/types.ts";

/** How the values of a kind are given up, and how they pass through a snapshot. */
export interface ResourceRules<T> {
	/** An owned handle is dropped, or its instance ends. */
	dispose?(value: T): void;
	/** What `revive` needs to make the value again (`stdout`, `preopen 0`); undefined if the value holds state that a snapshot cannot keep. */
	image?(value: T): string | undefined;
	/** Makes the value of an image for another instance. */
	revive?(image: string, guest: Guest): T;
}

/** A resource type that the host implements. */
export class ResourceKind<T extends object> {
	/** Interface without version, `#`, resource: `wasi:io/streams#input-stream`. */
	readonly name: string;
	readonly rules: ResourceRules<T>;

	constructor(name: string, rules: ResourceRules<T> = {}) {
		this.name = name;
		this.rules = rules;
	}
}

/** A live handle in a snapshot: JSON, since snapshots are kept on disk. */
export interface HandleImage {
	handle: number;
	/** The kind's name. */
	kind: string;
	image: string;
}

/** How many handles one instance may hold at once. wasmtime's own table ends at a like size; a real guest needs dozens. */
export const MAX_HANDLES = 65_536;

/**
 * The handles of one instance (component model, canonical ABI: handle tables). One table for all resource types, as in
 * the specification; index 0 is never given out. Freed indices are used again, last freed first.
 */
export class HandleTable {
	/** Kind and value of each index, in two lists: an object for both would be one more a handle. */
	private kinds: (ResourceKind<object> | undefined)[] = [undefined];
	private values: (object | undefined)[] = [undefined];
	private free: number[] = [];

	/** How many handles are live. */
	get size(): number {
		return this.kinds.length - 1 - this.free.length;
	}

	/** Gives the guest a new owned handle. Traps when the table is full. */
	add<T extends object>(kind: ResourceKind<T>, value: T): number {
		const index = this.free.pop() ?? this.kinds.length;
		if (index > MAX_HANDLES) throw new Trap(`more than ${MAX_HANDLES} handles`);
		this.kinds[index] = kind as unknown as ResourceKind<object>;
		this.values[index] = value;
		return index;
	}

	/** The value behind a handle that the guest lends (`borrow`). Traps on a handle that is unknown or of another type. */
	get<T extends object>(kind: ResourceKind<T>, handle: number): T {
		const found = this.kinds[handle];
		if ((found as unknown) !== kind) throw wrongHandle(handle, kind.name, found);
		return this.values[handle] as T;
	}

	/** The value behind a handle that the guest gives away (`own`): the handle is gone afterwards. */
	take<T extends object>(kind: ResourceKind<T>, handle: number): T {
		const value = this.get(kind, handle);
		this.kinds[handle] = undefined;
		this.values[handle] = undefined;
		this.free.push(handle);
		return value;
	}

	/** `resource.drop`: takes the handle and gives its value up. */
	drop<T extends object>(kind: ResourceKind<T>, handle: number): void {
		const value = this.take(kind, handle);
		kind.rules.dispose?.(value);
	}

	/** The live handles, for a snapshot; null if one of them cannot pass through it. */
	image(): HandleImage[] | null {
		const images: HandleImage[] = [];
		for (const [handle, kind] of this.kinds.entries()) {
			if (kind === undefined) continue;
			const image = kind.rules.image?.(this.values[handle]!);
			if (image === undefined) return null;
			images.push({ handle, kind: kind.name, image });
		}
		return images;
	}

	/** Gives all handles up and makes those of the image. `kinds` finds a kind by its name. */
	restore(images: readonly HandleImage[], kinds: ReadonlyMap<string, ResourceKind<object>>, guest: Guest): void {
		this.clear();
		for (const { handle, kind, image } of images) {
			const found = kinds.get(kind);
			if (found?.rules.revive === undefined) throw new Error(`snapshot holds a ${kind}, which cannot be revived`);
			while (this.kinds.length <= handle) this.push();
			this.kinds[handle] = found;
			this.values[handle] = found.rules.revive(image, guest);
		}
		for (let i = this.kinds.length - 1; i > 0; i--) if (this.kinds[i] === undefined) this.free.push(i);
	}

	private push(): void {
		this.kinds.push(undefined);
		this.values.push(undefined);
	}

	/**
	 * Gives up every handle: the instance ends. Values are given up at once, but for those of a guest that has thousands: the event
	 * loop gets its turn in between.
	 */
	clear(): void {
		const { kinds, values } = this;
		this.kinds = [undefined];
		this.values = [undefined];
		this.free = [];
		disposeFrom(0, kinds, values);
	}
}

/** Values that are given up without a turn of the event loop: about a millisecond. */
const DISPOSED_AT_ONCE = 2000;

function disposeFrom(start: number, kinds: (ResourceKind<object> | undefined)[], values: (object | undefined)[]): void {
	const end = Math.min(start + DISPOSED_AT_ONCE, kinds.length);
	if (end < kinds.length) setImmediate(() => disposeFrom(end, kinds, values));
	for (let handle = start; handle < end; handle++) kinds[handle]?.rules.dispose?.(values[handle]!);
}

function wrongHandle(handle: number, wanted: string, found: ResourceKind<object> | undefined): Trap {
	if (found === undefined) return new Trap(`unknown handle index ${handle}`);
	return new Trap(`handle index ${handle} is a ${found.name}, not a ${wanted}`);
}
