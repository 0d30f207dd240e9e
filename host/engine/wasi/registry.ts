import type { HostInterface } from "./types.ts";

/** Every interface a guest may import, one line each. */
export const interfaces: readonly HostInterface[] = [];
