import type { GuestMemory } from "../../memory.ts";
import type { HostInterface } from "../types.ts";

const SECOND = 1_000_000_000n;
const MILLISECOND = 1_000_000n;

export const wallClock: HostInterface = {
	name: "wasi:clocks/wall-clock",
	resources: {},
	functions: {
		now: {
			core: "i->",
			make: (_guest, memory) => (area: number) => writeDatetime(memory, area, BigInt(Date.now()) * MILLISECOND),
		},
		resolution: { core: "i->", make: (_guest, memory) => (area: number) => writeDatetime(memory, area, MILLISECOND) },
	},
};

/** Writes a `datetime` of a time in ns: seconds (u64), nanoseconds (u32). */
export function writeDatetime(memory: GuestMemory, pointer: number, ns: bigint): void {
	memory.setU64(pointer, ns / SECOND);
	memory.setU32(pointer + 8, Number(ns % SECOND));
}
