import type { HostInterface } from "../types.ts";
import { randomBytes, randomU64 } from "./source.ts";

const secure: HostInterface = {
	name: "wasi:random/random",
	resources: {},
	functions: {
		"get-random-bytes": { core: "Ii->", make: randomBytes },
		"get-random-u64": { core: "->I", make: () => () => randomU64() },
	},
};

const insecure: HostInterface = {
	name: "wasi:random/insecure",
	resources: {},
	functions: {
		"get-insecure-random-bytes": { core: "Ii->", make: randomBytes },
		"get-insecure-random-u64": { core: "->I", make: () => () => randomU64() },
	},
};

const insecureSeed: HostInterface = {
	name: "wasi:random/insecure-seed",
	resources: {},
	functions: {
		"insecure-seed": {
			core: "i->",
			make: (_guest, memory) => (area: number) => {
				memory.setU64(area, randomU64());
				memory.setU64(area + 8, randomU64());
			},
		},
	},
};

/** `wasi:random`: always the host's own and fresh, so that two instances of a snapshot never share it. */
export const random: readonly HostInterface[] = [secure, insecure, insecureSeed];
