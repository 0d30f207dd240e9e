import type { GuestMemory } from "../../memory.ts";
import { Trap } from "../../trap.ts";
import { writeList } from "../lists.ts";
import type { Guest, HostInterface } from "../types.ts";
import { pollableKind } from "./kinds.ts";
import type { Pollable } from "./types.ts";
import { whenReady } from "./wait.ts";

/** Most pollables of one `poll`: each costs the host a promise and perhaps a timer until the call is over. */
export const MAX_POLLABLES = 1024;
/** What looking at one pollable costs, in bytes moved. */
const POLLABLE_COST = 64;

export const poll: HostInterface = {
	name: "wasi:io/poll",
	resources: { pollable: pollableKind },
	functions: {
		"[method]pollable.ready": {
			core: "i->i",
			make: (guest) => (handle: number) => (guest.handles.get(pollableKind, handle).ready() ? 1 : 0),
		},
		"[method]pollable.block": {
			core: "i->",
			suspends: true,
			make: (guest) => (handle: number) => {
				const pollable = guest.handles.get(pollableKind, handle);
				return pollable.ready() ? undefined : whenReady([pollable], guest.signal);
			},
		},
		poll: {
			core: "iii->",
			suspends: true,
			make: (guest, memory) => (list: number, length: number, area: number) => {
				const pollables = borrow(guest, memory, list, length >>> 0);
				const ready = indicesReady(pollables);
				if (ready.length > 0) return writeIndices(memory, area, ready);
				return pollOnceReady(guest, memory, pollables, area);
			},
		},
	},
};

function borrow(guest: Guest, memory: GuestMemory, list: number, length: number): Pollable[] {
	if (length === 0) throw new Trap("poll of an empty list");
	if (length > MAX_POLLABLES) throw new Trap(`poll of more than ${MAX_POLLABLES} pollables`);
	guest.charge(length * POLLABLE_COST);
	return Array.from({ length }, (_, i) => guest.handles.get(pollableKind, memory.getU32((list >>> 0) + i * 4)));
}

function indicesReady(pollables: readonly Pollable[]): number[] {
	return pollables.flatMap((it, i) => (it.ready() ? [i] : []));
}

async function pollOnceReady(guest: Guest, memory: GuestMemory, pollables: Pollable[], area: number): Promise<void> {
	const { signal } = guest;
	for (;;) {
		await whenReady(pollables, signal);
		const ready = indicesReady(pollables);
		if (ready.length > 0) return writeIndices(memory, area, ready);
	}
}

function writeIndices(memory: GuestMemory, area: number, indices: readonly number[]): void {
	const list = writeList(memory, area, indices.length, 4);
	for (const [i, index] of indices.entries()) memory.setU32(list + i * 4, index);
}
