import type { HostInterface } from "../types.ts";

/** `timezone-display`: the offset (s32) at 0, the name at 4, and whether it is summer time at 12. */
const NAME = 4;
const SUMMER = 12;

/** Unstable in WASI 0.2 (feature `clocks-timezone`). Functions live in UTC, as on Lambda, whatever the machine's zone is. */
export const timezone: HostInterface = {
	name: "wasi:clocks/timezone",
	resources: {},
	functions: {
		display: {
			core: "Iii->",
			make: (_guest, memory) => (_seconds: bigint, _nanoseconds: number, area: number) => {
				memory.writeString(area + NAME, "UTC");
				memory.setU32(area, 0);
				memory.setU8(area + SUMMER, 0);
			},
		},
		"utc-offset": { core: "Ii->i", make: () => () => 0 },
	},
};
