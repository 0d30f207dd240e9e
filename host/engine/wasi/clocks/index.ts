import type { HostInterface } from "../types.ts";
import { monotonicClock } from "./monotonic.ts";
import { wallClock } from "./wall.ts";

/** `wasi:clocks`, without the unstable `timezone`. */
export const clocks: readonly HostInterface[] = [monotonicClock, wallClock];
