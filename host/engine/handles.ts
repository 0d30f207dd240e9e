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

interface Slot {
	kind: ResourceKind<object>;
	value: object;
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
		kind.rules.dispose?.(value);
	}

	/** The live handles, for a snapshot; null if one of them cannot pass through it. */
	image(): HandleImage[] | null {
		const images: HandleImage[] = [];
		for (const [handle, slot] of this.slots.entries()) {
			if (slot === undefined) continue;
			const image = slot.kind.rules.image?.(slot.value);
			if (image === undefined) return null;
			images.push({ handle, kind: slot.kind.name, image });
		}
		return images;
	}

	/** Gives all handles up and makes those of the image. `kinds` finds a kind by its name. */
	restore(images: readonly HandleImage[], kinds: ReadonlyMap<string, ResourceKind<object>>, guest: Guest): void {
		this.clear();
		for (const { handle, kind, image } of images) {
			const found = kinds.get(kind);
			if (found?.rules.revive === undefined) throw new Error(`snapshot holds a ${kind}, which cannot be revived`);
			this.slots[handle] = { kind: found, value: found.rules.revive(image, guest) };
		}
		for (let i = this.slots.length - 1; i > 0; i--) if (this.slots[i] === undefined) this.free.push(i);
	}

	/** Gives up every handle: the instance ends. */
	clear(): void {
		const slots = this.slots;
		this.slots = [undefined];
		this.free = [];
		for (const slot of slots) slot?.kind.rules.dispose?.(slot.value);
	}
}
