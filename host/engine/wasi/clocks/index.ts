import type { HostInterface } from "../types.ts";
import { monotonicClock } from "./monotonic.ts";
import { timezone } from "./timezone.ts";
import { wallClock } from "./wall.ts";

/** `wasi:clocks`. */
export const clocks: readonly HostInterface[] = [monotonicClock, wallClock, timezone];
