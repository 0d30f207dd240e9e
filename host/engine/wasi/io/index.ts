import type { HostInterface } from "../types.ts";
import { error } from "./error.ts";
import { poll } from "./poll.ts";
import { streams } from "./streams.ts";

/** `wasi:io`. */
export const io: readonly HostInterface[] = [error, poll, streams];
