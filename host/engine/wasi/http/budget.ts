import { Trap } from "../../trap.ts";
import type { Guest } from "../types.ts";

/** Most bytes that the host keeps in fields and unread bodies for one instance at once. */
export const MAX_HELD_BYTES = 16 * 1024 * 1024;

/**
 * What the host holds in its own memory because a guest told it to: header fields, and body bytes that nobody has read
 * yet. Each is bounded by itself, but a guest may have tens of thousands of handles, so their sum is bounded too.
 */
export class HeldBytes {
	private held = 0;

	/** Traps if the instance would hold too much. */
	take(bytes: number): void {
		if (this.held + bytes > MAX_HELD_BYTES) {
			throw new Trap(`more than ${MAX_HELD_BYTES} bytes of header fields and unread bodies`);
		}
		this.held += bytes;
	}

	give(bytes: number): void {
		this.held -= bytes;
	}

	get bytes(): number {
		return this.held;
	}
}

const budgets = new WeakMap<Guest, HeldBytes>();

/** The instance's budget. Looked up when a function is bound, not when it is called. */
export function heldBytes(guest: Guest): HeldBytes {
	let found = budgets.get(guest);
	if (found === undefined) {
		found = new HeldBytes();
		budgets.set(guest, found);
	}
	return found;
}
