import { cli } from "./cli/index.ts";
import { clocks } from "./clocks/index.ts";
import { filesystem } from "./filesystem/index.ts";
import { http } from "./http/index.ts";
import { io } from "./io/index.ts";
import { random } from "./random/index.ts";
import { sockets } from "./sockets/index.ts";
import type { HostInterface } from "./types.ts";

/** Every interface a guest may import, one line a package. */
export const interfaces: readonly HostInterface[] = [
	// One line each.
	...io,
	...cli,
	...clocks,
	...filesystem,
	...http,
	...random,
	...sockets,
];
