import type { Guest } from "../types.ts";
import { FsError } from "./errors.ts";

/** Most files, folders and streams that one instance may have open. Each is an open file or a buffer of the host. */
export const MAX_OPEN = 256;

const counts = new WeakMap<Guest, number>();

/** Counts one open thing more; gives what to call, once, when it is closed. Refuses beyond the limit with `quota`. */
export function admit(guest: Guest): () => void {
	const open = counts.get(guest) ?? 0;
	if (open >= MAX_OPEN) throw new FsError("quota");
	counts.set(guest, open + 1);
	let closed = false;
	return () => {
		if (closed) return;
		closed = true;
		counts.set(guest, (counts.get(guest) ?? 1) - 1);
	};
}
