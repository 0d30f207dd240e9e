import { Trap } from "./trap.ts";

/** A resource type that the host implements: the name guests import it by, and how an owned one is given up. */
export class ResourceKind<T extends object> {
	/** Interface without version, `#`, resource: `wasi:io/streams#input-stream`. */
	readonly name: string;
	readonly dispose: ((value: T) => void) | undefined;

	constructor(name: string, dispose?: (value: T) => void) {
		this.name = name;
		this.dispose = dispose;
	}
}

interface Slot {
	kind: ResourceKind<object>;
	value: object;
}

/** What a table held at the moment of a snapshot: (handle, kind's name, value) of each slot. */
export type HandleImage = readonly (Slot | undefined)[];

/** How many handles one instance may hold at once. wasmtime's own table ends at a like size; a real guest needs dozens. */
export const MAX_HANDLES = 65_536;

/**
 * The handles of one instance (component model, canonical ABI: handle tables). One table for all resource types, as in
 * the specification; index 0 is never given out. Freed indices are used again, last freed first.
 */
export class HandleTable {
	private slots: (Slot | undefined)[] = [undefined];
	private free: number[] = [];

	/** How many handles are live. */
	get size(): number {
		return this.slots.length - 1 - this.free.length;
	}

	/** Gives the guest a new owned handle. Traps when the table is full. */
	add<T extends object>(kind: ResourceKind<T>, value: T): number {
		const slot = { kind: kind as unknown as ResourceKind<object>, value };
		const index = this.free.pop();
		if (index !== undefined) {
			this.slots[index] = slot;
			return index;
		}
		if (this.slots.length > MAX_HANDLES) throw new Trap(`more than ${MAX_HANDLES} handles`);
		return this.slots.push(slot) - 1;
	}

	/** The value behind a handle that the guest lends (`borrow`). Traps on a handle that is unknown or of another type. */
	get<T extends object>(kind: ResourceKind<T>, handle: number): T {
		const slot = this.slots[handle];
		if (slot === undefined) throw new Trap(`unknown handle index ${handle}`);
		if ((slot.kind as unknown) !== kind)
			throw new Trap(`handle index ${handle} is a ${slot.kind.name}, not a ${kind.name}`);
		return slot.value as T;
	}

	/** The value behind a handle that the guest gives away (`own`): the handle is gone afterwards. */
	take<T extends object>(kind: ResourceKind<T>, handle: number): T {
		const value = this.get(kind, handle);
		this.slots[handle] = undefined;
		this.free.push(handle);
		return value;
	}

	/** `resource.drop`: takes the handle and gives its value up. */
	drop<T extends object>(kind: ResourceKind<T>, handle: number): void {
		const value = this.take(kind, handle);
		kind.dispose?.(value);
	}

	/** The table as it is, for a snapshot. Values are shared, not copied: only stateless ones may be in a snapshot. */
	image(): HandleImage {
		return [...this.slots];
	}

	/** Gives up what is not in the image, and takes the image's handles back. */
	restore(image: HandleImage): void {
		this.clear(new Set(image.map((slot) => slot?.value)));
		this.slots = [...image];
		this.free = [];
		for (let i = 1; i < this.slots.length; i++) if (this.slots[i] === undefined) this.free.push(i);
	}

	/** Gives up every handle: the instance ends. */
	clear(keep: ReadonlySet<object | undefined> = new Set()): void {
		const slots = this.slots;
		this.slots = [undefined];
		this.free = [];
		for (const slot of slots) if (slot && !keep.has(slot.value)) slot.kind.dispose?.(slot.value);
	}
}
