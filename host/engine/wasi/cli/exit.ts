import { Trap } from "../../trap.ts";
import type { HostInterface } from "../types.ts";

export const exit: HostInterface = {
	name: "wasi:cli/exit",
	resources: {},
	functions: {
		exit: {
			core: "i->",
			make: (guest) => (status: number) => {
				if (status >>> 0 > 1) throw new Trap("invalid variant discriminant");
				return guest.exit(status);
			},
		},
		"exit-with-code": {
			core: "i->",
			make: (guest) => (code: number) => guest.exit(code & 0xff),
		},
	},
};
