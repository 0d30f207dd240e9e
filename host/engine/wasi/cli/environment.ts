import { writeList } from "../lists.ts";
import type { HostInterface } from "../types.ts";

export const environment: HostInterface = {
	name: "wasi:cli/environment",
	resources: {},
	functions: {
		"get-environment": {
			core: "i->",
			make: (guest, memory) => (area: number) => {
				const list = writeList(memory, area, guest.env.length, 16);
				for (const [i, [name, value]] of guest.env.entries()) {
					guest.charge(name.length + value.length);
					memory.writeString(list + i * 16, name);
					memory.writeString(list + i * 16 + 8, value);
				}
			},
		},
		"get-arguments": {
			core: "i->",
			make: (guest, memory) => (area: number) => {
				const list = writeList(memory, area, guest.args.length, 8);
				for (const [i, argument] of guest.args.entries()) {
					guest.charge(argument.length);
					memory.writeString(list + i * 8, argument);
				}
			},
		},
		// None: a guest starts at the root, as under wasmtime.
		"initial-cwd": {
			core: "i->",
			make: (_guest, memory) => (area: number) => memory.setU8(area, 0),
		},
	},
};
